"""What the engine wants done. The router commits each by compare-and-set."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from servicedesk.domain.ids import OfferId, OrderId, UserId


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason for an offer. `code` is what the console translates, `params` fill its text."""

    code: str
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MakeOffer:
    """Hold the order out to the agent for so long. `why` answers "why me?"."""

    order_id: OrderId
    user_id: UserId
    deadline_seconds: int
    why: tuple[Reason, ...] = ()


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


Decision = MakeOffer | ExpireOffer | RescindOffer
