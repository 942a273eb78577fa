"""Somebody is to look at a ticket: our answer did not arrive, or a stranger to it wrote.

The ticket has work again, for its assignee first, and its order says why for as long as it lives or
until an agent has settled it. No promise to the contact begins with it.
"""

from uuid import UUID

from servicedesk.desk import clocks, take, tickets
from servicedesk.desk.tickets import TicketFacts
from servicedesk.domain.orders import Attention
from servicedesk.domain.tickets import NEEDS_NOBODY, TicketStatus, TicketStep, next_status
from servicedesk.kernel.sql import Sql, as_dict
from servicedesk.kernel.work import Work
from servicedesk.routing import orders

ATTENTION = "attention"
"""What the order's attributes say it by."""
MOST_MERGES = 20


async def lock_heir(sql: Sql, ticket_id: UUID) -> TicketFacts:
    """Lock the ticket; return it, or the one that it went into, locked as well."""
    ticket = await tickets.lock_ticket(sql, ticket_id)
    for _ in range(MOST_MERGES):
        if ticket.merged_into_id is None:
            break
        ticket = await tickets.lock_ticket(sql, ticket.merged_into_id)
    return ticket


async def call_attention(work: Work, ticket: TicketFacts, why: Attention) -> None:
    """Give a locked ticket work again. One that is closed stays so: nobody can answer on it."""
    if ticket.status is TicketStatus.CLOSED:
        return
    if ticket.status in NEEDS_NOBODY:
        await _reopen(work, ticket, why)
        ticket = await tickets.lock_ticket(work.sql, ticket.id)
    await take.open_for_ticket(work, ticket, why.value)
    await _mark(work, ticket.id, why)
    await clocks.follow(work, ticket.id)


async def settle_attention(work: Work, ticket_id: UUID) -> None:
    """An agent has done what there was to do; the order goes on as any other."""
    await _mark(work, ticket_id, None)


async def _reopen(work: Work, ticket: TicketFacts, why: Attention) -> None:
    status = next_status(ticket.status, TicketStep.SET_OPEN)
    await tickets.update_ticket(work, ticket.id, new_version=True, status=status, solved_at=None)
    payload = {"from": ticket.status.value, "to": status.value, "step": why.value}
    work.record("ticket.status_changed", ticket_id=ticket.id, payload=payload)


async def _mark(work: Work, ticket_id: UUID, why: Attention | None) -> None:
    order = await orders.live_order(work.sql, ticket_id)
    if order is None:
        return
    row = await work.sql.fetch_one(
        f"SELECT attributes FROM work_order WHERE id = $1 {work.sql.for_update}", order.id
    )
    attributes = {} if row is None else as_dict(row["attributes"])
    wanted = {name: value for name, value in attributes.items() if name != ATTENTION}
    if why is not None:
        wanted[ATTENTION] = why.value
    if wanted != attributes:
        await work.sql.execute(
            "UPDATE work_order SET attributes = $2 WHERE id = $1", order.id, wanted
        )
