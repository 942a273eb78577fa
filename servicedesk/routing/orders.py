"""The store of work orders: what happens to a unit of work, besides being offered (`offers`).

Every verb runs in the caller's work, locks the order first (lock order: ticket, work order, offer,
presence) and journals. The place in line, `virtual_start`, is given once and kept for ever.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from servicedesk.domain.ids import OrderId, TicketId, UserId
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.orders import LIVE_ORDERS, OrderState, OrderStep
from servicedesk.domain.tickets import Priority
from servicedesk.kernel.bulk import update_bulk_later
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import JsonText, Sql
from servicedesk.kernel.work import Work
from servicedesk.routing.classify import Classification
from servicedesk.routing.facts import OrderFacts
from servicedesk.routing.holding import hold_others, release_held
from servicedesk.routing.offers import rescind_offer_of_order
from servicedesk.routing.order_rows import (
    COLUMNS,
    LET_GO,
    LIVE,
    change_order,
    lock_order,
    lock_orders,
    order_of,
    step_order,
    taken_by,
)
from servicedesk.routing.presence_rows import restart_idle
from servicedesk.routing.wrap_up import begin_wrap_up, resume_work


async def open_order(
    work: Work,
    ticket_id: TicketId,
    classification: Classification,
    channel: ChannelKind,
    due_at: datetime | None = None,
) -> OrderId:
    """Put a new work order in line. The ticket must be locked and have no live one.

    `due_at`: when the first of the ticket's promises falls due.
    """
    order_id = OrderId(new_id())
    await work.sql.insert_later(
        "work_order",
        [
            {
                "id": order_id,
                "ticket_id": ticket_id,
                "queue_id": classification.queue_id,
                "channel": channel,
                "state": OrderState.WAITING,
                "priority": int(classification.priority),
                "skills": dict(classification.skills),
                "excluded": JsonText("[]"),
                "virtual_start": work.now,
                "entered_at": work.now,
                "due_at": due_at,
                "preferred_user_id": classification.preferred_user_id,
                "preferred_until": _preferred_until(work, classification),
                "attributes": dict(classification.attributes),
            }
        ],
    )
    work.record(
        "order.opened",
        ticket_id=ticket_id,
        order_id=order_id,
        payload={
            "queue_id": classification.queue_id,
            "priority": int(classification.priority),
            "channel": channel,
        },
        trace={"classification": classification.trace},
    )
    return order_id


def _preferred_until(work: Work, classification: Classification) -> datetime | None:
    if classification.preferred_user_id is None:
        return None
    return work.now + timedelta(seconds=classification.preferred_seconds)


async def live_order(sql: Sql, ticket_id: UUID) -> OrderFacts | None:
    """Return the ticket's order that is not over yet, if there is one."""
    row = await sql.fetch_one(
        f"SELECT {COLUMNS} FROM work_order WHERE ticket_id = $1 AND {LIVE} "
        "ORDER BY entered_at DESC, id DESC LIMIT 1",
        ticket_id,
    )
    return None if row is None else order_of(row)


async def take_order(work: Work, order_id: UUID, user_id: UserId, *, how: str) -> OrderFacts:
    """Make the user the order's owner, whoever had it; an open offer of it is taken back.

    `how` ("taken", "assigned", "forced") becomes the reason of the taken-back offer. The caller
    journals `ticket.assigned`, from which the router learns of it. Raises NotFound, WrongStep.
    """
    order = await lock_order(work.sql, order_id)
    await step_order(work, order, OrderStep.ACCEPT, taken_by(work, user_id))
    await rescind_offer_of_order(work, order.id, how)
    await restart_idle(work, [order.owner_id, user_id])
    await release_held(work, order)
    taken = await lock_order(work.sql, order_id)
    await hold_others(work, taken)
    return taken


async def keeps_working(work: Work, ticket_id: UUID) -> bool:
    """Has the ticket, which is locked, a live order? One whose agent only writes notes goes on."""
    order = await live_order(work.sql, ticket_id)
    if order is None or order.wrap_up_until is None:
        return order is not None
    locked = await lock_order(work.sql, order.id)
    if locked.state not in LIVE_ORDERS:  # the time for notes ran out just now
        return False
    await resume_work(work, locked)
    return True


async def wait_again(work: Work, order_id: UUID) -> None:
    """Put an order that is held out to nobody any more back in line, for what comes next in this
    work, which journals it. Raises NotFound, WrongStep."""
    order = await lock_order(work.sql, order_id)
    await step_order(work, order, OrderStep.RETURN, LET_GO)


