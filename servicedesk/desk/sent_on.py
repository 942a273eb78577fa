"""An order that its queue sends on takes its ticket along, in the same transaction.

As when a person moves it, whoever held the ticket does so no more.
"""

from uuid import UUID

from servicedesk.desk import clocks, tickets
from servicedesk.desk.take import release
from servicedesk.desk.tickets import TicketFacts
from servicedesk.kernel.sql import as_uuid
from servicedesk.kernel.work import Work
from servicedesk.routing.diversions import divert_order
from servicedesk.routing.engine.decisions import Divert
from servicedesk.routing.queues import get_queue


async def divert(work: Work, decision: Divert) -> bool:
    """Do what the settings of the order's queue say. False, with nothing written, if the order
    does not wait any more. Lock order: ticket, work order."""
    row = await work.sql.fetch_one(
        "SELECT ticket_id FROM work_order WHERE id = $1", decision.order_id
    )
    if row is None:
        return False
    ticket = await tickets.lock_ticket(work.sql, as_uuid(row["ticket_id"]))
    if not await divert_order(work, decision):
        return False
    if decision.elsewhere.overflow_to is not None:
        await take_along(work, ticket, decision.elsewhere.overflow_to)
    return True


async def take_along(work: Work, ticket: TicketFacts, queue_id: UUID) -> None:
    """Give a locked ticket to the queue that its order waits in from now on, and to its team."""
    queue = await get_queue(work.sql, queue_id)
    if (ticket.queue_id, ticket.team_id) == (queue.id, queue.team_id):
        return
    await tickets.update_ticket(
        work, ticket.id, new_version=True, queue_id=queue.id, team_id=queue.team_id
    )
    payload = {
        "from_queue_id": str(ticket.queue_id),
        "to_queue_id": str(queue.id),
        "from_team_id": str(ticket.team_id),
        "to_team_id": str(queue.team_id),
    }
    work.record("ticket.moved", ticket_id=ticket.id, payload=payload)
    if ticket.assignee_id is not None:
        await release(work, await tickets.lock_ticket(work.sql, ticket.id), "moved")
    await clocks.follow(work, ticket.id)
