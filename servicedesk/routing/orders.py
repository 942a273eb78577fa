"""The store of work orders: what happens to a unit of work, besides being offered (`offers`).

Every verb runs in the caller's work, locks the order first (lock order: ticket, work order, offer,
presence) and journals. The place in line, `virtual_start`, is given once and kept for ever.
"""

from uuid import UUID

from servicedesk.domain.ids import OrderId, TicketId, UserId
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.orders import OrderState, OrderStep
from servicedesk.domain.tickets import Priority
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import Sql
from servicedesk.kernel.work import Work
from servicedesk.routing.classify import Classification
from servicedesk.routing.facts import OrderFacts
from servicedesk.routing.offers import rescind_offer_of_order
from servicedesk.routing.order_rows import (
    COLUMNS,
    LIVE,
    change_order,
    lock_order,
    order_of,
    step_order,
)
from servicedesk.routing.presence_rows import restart_idle


async def open_order(
    work: Work, ticket_id: TicketId, classification: Classification, channel: ChannelKind
) -> OrderId:
    """Put a new work order in line. The ticket must be locked and have no live one."""
    order_id = OrderId(new_id())
    await work.sql.insert(
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
                "excluded": "[]",
                "virtual_start": work.now,
                "entered_at": work.now,
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
    await step_order(work, order, OrderStep.ACCEPT, {"owner_id": user_id})
    await rescind_offer_of_order(work, order.id, how)
    await restart_idle(work, [order.owner_id, user_id])
    return await lock_order(work.sql, order_id)


async def return_order(work: Work, order_id: UUID, reason: str) -> None:
    """Put the order back in line, at its old place, owned by nobody. Raises NotFound, WrongStep."""
    order = await lock_order(work.sql, order_id)
    await step_order(work, order, OrderStep.RETURN, {"owner_id": None})
    await _let_go(work, order, reason)
    work.record(
        "order.returned",
        ticket_id=order.ticket_id,
        order_id=order.id,
        payload={"reason": reason, "queue_id": order.queue_id, "owner_id": order.owner_id},
    )


async def finish_order(work: Work, order_id: UUID, outcome: str) -> None:
    """The work is done; the row keeps who did it. Raises NotFound, WrongStep."""
    order = await lock_order(work.sql, order_id)
    await step_order(work, order, OrderStep.FINISH, {"ended_at": work.now, "outcome": outcome})
    await _let_go(work, order, "finished")
    work.record(
        "order.finished",
        ticket_id=order.ticket_id,
        order_id=order.id,
        payload={"outcome": outcome, "queue_id": order.queue_id, "owner_id": order.owner_id},
    )


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
    """Let the order wait in another queue, at the place of its age. Raises as `return_order`."""
    order = await lock_order(work.sql, order_id)
    await step_order(work, order, OrderStep.RETURN, {"owner_id": None, "queue_id": queue_id})
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


async def _let_go(work: Work, order: OrderFacts, reason: str) -> None:
    await rescind_offer_of_order(work, order.id, reason)
    await restart_idle(work, [order.owner_id])
