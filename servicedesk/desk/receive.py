"""The product on one screen: a message comes in and work begins, in one transaction.

contact → ticket → message → queue, skills, priority → work order → clocks, written in the journal.
"""

from dataclasses import replace

from servicedesk.desk import clocks, contacts, messages, tickets
from servicedesk.desk.acknowledge import acknowledge
from servicedesk.desk.attention import call_attention
from servicedesk.desk.classified import WorkOf, classify_inbound, fields_of_new_ticket
from servicedesk.desk.inboxes import InboxFacts
from servicedesk.desk.incoming import Incoming, add_copies, write_message
from servicedesk.desk.preferred import prefer
from servicedesk.desk.queueing import ExternalIds
from servicedesk.desk.tickets import FirstWords, NewTicket, TicketFacts
from servicedesk.desk.views_clocks import Opening, load_opening
from servicedesk.domain.ids import ContactId, QueueId
from servicedesk.domain.orders import Attention
from servicedesk.domain.tickets import TicketStatus, TicketStep, next_status
from servicedesk.kernel.work import Work
from servicedesk.routing import orders
from servicedesk.routing.classify import Classification
from servicedesk.routing.facts import QueueFacts
from servicedesk.routing.queues import get_queue
from servicedesk.sla.events import ContactWrote, Event, OtherWriting, OtherWritten

NO_SUBJECT = "(no subject)"


async def receive(
    work: Work, inbox: InboxFacts, incoming: Incoming, external_ids: ExternalIds
) -> None:
    """Put the message where it belongs and see to it that somebody will handle it.

    A person's mail opens or reopens; automatic mail only joins the ticket it answers. A message of
    somebody who does not belong to the ticket is kept apart (unverified): an agent is to look at
    it, but nobody waits for an answer and no clock starts.
    """
    contact_id = await _ensure_contact(work, incoming)
    if incoming.asks_for_work and incoming.sender.failing:
        await contacts.forget_failures(work, incoming.inbound, contact_id)
    if incoming.belonging.ticket_id is None:
        ticket = await _open(work, inbox, incoming, contact_id)
        await acknowledge(work, inbox, incoming, ticket, external_ids)
    else:
        await _continue(work, inbox, incoming, contact_id)


async def _ensure_contact(work: Work, incoming: Incoming) -> ContactId:
    """Return the contact who sent the message; add one if nobody has the address."""
    inbound, known = incoming.inbound, incoming.sender.contact_id
    if known is not None:
        return known
    add = contacts.add_contact if incoming.foreknown is None else contacts.add_new_contact
    return await add(work, inbound.channel, inbound.sender)


async def _open(
    work: Work, inbox: InboxFacts, incoming: Incoming, contact_id: ContactId
) -> TicketFacts:
    found, queue = await _classify(work, inbox, incoming, contact_id)
    opening = await _opening(work, incoming, queue.id, contact_id)
    ticket = await _insert_ticket(work, inbox, incoming, opening, found)
    await add_copies(work, incoming, ticket.id)
    await write_message(work, incoming, ticket.id, 1, contact_id)
    _record_received(work, incoming, 1)
    due_at = await clocks.begin(work, opening, ticket, incoming.inbound.language)
    await orders.open_order(work, ticket.id, found, incoming.inbound.channel, due_at)
    return ticket


async def _opening(
    work: Work, incoming: Incoming, queue_id: QueueId, contact_id: ContactId
) -> Opening:
    known = incoming.foreknown
    name = contacts.name_of(incoming.inbound.sender)
    opening = None if known is None else known.opening(queue_id, contact_id, name)
    return opening or await load_opening(work.sql, queue_id, contact_id)


async def _continue(
    work: Work, inbox: InboxFacts, incoming: Incoming, contact_id: ContactId
) -> None:
    ticket = await tickets.lock_ticket(work.sql, incoming.ticket_id)
    await add_copies(work, incoming, ticket.id)
    await write_message(work, incoming, ticket.id, ticket.last_seq + 1, contact_id)
    await tickets.join_inbox(work.sql, ticket.id, inbox.id)
    await _wake(work, ticket, incoming)
    if incoming.asks_for_work:
        await _ensure_order(work, inbox, ticket, incoming)
    elif incoming.by_person:
        ticket = await tickets.lock_ticket(work.sql, ticket.id)
        await call_attention(work, ticket, Attention.UNKNOWN_SENDER)
    await clocks.follow(work, ticket.id, _told(work, incoming))


