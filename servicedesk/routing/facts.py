"""Snapshots of routing's rows, as the stores load them and the engine reads them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from servicedesk.domain.ids import OfferId, OrderId, QueueId, TeamId, TicketId, UserId
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.orders import OfferState, OrderState


class QueueOrder(StrEnum):
    """Which of a queue's orders is served next. Every one keeps the age that an order has."""

    PRIORITY_FIFO = "priority_fifo"  # the more urgent, then the older: low ones may wait for ever
    SLA_SLACK = "sla_slack"  # what is due soonest; what is due never comes last, by age
    AGE_SCORE = "age_score"  # age plus minutes for each level of priority: nothing waits for ever


class AgentChoice(StrEnum):
    """Which of several agents who could take an order is asked."""

    LONGEST_IDLE = "longest_idle"
    LEAST_LOADED = "least_loaded"  # fewest units in use, on all channels
    ROUND_ROBIN = "round_robin"  # whose turn is longest ago
    BEST_SKILL = "best_skill"  # highest levels in the skills that the order needs


@dataclass(frozen=True, slots=True)
class QueueStep:
    """What becomes different once an order has waited `after_seconds` since its virtual start.

    Steps add up. `lower_skills` gives new least levels, 0 drops the skill; `also_queues` name
    queues whose agents may take the order too.
    """

    after_seconds: int
    lower_skills: Mapping[str, int] = field(default_factory=dict)
    raise_priority: int = 0
    also_queues: tuple[QueueId, ...] = ()


@dataclass(frozen=True, slots=True)
class QueueFacts:
    """`offer_seconds`: how long an agent has to answer an offer from this queue.

    `priority_minutes`: under `age_score`, how much age one level of priority is worth. `steps` in
    the order of their seconds.
    """

    id: QueueId
    name: str
    team_id: TeamId
    offer_seconds: int
    active: bool
    version: int = 1
    order: QueueOrder = QueueOrder.PRIORITY_FIFO
    choice: AgentChoice = AgentChoice.LONGEST_IDLE
    priority_minutes: int = 30
    steps: tuple[QueueStep, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """An agent declined the order `times` times, last at `last_at`."""

    user_id: UserId
    times: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """A work order. `owner_id` is who handles it (state active) or handled it (done). `due_at`:
    when the earliest promise about it falls due, None if none was made.

    `excluded` are the agents who declined it. When and how often is in `refusals`, which only the
    router's loader fills.
    """

    id: OrderId
    ticket_id: TicketId
    queue_id: QueueId
    channel: ChannelKind
    state: OrderState
    priority: int
    units: int
    owner_id: UserId | None
    virtual_start: datetime
    attempts: int
    skills: Mapping[str, int] = field(default_factory=dict)
    due_at: datetime | None = None
    excluded: tuple[UserId, ...] = ()
    refusals: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class OfferFacts:
    """A work order held out to one agent until `deadline` (database time)."""

    id: OfferId
    order_id: OrderId
    ticket_id: TicketId
    user_id: UserId
    state: OfferState
    deadline: datetime


@dataclass(frozen=True, slots=True)
class AgentFacts:
    """Who may be offered what. `available` is False for whoever takes no work now, for any reason.

    `capacity` is in units per channel; a channel that is missing takes nothing. What is used of it
    is not here: the engine adds it up from the orders it knows.
    """

    user_id: UserId
    available: bool
    idle_since: datetime
    queue_ids: frozenset[QueueId]
    capacity: Mapping[str, int]
    skills: Mapping[str, int] = field(default_factory=dict)
