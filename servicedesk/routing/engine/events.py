"""What the engine is told: the newest facts of one thing, never a difference.

Telling the same twice changes nothing, and what was told last counts. So whoever feeds the engine
may reload a row whenever in doubt.
"""

from dataclasses import dataclass
from typing import Union

from servicedesk.domain.ids import OrderId
from servicedesk.routing.facts import AgentFacts, OfferFacts, OrderFacts, QueueFacts


@dataclass(frozen=True, slots=True)
class OrderChanged:
    """`offer` is the order's open offer, None if it has none."""

    order: OrderFacts
    offer: OfferFacts | None = None


@dataclass(frozen=True, slots=True)
class OrderGone:
    """There is no such order any more, or nobody needs to know of it."""

    order_id: OrderId


@dataclass(frozen=True, slots=True)
class AgentChanged:
    agent: AgentFacts


@dataclass(frozen=True, slots=True)
class QueueChanged:
    queue: QueueFacts


@dataclass(frozen=True, slots=True)
class TimePassed:
    """Nothing changed but the time: what was due by `now` is decided."""


@dataclass(frozen=True, slots=True)
class Together:
    """Changes seen at once: nothing is decided before all of them are known."""

    events: tuple["Event", ...]


@dataclass(frozen=True, slots=True)
class Preloaded:
    """What an engine that starts is told, in portions: nothing is decided or said to be due before
    it is told something else."""

    events: tuple["Event", ...]


Event = Union[  # noqa: UP007  # refers to itself
    OrderChanged, OrderGone, AgentChanged, QueueChanged, TimePassed, Together, Preloaded
]
