"""What the router does with an order that waits, besides offering it: send it on, turn it away,
mark it as one that nobody is asked to take, finish it when the time for notes is over."""

from collections.abc import Mapping
from uuid import UUID

from servicedesk.domain.ids import OrderId
from servicedesk.domain.orders import DivertCause, OrderState, Stuck
from servicedesk.kernel.work import Work
from servicedesk.routing.engine.decisions import Divert
from servicedesk.routing.facts import OrderFacts
from servicedesk.routing.order_rows import change_order, lock_order, lock_orders
from servicedesk.routing.orders import cancel_order, end_notes, move_order
from servicedesk.routing.ways_in import IN_PERSON

TELL_CONTACT = "order.tell_contact"
CALLBACK_OFFER = "callback_offer"
BY_STEPS = frozenset({DivertCause.STEP, DivertCause.TOO_LATE})


async def divert_order(work: Work, decision: Divert) -> bool:
    """Do what the queue's settings say, and write down that it was done. False, with nothing
    written, if the order does not wait any more.

    Only a chat or a call is turned away: a message that came in another way waits on."""
    order = await lock_order(work.sql, decision.order_id)
    if order.state is not OrderState.WAITING:
        return False
    elsewhere = decision.elsewhere
    turns_away = elsewhere.turn_away and order.channel in IN_PERSON
    if turns_away:
        await cancel_order(work, order.id, f"turned_away_{decision.cause.value}")
    elif elsewhere.overflow_to is not None:
        await move_order(work, order.id, elsewhere.overflow_to)
    else:
        await change_order(work.sql, order, _done(order, decision))
    await _ask_to_tell(work, order, decision)
    work.record(
        "order.diverted",
        ticket_id=order.ticket_id,
        order_id=order.id,
        payload={
            "queue_id": order.queue_id,
            "cause": decision.cause,
            "to_queue_id": elsewhere.overflow_to,
            "turned_away": turns_away,
            "tells": elsewhere.tell is not None,
            "offers_callback": elsewhere.offer_callback,
        },
    )
    return True


async def mark_stuck(work: Work, marks: Mapping[OrderId, Stuck | None]) -> int:
    """Write why nobody is asked to take these waiting orders, None where somebody is again.

    Orders that are marked so already, or do not wait any more, are passed over. Returns how many
    were marked.
    """
    changed = [
        order
        for order in await lock_orders(work.sql, marks)
        if order.state is OrderState.WAITING and order.stuck is not marks[order.id]
    ]
    for stuck in {marks[order.id] for order in changed}:
        ids = [order.id for order in changed if marks[order.id] is stuck]
        await work.sql.execute(
            f"UPDATE work_order SET stuck = $2 WHERE {work.sql.member('id', 1)}", ids, stuck
        )
    for order in changed:
        work.record(
            "order.marked",
            ticket_id=order.ticket_id,
            order_id=order.id,
            payload={"queue_id": order.queue_id, "stuck": marks[order.id]},
        )
    return len(changed)


async def end_wrap_up(work: Work, order_id: UUID) -> bool:
    """Finish an order whose time for notes is over. False, with nothing written, if it is not."""
    order = await lock_order(work.sql, order_id)
    until = order.wrap_up_until
    return until is not None and until <= work.now and await end_notes(work, order)


async def _ask_to_tell(work: Work, order: OrderFacts, decision: Divert) -> None:
    """Leave to the desk, which knows contacts, to write to them: once for the order and step."""
    elsewhere = decision.elsewhere
    texts = [elsewhere.tell] if elsewhere.tell else []
    texts += [CALLBACK_OFFER] if elsewhere.offer_callback else []
    step = decision.steps if decision.cause in BY_STEPS else 0
    for text in texts:
        await work.ask(
            TELL_CONTACT,
            f"{TELL_CONTACT}:{order.id}:{order.queue_id}:{decision.cause}:{step}:{text}",
            ticket_id=order.ticket_id,
            order_id=order.id,
            arguments={"text": text},
        )


def _done(order: OrderFacts, decision: Divert) -> dict[str, object]:
    if decision.cause in BY_STEPS:
        return {"step": decision.steps}
    return {"diverted": " ".join(sorted({*order.diverted, decision.cause}))}
