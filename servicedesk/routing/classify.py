"""Which queue, which skills, which priority: asks the ordered rules and keeps what each said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from servicedesk.domain.ids import QueueId, UserId
from servicedesk.domain.tickets import Priority
from servicedesk.routing.rules.rule import ClassifyFacts, Finding, Miss, Rule
from servicedesk.routing.rules.table import RULES

__all__ = ["Classification", "ClassifyFacts", "classify"]


DEFAULT_PREFERRED_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Classification:
    """`trace` has one entry per rule asked, in order: `{rule, hit}`, for a hit what it set, for a
    miss the `condition` that failed. Only the preferred agent is asked for `preferred_seconds`."""

    queue_id: QueueId
    skills: dict[str, int]
    priority: Priority
    trace: list[dict[str, object]]
    preferred_user_id: UserId | None = None
    preferred_seconds: int = DEFAULT_PREFERRED_SECONDS
    attributes: dict[str, str] = field(default_factory=dict)


def classify(facts: ClassifyFacts, rules: Sequence[Rule] = RULES) -> Classification:
    """Ask the rules. For queue, priority and preferred agent the first to settle it wins, and of an
    attribute the first value; of a skill that several name the highest level counts. A rule that
    stops leaves the word to those that close. Work that no rule gives a queue waits in its inbox's.
    """
    found: list[Finding] = []
    trace: list[dict[str, object]] = []
    stopped = False
    for rule in rules:
        if stopped and not rule.closes:
            continue
        said = rule.decide(facts)
        trace.append(_line(rule, said))
        if isinstance(said, Finding):
            found.append(said)
            stopped = stopped or rule.stops
    return _summed(facts, found, trace)


def _summed(
    facts: ClassifyFacts, found: Sequence[Finding], trace: list[dict[str, object]]
) -> Classification:
    skills: dict[str, int] = {}
    attributes: dict[str, str] = {}
    for finding in found:
        _raise_levels(skills, finding.skills)
        attributes = {**finding.attributes, **attributes}
    queues = (one.queue_id for one in found if one.queue_id is not None)
    priorities = (one.priority for one in found if one.priority is not None)
    preferred = (one.preferred_user_id for one in found if one.preferred_user_id is not None)
    return Classification(
        queue_id=next(queues, facts.inbox_queue_id),
        skills=skills,
        priority=next(priorities, Priority.NORMAL),
        trace=trace,
        preferred_user_id=next(preferred, None),
        attributes=attributes,
    )


def _raise_levels(skills: dict[str, int], found: Mapping[str, int]) -> None:
    for skill, level in found.items():
        skills[skill] = max(level, skills.get(skill, 0))


def _line(rule: Rule, said: Finding | Miss) -> dict[str, object]:
    """Of attributes, an administrator's words, only the number: the journal keeps no words."""
    if isinstance(said, Miss):
        line: dict[str, object] = {"rule": rule.name, "hit": False}
        return {**line, "condition": said.condition} if said.condition else line
    line = {"rule": rule.name, "hit": True}
    if said.queue_id is not None:
        line["queue_id"] = str(said.queue_id)
    if said.priority is not None:
        line["priority"] = int(said.priority)
    if said.skills:
        line["skills"] = dict(said.skills)
    if said.preferred_user_id is not None:
        line["preferred_user_id"] = str(said.preferred_user_id)
    if said.attributes:
        line["attributes"] = len(said.attributes)
    return line
