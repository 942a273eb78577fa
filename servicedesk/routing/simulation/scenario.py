"""What a simulation is asked: read from JSON once, checked, with names for queues and teams.

The shapes are those of `servicedesk simulate`. A queue takes the settings of the desk's own queues.
"""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from servicedesk.domain.errors import BadInput
from servicedesk.domain.messages import ChannelKind
from servicedesk.routing.facts import AgentChoice, QueueOrder

Level = Annotated[int, Field(ge=0, le=5)]
Count = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(ge=0)]


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Spread(Part):
    """A length of time: its mean and how it spreads. `cv` is the standard deviation over the mean,
    for lognormal only."""

    dist: Literal["exponential", "deterministic", "lognormal"]
    mean: Annotated[float, Field(gt=0)]
    cv: Annotated[float, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _cv_goes_with_lognormal(self) -> Self:
        if (self.cv is not None) != (self.dist == "lognormal"):
            raise ValueError("cv goes with dist lognormal, and only with it")
        return self


class Step(Part):
    """What becomes different after so many seconds in line; queues and teams by name."""

    after_seconds: Count
    lower_skills: dict[str, Level] = {}
    raise_priority: int = 0
    also_queues: list[str] = []
    also_teams: list[str] = []
    overflow_to: str | None = None
    offer_callback: bool = False
    tell: str | None = None
    turn_away: bool = False


class Overflow(Part):
    """What is done when the queue is full or an order has waited too long."""

    overflow_to: str | None = None
    offer_callback: bool = False
    tell: str | None = None
    turn_away: bool = False


class Queue(Part):
    name: str
    strategy: AgentChoice = AgentChoice.LONGEST_IDLE
    order: QueueOrder = QueueOrder.PRIORITY_FIFO
    priority_minutes: Count = 30
    steps: list[Step] = []
    max_length: Count | None = None
    max_wait_seconds: Count | None = None
    overflow: Overflow = Overflow()


class OrderClass(Part):
    """A stream of work orders that are alike. `patience_s` null: nobody gives up."""

    name: str
    queue: str
    channel: ChannelKind
    arrivals_per_hour: Annotated[float, Field(ge=0)]
    handle_time_s: Spread
    patience_s: Spread | None = None
    skills: dict[str, Level] = {}
    priority: int = 0
    units: Annotated[int, Field(ge=1)] = 1
    service_level_s: Seconds = 20


class Served(Part):
    """A queue in a group's profile."""

    queue: str
    priority: int = 0
    delay_seconds: Count = 0


class Group(Part):
    """`count` agents who are alike."""

    count: Count
    queues: list[str | Served]
    skills: dict[str, Level] = {}
    capacity: dict[ChannelKind, Count]
    team: str | None = None
    name: str | None = None

    @property
    def serves(self) -> list[Served]:
        return [Served(queue=each) if isinstance(each, str) else each for each in self.queues]


class Scenario(Part):
    """`trunk_limit` is the most orders that may be in the system at once, null for no limit.
    Measured is from `warmup_s` on, for `duration_s`."""

    seed: int
    warmup_s: Seconds = 0
    duration_s: Annotated[float, Field(gt=0)]
    trunk_limit: Count | None = None
    queues: Annotated[list[Queue], Field(min_length=1)]
    classes: Annotated[list[OrderClass], Field(min_length=1)]
    agents: list[Group]

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        _refuse_twice("queue", [queue.name for queue in self.queues])
        _refuse_twice("class", [each.name for each in self.classes])
        queues = {queue.name for queue in self.queues}
        for where, name in self._queues_named():
            if name not in queues:
                raise ValueError(f"{where} names the queue {name!r}, which is not in queues")
        return self

    def _queues_named(self) -> list[tuple[str, str]]:
        found = [(f"class {each.name!r}", each.queue) for each in self.classes]
        for number, group in enumerate(self.agents):
            found += [(f"agents.{number}", served.queue) for served in group.serves]
        for queue in self.queues:
            where = f"queue {queue.name!r}"
            found += [(where, name) for step in queue.steps for name in step.also_queues]
            overflows = [*(step.overflow_to for step in queue.steps), queue.overflow.overflow_to]
            found += [(where, name) for name in overflows if name is not None]
        return found


def read_scenario(text: str | bytes) -> Scenario:
    """Parse a scenario. Raises BadInput that names the first fault and where it is."""
    try:
        return Scenario.model_validate_json(text)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in fault["loc"])
        words = fault["msg"].removeprefix("Value error, ")
        raise BadInput(f"{where}: {words}" if where else words, path=where) from None


def _refuse_twice(what: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"two {what} entries have the name {name!r}")
