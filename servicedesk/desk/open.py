"""An agent writes first: a ticket of their own with its first outbound message."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from servicedesk.desk import clocks, contacts, inboxes, take, tickets
from servicedesk.desk.queueing import ExternalIds
from servicedesk.desk.reply import NewReply, write_outbound
from servicedesk.desk.sight import require_sight
from servicedesk.desk.tickets import NewTicket
from servicedesk.domain.actors import user_actor
from servicedesk.domain.errors import BadInput, Forbidden
from servicedesk.domain.ids import InboxId, Position, QueueId, TicketId
from servicedesk.domain.messages import Address
from servicedesk.domain.people import Viewer
from servicedesk.domain.tickets import Priority, TicketStatus
from servicedesk.kernel.database import Database
from servicedesk.routing.queues import get_queue


@dataclass(frozen=True, slots=True)
class FirstWord:
    """What an agent writes to a contact who did not ask. `queue_id` None: the inbox's queue."""

    inbox_id: InboxId
    contact: Address
    subject: str
    text: str
    attachment_ids: Sequence[UUID] = ()
    queue_id: QueueId | None = None
    priority: Priority = Priority.NORMAL
    even_if_undeliverable: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    ticket_id: TicketId
    position: Position


async def open_ticket(
    database: Database, external_ids: ExternalIds, viewer: Viewer, first: FirstWord
) -> Opened:
    """Open a ticket that the viewer owns and send its first message."""
    if not viewer.may_change_tickets:
        raise Forbidden("Observers look but change nothing. Ask for another role.")
    if not first.subject.strip():
        raise BadInput("A ticket needs a subject. Write one.", field="subject")
    async with database.work(user_actor(viewer.user_id)) as work:
        inbox = await inboxes.get_inbox(work.sql, first.inbox_id)
        queue = await get_queue(work.sql, first.queue_id or inbox.queue_id)
        if not (inbox.active and queue.active):
            raise BadInput("This inbox or its queue is switched off. Choose another.")
        contact_id = await contacts.find_or_add_contact(work, inbox.channel, first.contact)
        ticket = await tickets.insert_ticket(
            work,
            NewTicket(
                subject=first.subject.strip(),
                status=TicketStatus.OPEN,
                priority=first.priority,
                channel=inbox.channel,
                brand_id=inbox.brand_id,
                inbox_id=inbox.id,
                queue_id=queue.id,
                team_id=queue.team_id,
                contact_id=contact_id,
            ),
        )
        await require_sight(work.sql, viewer, ticket)
        payload = {
            "number": ticket.number,
            "queue_id": str(queue.id),
            "team_id": str(queue.team_id),
            "inbox_id": str(inbox.id),
            "channel": inbox.channel.value,
            "priority": int(first.priority),
        }
        work.record("ticket.opened", ticket_id=ticket.id, payload=payload)
        await take.hand_to(work, ticket, viewer.user_id)
        words = NewReply(
            text=first.text,
            seen_seq=0,
            attachment_ids=first.attachment_ids,
            to=(first.contact,),
            even_if_undeliverable=first.even_if_undeliverable,
        )
        await write_outbound(work, external_ids, ticket, viewer, words)
        await clocks.follow(work, ticket.id)
    return Opened(ticket.id, work.position)
