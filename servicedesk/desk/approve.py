"""Somebody who is not known on a ticket wrote on it, and an agent says that they belong there."""

from uuid import UUID

from servicedesk.desk import tickets
from servicedesk.desk.attention import settle_attention
from servicedesk.desk.relocate import lock_entry, require_open, wake
from servicedesk.domain.actors import user_actor
from servicedesk.domain.ids import Position
from servicedesk.domain.people import Viewer
from servicedesk.domain.tickets import ParticipantRole
from servicedesk.kernel.database import Database
from servicedesk.kernel.work import Work


async def approve(database: Database, viewer: Viewer, message_id: UUID) -> Position:
    """Let an unverified message count: its sender takes part, the ticket reopens, work waits.

    Position 0: somebody approved it before. Raises NotFound, Forbidden, and Conflict for a closed
    ticket.
    """
    async with database.work(user_actor(viewer.user_id)) as work:
        ticket, entry = await lock_entry(work.sql, viewer, message_id)
        if not entry.unverified:
            return work.position
        require_open(ticket)
        await _verify(work, message_id)
        if entry.contact_id is not None:
            await tickets.add_participant(work.sql, ticket.id, ParticipantRole.CC, entry.contact_id)
        await settle_attention(work, ticket.id)
        payload = {"message_id": str(message_id), "seq": entry.seq}
        work.record("message.approved", ticket_id=ticket.id, payload=payload)
        if entry.by_person:
            await wake(work, ticket, entry.created_at, {})
    return work.position


async def _verify(work: Work, message_id: UUID) -> None:
    await work.sql.execute("UPDATE message SET unverified = FALSE WHERE id = $1", message_id)
