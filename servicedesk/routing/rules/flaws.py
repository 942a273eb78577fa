"""What is wrong with a table of rules though each of them can be read: said where it is edited."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from servicedesk.routing.rules.written import WrittenRule


class FlawCode(StrEnum):
    NEVER_ASKED = "never_asked"  # a rule above it always applies and stops: {by}
    QUEUE_HAS_NOBODY = "queue_has_nobody"  # nobody serves the queue: {queue_id}
    NOBODY_HAS_SKILLS = "nobody_has_skills"  # of those who serve it: {queue_id, skills}
    AGENT_NOT_IN_QUEUE = "agent_not_in_queue"  # the preferred agent does not: {queue_id, user_id}


@dataclass(frozen=True, slots=True)
class Flaw:
    rule_id: UUID
    code: FlawCode
    params: Mapping[str, object]


Serving = Mapping[UUID, Mapping[UUID, Mapping[str, int]]]
"""queue id → the agents who serve it → their levels by skill."""


def find_flaws(rules: Sequence[WrittenRule], serving: Serving) -> list[Flaw]:
    """Return what the rules that are switched on lack, in their order. Skills are judged where the
    rule names a queue: elsewhere other rules decide whom they meet."""
    found: list[Flaw] = []
    closed_by: WrittenRule | None = None
    for rule in rules:
        if not rule.active:
            continue
        if closed_by is not None:
            found.append(Flaw(rule.id, FlawCode.NEVER_ASKED, {"by": str(closed_by.id)}))
            continue
        found += _flaws_of_outcome(rule, serving)
        if rule.stops and not rule.conditions:
            closed_by = rule
    return found


def _flaws_of_outcome(rule: WrittenRule, serving: Serving) -> Iterable[Flaw]:
    settled = rule.outcome
    if settled.queue_id is None:
        return
    agents, queue_id = serving.get(settled.queue_id, {}), str(settled.queue_id)
    if not agents:
        yield Flaw(rule.id, FlawCode.QUEUE_HAS_NOBODY, {"queue_id": queue_id})
        return
    if not any(has_levels(levels, settled.skills) for levels in agents.values()):
        skills = dict(settled.skills)
        yield Flaw(rule.id, FlawCode.NOBODY_HAS_SKILLS, {"queue_id": queue_id, "skills": skills})
    if settled.preferred_user_id is not None and settled.preferred_user_id not in agents:
        params = {"queue_id": queue_id, "user_id": str(settled.preferred_user_id)}
        yield Flaw(rule.id, FlawCode.AGENT_NOT_IN_QUEUE, params)


def has_levels(levels: Mapping[str, int], required: Mapping[str, int]) -> bool:
    return all(levels.get(skill, 0) >= level for skill, level in required.items())
