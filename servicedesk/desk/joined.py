"""The same mail came through a second inbox: its ticket is in that inbox too."""

from servicedesk.desk import messages, tickets
from servicedesk.desk.inboxes import InboxFacts
from servicedesk.domain.ids import MessageId, TicketId
from servicedesk.domain.messages import Inbound
from servicedesk.kernel.work import Work


async def join_inbox(
    work: Work, inbox: InboxFacts, inbound: Inbound, ticket_id: TicketId, message_id: MessageId
) -> None:
    """Let answers that come through this inbox find the ticket as well."""
    ticket = await tickets.lock_ticket(work.sql, ticket_id)
    await tickets.join_inbox(work.sql, ticket.id, inbox.id)
    await messages.insert_reference(work, inbox.id, inbound.external_id, ticket.id, message_id)
    payload = {"inbox_id": str(inbox.id), "message_id": str(message_id)}
    work.record("ticket.joined_inbox", ticket_id=ticket.id, payload=payload)
