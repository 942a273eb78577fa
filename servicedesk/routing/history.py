"""An order as it was at an instant in the past, from its journal. Pure.

Entries of one order, oldest first, are folded into its facts. What the journal does not tell (its
skills, units and channel never change) is taken from the row.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from servicedesk.domain.ids import QueueId, UserId
from servicedesk.domain.orders import LIVE_ORDERS, OrderState, Stuck
from servicedesk.routing.facts import OrderFacts, Refusal


class Recorded(Protocol):
    """What is read of a journal entry."""

    @property
    def kind(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def payload(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Past:
    """`offer_id` and `held_out_to` name the offer that was open. `order` None: it was not there."""

    order: OrderFacts | None
    held_out_to: UserId | None = None
    offer_id: UUID | None = None
    declines: Mapping[UserId, Refusal] = field(default_factory=dict)


def order_at(present: OrderFacts, entries: Iterable[Recorded], at: datetime) -> Past:
    """Return the order as it was at `at`, from the entries of its ticket and itself."""
    past = Past(None)
    for entry in entries:
        if entry.at > at:
            break
        past = _step(past, present, entry)
    if past.order is None:
        return past
    refusals = tuple(past.declines[user_id] for user_id in sorted(past.declines))
    return replace(past, order=replace(past.order, refusals=refusals))


def _step(past: Past, present: OrderFacts, entry: Recorded) -> Past:
    if entry.kind == "order.opened":
        return Past(_opened(present, entry.payload))
    if past.order is None or past.order.state not in LIVE_ORDERS:
        return past  # what happens to the ticket afterwards is another order's
    return _live_step(past, past.order, entry)


def _opened(present: OrderFacts, told: Mapping[str, Any]) -> OrderFacts:
    return replace(
        present,
        state=OrderState.WAITING,
        queue_id=QueueId(UUID(str(told["queue_id"]))),
        priority=int(told["priority"]),
        owner_id=None,
        refusals=(),
        stuck=None,
        step=0,
    )


def _live_step(past: Past, order: OrderFacts, entry: Recorded) -> Past:
    told = entry.payload
    match entry.kind:
        case "offer.made":
            to = UserId(UUID(str(told["user_id"])))
            offered = replace(order, state=OrderState.OFFERED, stuck=None)
            return replace(
                past, order=offered, held_out_to=to, offer_id=UUID(str(told["offer_id"]))
            )
        case "offer.declined" | "offer.timed_out" | "offer.rescinded" | "offer.accepted":
            return _end_offer(past, order, entry)
        case "ticket.assigned":
            return _assign(past, order, told)
        case "ticket.changed" if "priority" in told:
            return replace(past, order=replace(order, priority=int(told["priority"]["to"])))
        case "order.moved":
            moved = replace(order, queue_id=QueueId(UUID(str(told["to_queue_id"]))))
            return _waits(past, moved)
        case "order.returned":
            return _waits(past, order)
        case "order.marked":
            stuck = told.get("stuck")
            marked = replace(order, stuck=None if stuck is None else Stuck(stuck))
            return replace(past, order=marked)
        case "order.finished" | "order.cancelled":
            state = OrderState.DONE if entry.kind == "order.finished" else OrderState.CANCELLED
            return Past(replace(order, state=state))
        case _:
            return past


def _end_offer(past: Past, order: OrderFacts, entry: Recorded) -> Past:
    user_id = UserId(UUID(str(entry.payload["user_id"])))
    if entry.kind == "offer.accepted":
        taken = replace(order, state=OrderState.ACTIVE, owner_id=user_id)
        return Past(taken, declines=past.declines)
    declines = dict(past.declines)
    if entry.kind == "offer.declined":
        before = declines.get(user_id)
        times = 1 if before is None else before.times + 1
        declines[user_id] = Refusal(user_id, times, entry.at)
    if past.held_out_to != user_id or order.state is not OrderState.OFFERED:
        return replace(past, declines=declines)
    return Past(replace(order, state=OrderState.WAITING, owner_id=None), declines=declines)


def _assign(past: Past, order: OrderFacts, told: Mapping[str, Any]) -> Past:
    to = told.get("to")
    if to is None:
        return _waits(past, order) if order.state is OrderState.ACTIVE else past
    owner = UserId(UUID(str(to)))
    return Past(replace(order, state=OrderState.ACTIVE, owner_id=owner), declines=past.declines)


def _waits(past: Past, order: OrderFacts) -> Past:
    waiting = replace(order, state=OrderState.WAITING, owner_id=None, stuck=None)
    return Past(waiting, declines=past.declines)
