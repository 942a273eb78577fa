"""The ladder of a policy: what happens as a clock nears, reaches and passes its due time.

A step stands at a share of the target or at a length of time before or after the due instant, both
in the clock's own time: while the clock stands still, its ladder does too.
"""

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from servicedesk.domain.tickets import Priority
from servicedesk.sla.promises import LONGEST_TARGET_SECONDS, Metric

MOST_PERCENT = 1_000
MOST_STEPS = 20
WEBHOOK_URL = r"^https?://[^\s\u0000-\u0020]+$"

WebhookUrl = Annotated[str, StringConstraints(max_length=2_000, pattern=WEBHOOK_URL)]
Percent = Annotated[int, Field(ge=0, le=MOST_PERCENT)]
Offset = Annotated[int, Field(ge=-LONGEST_TARGET_SECONDS, le=LONGEST_TARGET_SECONDS)]
StepId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,36}$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _names_its_kind(schema: dict[str, Any]) -> None:
    """`do` decides what the rest is read as, so in a request it has no default."""
    schema["required"] = ["do", *schema.get("required", [])]


class _Action(_Part):
    model_config = ConfigDict(json_schema_extra=_names_its_kind)


class ToldGroup(StrEnum):
    """Who is told, besides those named."""

    ASSIGNEE = "assignee"
    TEAM = "team"  # every agent of the ticket's team
    SUPERVISORS = "supervisors"  # those of the ticket's team


class Way(StrEnum):
    CONSOLE = "console"
    EMAIL = "email"


class Notify(_Action):
    do: Literal["notify"] = "notify"
    groups: tuple[ToldGroup, ...] = ()
    user_ids: Annotated[tuple[UUID, ...], Field(max_length=100)] = ()
    ways: Annotated[tuple[Way, ...], Field(min_length=1, max_length=2)] = (Way.CONSOLE,)

    @model_validator(mode="after")
    def _tells_somebody(self) -> Self:
        if not self.groups and not self.user_ids:
            raise ValueError("name somebody who is told")
        return self


class CallInTurn(_Action):
    """Tell one after the other, until one acknowledges or nobody is left."""

    do: Literal["call_in_turn"] = "call_in_turn"
    user_ids: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=20)]
    wait_seconds: Annotated[int, Field(ge=30, le=86_400)] = 300
    ways: Annotated[tuple[Way, ...], Field(min_length=1, max_length=2)] = (Way.CONSOLE, Way.EMAIL)


class RaisePriority(_Action):
    """Never lowers it. `to` None: by one."""

    do: Literal["raise_priority"] = "raise_priority"
    to: Priority | None = None


class MoveToQueue(_Action):
    do: Literal["move_queue"] = "move_queue"
    queue_id: UUID


class Reassign(_Action):
    """`user_id` None: back into the queue, for anybody."""

    do: Literal["reassign"] = "reassign"
    user_id: UUID | None = None


class AddTag(_Action):
    do: Literal["tag"] = "tag"
    tag: Annotated[str, StringConstraints(pattern=r"^[\w-]{1,64}$")]


class CallWebhook(_Action):
    do: Literal["webhook"] = "webhook"
    url: WebhookUrl


Action = Annotated[
    Notify | CallInTurn | RaisePriority | MoveToQueue | Reassign | AddTag | CallWebhook,
    Field(discriminator="do"),
]


class Step(_Part):
    """`at_percent` of the target, or `offset_seconds` from the due instant (negative: before).

    `metrics` empty: for every clock of the policy. `id` names the step for ever, over edits too:
    a clock fires it once.
    """

    id: StepId
    at_percent: Percent | None = None
    offset_seconds: Offset | None = None
    metrics: tuple[Metric, ...] = ()
    actions: Annotated[tuple[Action, ...], Field(min_length=1, max_length=10)]

    @model_validator(mode="after")
    def _stands_at_one_place(self) -> Self:
        if (self.at_percent is None) == (self.offset_seconds is None):
            raise ValueError("write either at_percent or offset_seconds")
        return self

    def counts_for(self, metric: Metric) -> bool:
        return not self.metrics or metric in self.metrics

    def offset_from_due(self, target_seconds: int) -> timedelta:
        """Return how long after the due instant the step is, in the clock's time; maybe negative.

        Exact: a percentage of whole seconds is whole in units of 10 ms.
        """
        if self.offset_seconds is not None:
            return timedelta(seconds=self.offset_seconds)
        percent = self.at_percent or 0
        return timedelta(milliseconds=10 * (percent - 100) * target_seconds)


Ladder = Sequence[Step]
