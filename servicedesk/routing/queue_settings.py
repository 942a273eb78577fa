"""How a queue is set: the form of administrators, its columns, and what the engine gets."""

from datetime import timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from servicedesk.domain.ids import QueueId, TeamId
from servicedesk.kernel.sql import Row, as_dict, as_json, as_uuid_or_none, json_text
from servicedesk.routing.facts import (
    AgentChoice,
    Elsewhere,
    QueueOrder,
    QueueStep,
    Sticky,
)
from servicedesk.routing.shapes import Shape

MOST_STEPS = 20
LONGEST_WAIT_SECONDS = int(timedelta(days=30).total_seconds())
SkillName = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Wait = Annotated[int, Field(ge=1, le=LONGEST_WAIT_SECONDS)]


class ElsewhereSettings(Shape):
    """What else is done than to let an order wait: it goes on to another queue, keeping its place
    in line, or it ends, which only a chat or a call does. Neither: it stays. Beside that its
    contact may be told that it waits (`tell`), or asked whether we shall call them."""

    overflow_to: UUID | None = None
    turn_away: bool = False
    tell: Literal["still_waiting"] | None = None
    offer_callback: bool = False

    def as_elsewhere(self) -> Elsewhere:
        to = None if self.overflow_to is None else QueueId(self.overflow_to)
        return Elsewhere(to, self.offer_callback, self.tell, self.turn_away)

    @property
    def takes_away(self) -> bool:
        """Does the order leave the queue? Then later steps are never reached."""
        return self.turn_away or self.overflow_to is not None

    @property
    def is_something(self) -> bool:
        return self.as_elsewhere().is_something


class StepSettings(ElsewhereSettings):
    """What changes once an order has waited so long since its virtual start. Steps add up.

    `lower_skills`: new least levels, 0 drops the skill. Agents of `also_queues` and `also_teams`
    may take the order too.
    """

    after_seconds: Wait
    lower_skills: Annotated[dict[SkillName, Annotated[int, Field(ge=0, le=5)]],
                            Field(max_length=25)] = Field(default_factory=dict)  # fmt: skip
    raise_priority: Annotated[int, Field(ge=0, le=100)] = 0
    also_queues: Annotated[list[UUID], Field(max_length=50)] = Field(default_factory=list)
    also_teams: Annotated[list[UUID], Field(max_length=50)] = Field(default_factory=list)

    def as_step(self) -> QueueStep:
        return QueueStep(
            after_seconds=self.after_seconds,
            lower_skills=dict(self.lower_skills),
            raise_priority=self.raise_priority,
            also_queues=tuple(QueueId(one) for one in self.also_queues),
            also_teams=tuple(TeamId(one) for one in self.also_teams),
            then=self.as_elsewhere(),
        )

    @property
    def does_something(self) -> bool:
        return self.is_something or bool(
            self.lower_skills or self.raise_priority or self.also_queues or self.also_teams
        )


class StickySettings(Shape):
    """Who is asked first, and alone for so long: the account's agent (the contact's own, else that
    of their organization), else who handled the contact's last order of this queue. Before them
    comes who holds the ticket, then a rule's preferred agent, for the same time."""

    last_agent: bool = True
    account_agent: bool = False
    seconds: Annotated[int, Field(ge=1, le=86_400)] = 120

    def as_sticky(self) -> Sticky:
        return Sticky(self.seconds, self.last_agent, self.account_agent)


class QueueSettings(Shape):
    """A limit that is null is none. `minutes_per_priority`: under `age_score`, how much waiting one
    level of priority is worth. `overflow` is for orders that come when `max_length` wait already or
    that waited `max_wait_seconds`; `outside` for those outside the hours of `calendar_id`, when
    nobody is asked. `most_refusals`: after how many an order is left to the supervisors."""

    ordering: QueueOrder = QueueOrder.PRIORITY_FIFO
    choice: AgentChoice = AgentChoice.LONGEST_IDLE
    minutes_per_priority: Annotated[int, Field(ge=1, le=10_080)] = 30
    steps: Annotated[list[StepSettings], Field(max_length=MOST_STEPS)] = Field(default_factory=list)
    sticky: StickySettings | None = None
    max_length: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    max_wait_seconds: Wait | None = None
    overflow: ElsewhereSettings = ElsewhereSettings()
    calendar_id: UUID | None = None
    outside: ElsewhereSettings = ElsewhereSettings()
    auto_accept: bool = False
    wrap_up_seconds: Annotated[int, Field(ge=0, le=3_600)] = 0
    wrap_up_extension_seconds: Annotated[int, Field(ge=0, le=3_600)] = 0
    most_refusals: Annotated[int, Field(ge=1, le=1_000)] = 5
    service_level_seconds: Wait = 3_600
    service_level_percent: Annotated[int, Field(ge=1, le=100)] = 80

    @property
    def targets(self) -> set[UUID]:
        """The queues that orders may be sent on to."""
        places = (*self.steps, self.overflow, self.outside)
        return {place.overflow_to for place in places if place.overflow_to is not None}


PLAIN_COLUMNS = (
    "ordering",
    "choice",
    "max_length",
    "max_wait_seconds",
    "calendar_id",
    "auto_accept",
    "wrap_up_seconds",
    "wrap_up_extension_seconds",
    "most_refusals",
    "service_level_seconds",
    "service_level_percent",
)
COLUMNS = ", ".join((*PLAIN_COLUMNS, "priority_minutes", "steps", "sticky", "outside"))


def settings_of(row: Row) -> QueueSettings:
    """Read the columns of a queue."""
    elsewhere = as_dict(row["outside"])
    written: dict[str, Any] = {name: row[name] for name in PLAIN_COLUMNS}
    written |= {
        "calendar_id": as_uuid_or_none(row["calendar_id"]),
        "auto_accept": bool(row["auto_accept"]),
        "steps": as_json(row["steps"]) or [],
        "sticky": as_json(row["sticky"]),
        **elsewhere,
    }
    minutes = as_dict(row["priority_minutes"])
    if minutes:
        written["minutes_per_priority"] = minutes["per_level"]
    return QueueSettings.model_validate_json(json_text(written))


def columns_of(settings: QueueSettings) -> dict[str, object]:
    """Return what `settings_of` reads."""
    columns: dict[str, object] = {name: getattr(settings, name) for name in PLAIN_COLUMNS}
    sticky = settings.sticky
    return columns | {
        "priority_minutes": {"per_level": settings.minutes_per_priority},
        "steps": json_text([step.model_dump(mode="json") for step in settings.steps]),
        "sticky": None if sticky is None else sticky.model_dump(mode="json"),
        "outside": {
            "outside": settings.outside.model_dump(mode="json"),
            "overflow": settings.overflow.model_dump(mode="json"),
        },
    }
