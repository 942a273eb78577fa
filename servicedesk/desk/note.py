"""An internal note: only for the desk. It answers nobody and stops no clock."""

from collections.abc import Sequence
from uuid import UUID

from servicedesk.desk import clocks, messages, tickets, uploads
from servicedesk.desk.messages import NewMessage
from servicedesk.desk.reply import LONGEST_TEXT, Written
from servicedesk.desk.sight import lock_changeable
from servicedesk.domain.actors import ActorKind, user_actor
from servicedesk.domain.errors import BadInput
from servicedesk.domain.ids import TicketId
from servicedesk.domain.messages import MessageKind
from servicedesk.domain.people import Viewer
from servicedesk.kernel.database import Database
from servicedesk.sla.events import OtherWriting, OtherWritten


async def note(
    database: Database,
    viewer: Viewer,
    ticket_id: TicketId,
    text: str,
    attachment_ids: Sequence[UUID] = (),
) -> Written:
    """Write a note on a ticket, closed ones included."""
    if not text.strip() and not attachment_ids:
        raise BadInput("The note is empty. Write something or attach a file.", field="text")
    if len(text) > LONGEST_TEXT:
        raise BadInput(f"The note is longer than {LONGEST_TEXT} characters.", field="text")
    async with database.work(user_actor(viewer.user_id)) as work:
        ticket = await lock_changeable(work.sql, viewer, ticket_id)
        seq = ticket.last_seq + 1
        message_id = await messages.insert_message(
            work,
            NewMessage(
                ticket_id=ticket.id,
                seq=seq,
                kind=MessageKind.NOTE,
                channel=ticket.channel,
                author_kind=ActorKind.USER,
                author_id=viewer.user_id,
                text=text,
            ),
        )
        await uploads.attach_uploads(work, viewer.user_id, attachment_ids, ticket.id, message_id)
        await tickets.update_ticket(work, ticket.id, last_seq=seq)
        await tickets.mark_read(work.sql, ticket.id, viewer.user_id, seq)
        payload = {"message_id": str(message_id), "seq": seq}
        work.record("message.noted", ticket_id=ticket.id, payload=payload)
        await clocks.follow(work, ticket.id, OtherWritten(work.now, OtherWriting.NOTE))
    return Written(message_id, seq, work.position)
