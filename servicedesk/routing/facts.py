"""Snapshots of routing's rows, as the stores load them and the engine reads them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from servicedesk.domain.ids import OfferId, OrderId, QueueId, TeamId, TicketId, UserId
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.orders import OfferState, OrderState


@dataclass(frozen=True, slots=True)
class QueueFacts:
    """`offer_seconds`: how long an agent has to answer an offer from this queue."""

    id: QueueId
    name: str
    team_id: TeamId
    offer_seconds: int
    active: bool
    version: int = 1


@dataclass(frozen=True, slots=True)
class Refusal:
    """An agent declined the order `times` times, last at `last_at`."""

    user_id: UserId
    times: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """A work order. `owner_id` is who handles it (state active) or handled it (done).

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
