"""Which queue, which skills, which priority: asks the ordered rules and keeps what each said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from servicedesk.domain.ids import QueueId
from servicedesk.domain.tickets import Priority
from servicedesk.routing.rules.rule import ClassifyFacts, Finding, Rule
from servicedesk.routing.rules.table import RULES

__all__ = ["Classification", "ClassifyFacts", "classify"]


@dataclass(frozen=True, slots=True)
class Classification:
    """`trace` has one entry per rule asked, in order: `{rule, hit}` and, for a hit, what it set."""

    queue_id: QueueId
    skills: dict[str, int]
    priority: Priority
    trace: list[dict[str, object]]


def classify(facts: ClassifyFacts, rules: Sequence[Rule] = RULES) -> Classification:
    """Ask every rule. For queue and priority the first to settle it wins; of a skill that several
    name the highest level counts. Work that no rule gives a queue waits in its inbox's queue."""
    queue_id: QueueId | None = None
    priority: Priority | None = None
    skills: dict[str, int] = {}
    trace: list[dict[str, object]] = []
    for rule in rules:
        finding = rule.decide(facts)
        trace.append(_line(rule, finding))
        if finding is None:
            continue
        queue_id = queue_id or finding.queue_id
        priority = priority or finding.priority
        _raise_levels(skills, finding.skills)
    return Classification(
        queue_id or facts.inbox_queue_id, skills, priority or Priority.NORMAL, trace
    )


def _raise_levels(skills: dict[str, int], found: Mapping[str, int]) -> None:
    for skill, level in found.items():
        skills[skill] = max(level, skills.get(skill, 0))


def _line(rule: Rule, finding: Finding | None) -> dict[str, object]:
    if finding is None:
        return {"rule": rule.name, "hit": False}
    said: dict[str, object] = {"rule": rule.name, "hit": True}
    if finding.queue_id is not None:
        said["queue_id"] = str(finding.queue_id)
    if finding.priority is not None:
        said["priority"] = int(finding.priority)
    if finding.skills:
        said["skills"] = dict(finding.skills)
    return said
