"""What the engine wants done. The router commits each by compare-and-set."""

from dataclasses import dataclass

from servicedesk.domain.ids import OfferId, OrderId, QueueId, UserId
from servicedesk.domain.orders import DivertCause, Stuck
from servicedesk.routing.engine.reasons import Grounds, Reason, reasons_of
from servicedesk.routing.facts import Elsewhere


@dataclass(frozen=True, slots=True)
class MakeOffer:
    """Hold the order out to the agent for so long. `why` answers "why me?".

    `auto_accept`: it becomes theirs without asking. `interrupts`: orders that the agent has at hand
    and that are held while they have this one.
    """

    order_id: OrderId
    user_id: UserId
    deadline_seconds: int
    grounds: Grounds | None = None
    auto_accept: bool = False
    interrupts: tuple[OrderId, ...] = ()

    @property
    def why(self) -> tuple[Reason, ...]:
        """The grounds in words, put together when asked for."""
        return () if self.grounds is None else reasons_of(self.grounds)


@dataclass(frozen=True, slots=True)
class ExpireOffer:
    """The offer's deadline has passed. Its agent counts as away until told otherwise."""

    offer_id: OfferId
    order_id: OrderId
    user_id: UserId


@dataclass(frozen=True, slots=True)
class RescindOffer:
    """The agent may not have the order any more: they take no work, or left its queue."""

    offer_id: OfferId
    order_id: OrderId
    reason: str


@dataclass(frozen=True, slots=True)
class EndWrapUp:
    """The time for notes is over: finish the order, which frees its units."""

    order_id: OrderId
    user_id: UserId


@dataclass(frozen=True, slots=True)
class Divert:
    """Do `elsewhere` for an order that waits, and write down that it was done.

    `steps` is how many steps of its queue are behind it then (the row's `step`). For causes other
    than steps the cause is what is written down.
    """

    order_id: OrderId
    cause: DivertCause
    steps: int
    elsewhere: Elsewhere


@dataclass(frozen=True, slots=True)
class MarkStuck:
    """Nobody is asked for this reason; None: somebody may be (again)."""

    order_id: OrderId
    stuck: Stuck | None


@dataclass(frozen=True, slots=True)
class LookUpHours:
    """The queue has just opened or closed as foretold: tell it with the change after this one."""

    queue_id: QueueId


Decision = MakeOffer | ExpireOffer | RescindOffer | EndWrapUp | Divert | MarkStuck | LookUpHours
