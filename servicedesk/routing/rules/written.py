"""A rule as an administrator writes it, and what it becomes for the classification."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from servicedesk.domain.ids import QueueId, UserId
from servicedesk.domain.tickets import Priority
from servicedesk.routing.rules.condition import Settings, Word
from servicedesk.routing.rules.rule import ClassifyFacts, Finding, Miss, Rule
from servicedesk.routing.rules.table import Condition
from servicedesk.routing.rules.tags import HasTags
from servicedesk.routing.rules.tier import TierIs

MOST_CONDITIONS = 20
MOST_SKILLS = 25  # as many as Salesforce takes in a request
MOST_ATTRIBUTES = 20
Level = Annotated[int, Field(ge=1, le=5)]


class RuleOutcome(Settings):
    """What the rule settles; null and empty leave it to the others."""

    queue_id: UUID | None = None
    skills: Annotated[dict[Word, Level], Field(max_length=MOST_SKILLS)] = Field(
        default_factory=dict
    )
    priority: Priority | None = None
    preferred_user_id: UUID | None = None
    attributes: Annotated[dict[Word, Word], Field(max_length=MOST_ATTRIBUTES)] = Field(
        default_factory=dict
    )

    @property
    def settles_something(self) -> bool:
        settled = (self.queue_id, self.priority, self.preferred_user_id)
        return any(one is not None for one in settled) or bool(self.skills or self.attributes)


class RuleSettings(Settings):
    """What a row of the rule table keeps under `settings`; its kind says how conditions join.

    `stops`: after a hit no later rule of the table is asked (first match); otherwise they add up.
    """

    conditions: Annotated[list[Condition], Field(max_length=MOST_CONDITIONS)]
    outcome: RuleOutcome
    stops: bool = True


class WrittenRule(RuleSettings):
    """`joined`: all conditions must hold, or any of them. No condition: it always applies."""

    id: UUID
    name: Annotated[Word, Field(max_length=100)]
    joined: Literal["all", "any"] = "all"
    active: bool = True


def as_rule(written: WrittenRule) -> Rule:
    """Return the rule as the classification asks it. Its name is the id of its row, since traces
    go into the journal, where no words of a person's belong."""
    found = _finding(written.outcome)

    def decide(facts: ClassifyFacts) -> Finding | Miss:
        return _failed(written, facts) or found

    return Rule(
        str(written.id),
        decide,
        stops=written.stops,
        asks_tier=any(isinstance(condition, TierIs) for condition in written.conditions),
        asks_tags=any(isinstance(condition, HasTags) for condition in written.conditions),
    )


def _failed(written: WrittenRule, facts: ClassifyFacts) -> Miss | None:
    """Return what the rule failed by, None if it applies."""
    if written.joined == "all":
        failed = next((one for one in written.conditions if not one.holds(facts)), None)
        return None if failed is None else Miss(failed.kind)
    if not written.conditions or any(one.holds(facts) for one in written.conditions):
        return None
    return Miss(written.conditions[0].kind)


def _finding(outcome: RuleOutcome) -> Finding:
    return Finding(
        queue_id=None if outcome.queue_id is None else QueueId(outcome.queue_id),
        priority=outcome.priority,
        skills=dict(outcome.skills),
        preferred_user_id=(
            None if outcome.preferred_user_id is None else UserId(outcome.preferred_user_id)
        ),
        attributes=dict(outcome.attributes),
    )