def _told(work: Work, incoming: Incoming) -> Event:
    """Only a person who belongs to the ticket waits for an answer."""
    if incoming.asks_for_work:
        return ContactWrote(work.now)
    return OtherWritten(work.now, OtherWriting.AUTOMATIC)


async def _insert_ticket(
    work: Work,
    inbox: InboxFacts,
    incoming: Incoming,
    opening: Opening,
    found: Classification,
) -> TicketFacts:
    new = NewTicket(
        id=incoming.opens_as,
        number=opening.number,
        subject=incoming.subject or NO_SUBJECT,
        status=TicketStatus.NEW,
        priority=found.priority,
        channel=inbox.channel,
        brand_id=inbox.brand_id,
        inbox_id=inbox.id,
        queue_id=opening.queue_id,
        team_id=opening.team_id,
        contact_id=opening.contact_id,
        language=incoming.inbound.language or None,
        follows_up_id=incoming.belonging.follows_up,
        first=FirstWords(messages.last_words(incoming.words), asks_for_work=incoming.by_person),
    )
    ticket = await tickets.insert_ticket(work, new)
    payload = {
        "number": ticket.number,
        "queue_id": str(opening.queue_id),
        "team_id": str(opening.team_id),
        "inbox_id": str(inbox.id),
        "channel": inbox.channel.value,
        "priority": int(found.priority),
    }
    trace = {"why_here": incoming.belonging.trace, "classification": found.trace}
    work.record("ticket.opened", ticket_id=ticket.id, payload=payload, trace=trace)
    return ticket


async def _wake(work: Work, ticket: TicketFacts, incoming: Incoming) -> None:
    """Bring the ticket's row up to date with its new message, and say what happened."""
    columns: dict[str, object] = {"last_seq": ticket.last_seq + 1}
    status = ticket.status
    if incoming.asks_for_work:
        columns |= {
            "last_words": messages.last_words(incoming.words),
            "last_message_at": work.now,
            "last_message_from": "contact",
        }
    if incoming.asks_for_work:
        status = next_status(ticket.status, TicketStep.CONTACT_WRITES)
        columns |= {"status": status, "waiting_since": ticket.waiting_since or work.now}
        if status is not ticket.status:
            columns["solved_at"] = None
    await tickets.update_ticket(work, ticket.id, new_version=status is not ticket.status, **columns)
    _record_received(work, incoming, ticket.last_seq + 1)
    if status is not ticket.status:
        step = {"from": ticket.status.value, "to": status.value, "step": "contact_writes"}
        work.record("ticket.status_changed", ticket_id=ticket.id, payload=step)


def _record_received(work: Work, incoming: Incoming, seq: int) -> None:
    payload: dict[str, object] = {
        "message_id": str(incoming.message_id),
        "seq": seq,
        "mail_class": incoming.inbound.mail_class.value,
        "unverified": incoming.belonging.unverified,
    }
    trace = incoming.belonging.trace
    work.record("message.received", ticket_id=incoming.ticket_id, payload=payload, trace=trace)


async def _ensure_order(
    work: Work, inbox: InboxFacts, ticket: TicketFacts, incoming: Incoming
) -> None:
    """A ticket that needs somebody has a live work order, in the queue it stands in."""
    if await orders.keeps_working(work, ticket.id):
        return
    fields = {"status": ticket.status.value, "priority": str(int(ticket.priority))}
    of = WorkOf(ticket.contact_id, fields, ticket.id)
    found = await classify_inbound(work.sql, inbox, incoming.inbound, of)
    kept = replace(
        found,
        queue_id=ticket.queue_id,
        priority=ticket.priority,
        trace=[*found.trace, {"rule": "ticket_keeps_its_queue", "hit": True}],
    )
    queue = await get_queue(work.sql, ticket.queue_id)
    sticky = await prefer(work.sql, kept, queue, ticket.contact_id, ticket.assignee_id)
    await orders.open_order(work, ticket.id, sticky, incoming.inbound.channel)


async def _classify(
    work: Work, inbox: InboxFacts, incoming: Incoming, contact_id: ContactId
) -> tuple[Classification, QueueFacts]:
    fields = fields_of_new_ticket(incoming.inbound, incoming.belonging)
    of = WorkOf(contact_id, fields)
    found = await classify_inbound(work.sql, inbox, incoming.inbound, of)
    known = incoming.foreknown
    queue = None if known is None else known.queue_with(found.queue_id)
    queue = queue or await get_queue(work.sql, found.queue_id)
    return await prefer(work.sql, found, queue, contact_id), queue
