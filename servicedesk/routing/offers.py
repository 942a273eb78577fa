"""The store of offers: a work order is held out to one agent and comes to exactly one end.

Every end is a compare-and-set on the open row, with the order locked before it (lock order: ticket,
work order, offer, presence), so of accept, decline, timeout and rescind one wins. The unique index
`offer_one_open` holds the rule "one open offer for an order" against everybody.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from servicedesk.domain.actors import user_actor
from servicedesk.domain.errors import NotFound, OfferGone
from servicedesk.domain.ids import OfferId, OrderId, Position, UserId
from servicedesk.domain.orders import (
    DeclineReason,
    OfferHow,
    OfferState,
    OrderState,
    OrderStep,
    next_order_state,
)
from servicedesk.domain.people import ViewerWhy
from servicedesk.domain.presence import AwayReason, PresenceState
from servicedesk.kernel import leases
from servicedesk.kernel.database import Database
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.leases import Lease
from servicedesk.kernel.sql import JsonText, json_text
from servicedesk.kernel.work import Work
from servicedesk.people.viewers import add_viewer
from servicedesk.routing.engine.decisions import MakeOffer
from servicedesk.routing.engine.reasons import Reason
from servicedesk.routing.facts import OfferFacts, OrderFacts
from servicedesk.routing.holding import hold_others
from servicedesk.routing.offer_rows import (
    end_offer,
    get_offer,
    open_offer_of_order,
    open_offers_of_agent,
)
from servicedesk.routing.order_rows import lock_order, lock_orders, step_order, taken_by
from servicedesk.routing.presence_rows import change_presence, lock_presence, restart_idle


async def make_offer(work: Work, lease: Lease, decision: MakeOffer) -> bool:
    """Commit the router's decision if the order still waits and the agent still takes work.

    Returns False, with nothing written, if either changed since. Raises LeaseLost.
    """
    return await hold_out(work, lease, decision) is not None


async def hold_out(work: Work, lease: Lease, decision: MakeOffer) -> OfferId | None:
    """Do so and return the offer, None if it was not made."""
    await leases.hold(work.sql, lease)
    order = await lock_order(work.sql, decision.order_id)
    if order.state is not OrderState.WAITING:
        return None
    presence = await lock_presence(work.sql, decision.user_id, work.now)
    if not presence.takes(order.channel):
        return None
    new = NewOffer(
        user_id=decision.user_id,
        seconds=decision.deadline_seconds,
        why=decision.why,
        how=OfferHow.AUTO_ACCEPTED if decision.auto_accept else OfferHow.OFFERED,
        fencing_token=lease.token,
    )
    return await open_offer(work, order, new)


@dataclass(frozen=True, slots=True)
class NewOffer:
    """`fencing_token` is 0 for an offer that no router makes."""

    user_id: UserId
    seconds: int
    why: tuple[Reason, ...]
    how: OfferHow
    fencing_token: int = 0


async def open_offer(work: Work, order: OrderFacts, new: NewOffer) -> OfferId:
    """Hold a locked, waiting order out to the agent."""
    state = next_order_state(order.state, OrderStep.OFFER)
    await work.sql.execute_later(
        "UPDATE work_order SET state = $2, attempts = attempts + 1, stuck = NULL WHERE id = $1",
        order.id,
        state,
    )
    offer_id = OfferId(new_id())
    deadline = work.now + timedelta(seconds=new.seconds)
    why = [{"code": reason.code, "params": dict(reason.params)} for reason in new.why]
    await work.sql.insert_later(
        "offer",
        [
            {
                "id": offer_id,
                "order_id": order.id,
                "ticket_id": order.ticket_id,
                "user_id": new.user_id,
                "state": OfferState.OPEN,
                "created_at": work.now,
                "deadline": deadline,
                "why": JsonText(json_text(why)),
                "how": new.how,
                "fencing_token": new.fencing_token,
            }
        ],
    )
    await add_viewer(work.sql, order.ticket_id, new.user_id, ViewerWhy.OFFERED)
    work.record(
        "offer.made",
        ticket_id=order.ticket_id,
        order_id=order.id,
        payload={
            "offer_id": offer_id,
            "user_id": new.user_id,
            "deadline": deadline,
            "how": new.how,
        },
        trace={"why": why},
    )
    return offer_id


async def win_offer(work: Work, offer_id: UUID, user_id: UserId) -> OrderFacts:
    """Accept for the agent; return the order, now active and theirs. Only `desk/take` calls it.

    Raises NotFound if it was never offered to this user; OfferGone, with its `state`, if it is
    over or its deadline has passed.
    """
    offer = await _offer_to(work, offer_id, user_id)
    order = await lock_order(work.sql, offer.order_id)
    won = await end_offer(work, offer, OfferState.ACCEPTED, {}, only_if="deadline > $2")
    if not won:
        raise await _gone(work, offer_id)
    await step_order(work, order, OrderStep.ACCEPT, taken_by(work, user_id))
    await restart_idle(work, [user_id])
    taken = await lock_order(work.sql, order.id)
    await hold_others(work, taken)
    return taken


async def decline_offer(
    database: Database, offer_id: UUID, user_id: UserId, reason: DeclineReason, note: str | None
) -> Position:
    """The agent says no: the order waits again and passes them over for a while. A story.

    Raises as `win_offer`; one that has run out may still be declined until it is found expired.
    """
    async with database.work(user_actor(user_id)) as work:
        offer = await _offer_to(work, offer_id, user_id)
        order = await lock_order(work.sql, offer.order_id)
        if not await end_offer(
            work, offer, OfferState.DECLINED, {"reason": reason.value, "note": note}
        ):
            raise await _gone(work, offer_id)
        await _wait_again(work, order, refused=True, refused_by=user_id)
    return work.position


async def expire_offer(work: Work, offer_id: UUID) -> bool:
    """End an offer whose deadline passed: the order waits again, the agent is away.

    A browser that answers nobody must not get the next order, so the agent is set to "not
    responding" and what else was held out to them is taken back. They did not refuse the order:
    when they are back it may come to them again. Returns False, with nothing written, if the
    offer is not open or not due.
    """
    offer = await get_offer(work.sql, offer_id)
    orders = {order.id: order for order in await _lock_orders_of_agent(work, offer.user_id)}
    order = orders.get(offer.order_id)
    if order is None:
        return False
    if not await end_offer(work, offer, OfferState.TIMED_OUT, {}, only_if="deadline <= $2"):
        return False
    await _wait_again(work, order, refused=True)
    await _rescind(work, orders, offer.user_id, AwayReason.NOT_RESPONDING)
    presence = await lock_presence(work.sql, offer.user_id, work.now)
    if presence.state is PresenceState.AVAILABLE:
        await change_presence(work, presence, PresenceState.AWAY, AwayReason.NOT_RESPONDING)
    return True


async def rescind_offers_of_agent(work: Work, user_id: UserId, reason: str) -> list[OfferFacts]:
    """Take back everything that is held out to the agent; return what was."""
    orders = {order.id: order for order in await _lock_orders_of_agent(work, user_id)}
    return await _rescind(work, orders, user_id, reason)


async def rescind_offer_of_order(work: Work, order_id: UUID, reason: str) -> bool:
    """Take back the order's open offer, if any. The caller holds the order and sets its state."""
    offer = await open_offer_of_order(work.sql, order_id)
    return offer is not None and await end_offer(
        work, offer, OfferState.RESCINDED, {"reason": reason}
    )