async def retry_order(work: Work, order_id: UUID) -> None:
    """Ask for a waiting order again as if nobody had refused it. Raises NotFound, WrongStep."""
    order = await lock_order(work.sql, order_id)
    await step_order(work, order, OrderStep.RETURN, {**LET_GO, "excluded": "[]"})
    await rescind_offer_of_order(work, order.id, "retried")
    work.record(
        "order.returned",
        ticket_id=order.ticket_id,
        order_id=order.id,
        payload={"reason": "retried", "queue_id": order.queue_id, "owner_id": order.owner_id},
    )


async def return_order(work: Work, order_id: UUID, reason: str) -> None:
    """Put the order back in line, at its old place, owned by nobody. One whose agent only writes
    notes ends instead. Raises NotFound, WrongStep."""
    order = await lock_order(work.sql, order_id)
    if await end_notes(work, order):
        return
    await step_order(work, order, OrderStep.RETURN, LET_GO)
    await _let_go(work, order, reason)
    work.record(
        "order.returned",
        ticket_id=order.ticket_id,
        order_id=order.id,
        payload={"reason": reason, "queue_id": order.queue_id, "owner_id": order.owner_id},
    )


async def finish_order(work: Work, order_id: UUID, outcome: str) -> None:
    """The work is done; the row keeps who did it. Raises NotFound, WrongStep.

    After a call or chat its agent may have time for notes first: see `wrap_up`.
    """
    order = await lock_order(work.sql, order_id)
    if await begin_wrap_up(work, order, outcome):
        return
    await end_order(work, order, outcome)


async def end_order(work: Work, order: OrderFacts, outcome: str) -> None:
    """Finish a locked order for good. Raises WrongStep."""
    await step_order(work, order, OrderStep.FINISH, {"ended_at": work.now, "outcome": outcome})
    await _let_go(work, order, "finished")
    work.record(
        "order.finished",
        ticket_id=order.ticket_id,
        order_id=order.id,
        payload={"outcome": outcome, "queue_id": order.queue_id, "owner_id": order.owner_id},
    )


async def end_notes(work: Work, order: OrderFacts) -> bool:
    """Finish a locked order whose agent only writes notes, as it was to end. False: they work."""
    if order.state is not OrderState.ACTIVE or order.wrap_up_until is None:
        return False
    row = await work.sql.fetch_one("SELECT outcome FROM work_order WHERE id = $1", order.id)
    await end_order(work, order, (row["outcome"] if row else None) or "done")
    return True


async def cancel_order(work: Work, order_id: UUID, reason: str) -> None:
    """Nobody needs to do the work any more. Raises NotFound, WrongStep."""
    order = await lock_order(work.sql, order_id)
    await step_order(work, order, OrderStep.CANCEL, {"ended_at": work.now, "outcome": reason})
    await _let_go(work, order, "cancelled")
    work.record(
        "order.cancelled",
        ticket_id=order.ticket_id,
        order_id=order.id,
        payload={"reason": reason, "queue_id": order.queue_id, "owner_id": order.owner_id},
    )


async def move_order(work: Work, order_id: UUID, queue_id: UUID) -> None:
    """Let the order wait in another queue, at the place of its age: the steps of that queue are
    all ahead of it. One whose agent only writes notes ends. Raises as `return_order`."""
    order = await lock_order(work.sql, order_id)
    if await end_notes(work, order):
        return
    anew = {"queue_id": queue_id, "step": 0, "diverted": "", "preferred_user_id": None}
    await step_order(work, order, OrderStep.RETURN, {**LET_GO, **anew})
    await _let_go(work, order, "moved")
    work.record(
        "order.moved",
        ticket_id=order.ticket_id,
        order_id=order.id,
        payload={
            "from_queue_id": order.queue_id,
            "to_queue_id": queue_id,
            "owner_id": order.owner_id,
        },
    )


async def set_order_priority(work: Work, order_id: UUID, priority: Priority) -> None:
    """Follow the ticket's priority while the order lives. The caller journals `ticket.changed`."""
    order = await lock_order(work.sql, order_id)
    await change_order(work.sql, order, {"priority": int(priority)})


async def set_orders_due(work: Work, dues: Mapping[UUID, datetime | None]) -> None:
    """Follow the earliest due instant of each ticket's promises while its order lives."""
    found = await lock_orders(work.sql, dues)
    if not found:
        return
    rows = [{"id": order.id, "due_at": dues[order.id]} for order in found]
    await update_bulk_later(work.sql, "work_order", rows)
    for order in found:
        work.record(
            "order.due_changed",
            ticket_id=order.ticket_id,
            order_id=order.id,
            payload={"queue_id": order.queue_id},
        )


async def _let_go(work: Work, order: OrderFacts, reason: str) -> None:
    await rescind_offer_of_order(work, order.id, reason)
    await restart_idle(work, [order.owner_id])
    await release_held(work, order)
