"""A user has read a ticket: the one thing about it that is the user's own."""

from servicedesk.desk import tickets
from servicedesk.desk.sight import require_sight
from servicedesk.desk.views_summaries import load_read_seqs
from servicedesk.domain.actors import user_actor
from servicedesk.domain.errors import NotFound
from servicedesk.domain.ids import Position, TicketId
from servicedesk.domain.people import Viewer
from servicedesk.kernel.database import Database


async def read_ticket(
    database: Database, viewer: Viewer, ticket_id: TicketId, seq: int
) -> Position:
    """Remember that the viewer has read up to the message at `seq`. Position 0: they had before.

    Raises NotFound. The ticket is not locked: readers must not hold up who writes.
    """
    async with database.work(user_actor(viewer.user_id)) as work:
        ticket = (await tickets.find_tickets(work.sql, [ticket_id])).get(ticket_id)
        if ticket is None:
            raise NotFound(f"There is no ticket {ticket_id}.", ticket_id=str(ticket_id))
        await require_sight(work.sql, viewer, ticket)
        known = await load_read_seqs(work.sql, [ticket_id], [viewer.user_id])
        read = min(seq, ticket.last_seq)
        if read > known.get((ticket_id, viewer.user_id), 0):
            await tickets.mark_read(work.sql, ticket_id, viewer.user_id, read)
            payload = {"user_id": str(viewer.user_id), "seq": read}
            work.record("ticket.read", ticket_id=ticket_id, payload=payload)
    return work.position