async def rescind_offer(work: Work, offer_id: UUID, reason: str) -> bool:
    """Take back one offer; its order waits again. False, with nothing done, if it is not open."""
    offer = await get_offer(work.sql, offer_id)
    order = await lock_order(work.sql, offer.order_id)
    if not await end_offer(work, offer, OfferState.RESCINDED, {"reason": reason}):
        return False
    await _wait_again(work, order)
    return True


async def _rescind(
    work: Work, orders: Mapping[OrderId, OrderFacts], user_id: UserId, reason: str
) -> list[OfferFacts]:
    """Take back the agent's open offers whose orders are locked."""
    taken_back = []
    for offer in await open_offers_of_agent(work.sql, user_id):
        order = orders.get(offer.order_id)
        if order is not None and await end_offer(
            work, offer, OfferState.RESCINDED, {"reason": reason}
        ):
            await _wait_again(work, order)
            taken_back.append(offer)
    return taken_back


async def _lock_orders_of_agent(work: Work, user_id: UserId) -> list[OrderFacts]:
    held_out = await open_offers_of_agent(work.sql, user_id)
    return await lock_orders(work.sql, [offer.order_id for offer in held_out])


async def _wait_again(
    work: Work, order: OrderFacts, *, refused: bool = False, refused_by: UserId | None = None
) -> None:
    """Put a locked, offered order back at its old place in line. `refused`: a decline or a timeout,
    after so many of which it is left to the supervisors."""
    changes: dict[str, object] = {"owner_id": None}
    if refused:
        changes["refusals"] = order.refused + 1
    if refused_by is not None and refused_by not in order.excluded:
        changes["excluded"] = json_text([*order.excluded, refused_by])
    await step_order(work, order, OrderStep.RETURN, changes)


async def _offer_to(work: Work, offer_id: UUID, user_id: UserId) -> OfferFacts:
    offer = await get_offer(work.sql, offer_id)
    if offer.user_id != user_id:  # as if it were not there: it is not theirs to know of
        raise NotFound(f"There is no offer {offer_id}.", offer_id=str(offer_id))
    return offer


async def _gone(work: Work, offer_id: UUID) -> OfferGone:
    offer = await get_offer(work.sql, offer_id)
    state = OfferState.TIMED_OUT if offer.state is OfferState.OPEN else offer.state
    return OfferGone(
        f"Offer {offer_id} is {state.value}: only an open one can be answered. Wait for the next.",
        offer_id=str(offer_id),
        state=state.value,
    )
