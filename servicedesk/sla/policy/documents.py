"""A policy as JSON: what the API and the database hold, read into `Policy` and its ladder."""

from typing import Annotated, Any, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from servicedesk.domain.tickets import Priority, TicketStatus
from servicedesk.sla.calendar.reading import first_fault
from servicedesk.sla.errors import PolicyInvalid
from servicedesk.sla.policy.conditions import Condition, Operator
from servicedesk.sla.policy.ladders import MOST_STEPS, Step
from servicedesk.sla.policy.policies import Counting, Policy, Target
from servicedesk.sla.promises import (
    LONGEST_TARGET_SECONDS,
    SHORTEST_TARGET_SECONDS,
    Audience,
    Metric,
    Reopening,
)

MOST_CONDITIONS = 50
MOST_TARGETS = len(Metric) * len(Priority)

FieldName = Annotated[str, Field(min_length=3, max_length=64)]
ConditionValue = Annotated[str, Field(max_length=200)] | int
Seconds = Annotated[int, Field(ge=SHORTEST_TARGET_SECONDS, le=LONGEST_TARGET_SECONDS)]


def _no_number(value: Any) -> Any:
    """Pydantic reads a number as seconds since 1970, which nobody means here."""
    if isinstance(value, int | float):
        raise ValueError("write a time such as 2026-01-31T09:00:00Z")
    return value


Instant = Annotated[AwareDatetime, BeforeValidator(_no_number)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ConditionDocument(_Part):
    field: FieldName
    operator: Operator
    values: Annotated[tuple[ConditionValue, ...], Field(max_length=100)] = ()


class TargetDocument(_Part):
    """`pauses_in` null: the metric's own statuses."""

    metric: Metric
    priority: Priority
    seconds: Seconds
    counting: Counting = Counting.BUSINESS_TIME
    pauses_in: tuple[TicketStatus, ...] | None = None
    reopening: Reopening = Reopening.CARRY


class PolicyDocument(_Part):
    """One version of a policy, without its name and place."""

    audience: Audience = Audience.CUSTOMER
    all_of: Annotated[tuple[ConditionDocument, ...], Field(max_length=MOST_CONDITIONS)] = ()
    any_of: Annotated[tuple[ConditionDocument, ...], Field(max_length=MOST_CONDITIONS)] = ()
    targets: Annotated[tuple[TargetDocument, ...], Field(min_length=1, max_length=MOST_TARGETS)]
    valid_from: Instant | None = None
    valid_to: Instant | None = None
    ladder: Annotated[tuple[Step, ...], Field(max_length=MOST_STEPS)] = ()

    @model_validator(mode="after")
    def _names_each_step_once(self) -> Self:
        ids = [step.id for step in self.ladder]
        if len(set(ids)) < len(ids):
            raise ValueError("two steps of the ladder have the same id")
        return self


def read_document(document: dict[str, Any]) -> PolicyDocument:
    """Read a policy's JSON; raise PolicyInvalid saying in one line where the fault is."""
    try:
        return PolicyDocument.model_validate(document)
    except ValidationError as error:
        raise PolicyInvalid(first_fault(error)) from None


def policy_of(document: PolicyDocument, policy_id: str, version: int, name: str) -> Policy:
    """Return what the document means; raise PolicyInvalid if it contradicts itself."""
    return Policy(
        id=policy_id,
        version=version,
        name=name,
        targets=tuple(map(_target, document.targets)),
        audience=document.audience,
        all_of=tuple(map(_condition, document.all_of)),
        any_of=tuple(map(_condition, document.any_of)),
        valid_from=document.valid_from,
        valid_to=document.valid_to,
    )


def _condition(document: ConditionDocument) -> Condition:
    return Condition(document.field, document.operator, document.values)


def _target(document: TargetDocument) -> Target:
    return Target(
        metric=document.metric,
        priority=document.priority,
        seconds=document.seconds,
        counting=document.counting,
        pauses_in=None if document.pauses_in is None else frozenset(document.pauses_in),
        reopening=document.reopening,
    )
