"""The product on one screen: a message comes in and work begins, in one transaction.

contact → ticket → message → queue, skills, priority → work order → clocks, written in the journal.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from servicedesk.desk import contacts, messages, tickets
from servicedesk.desk.inboxes import InboxFacts, own_addresses
from servicedesk.desk.messages import NewMessage, StoredFile
from servicedesk.desk.tickets import NewTicket, TicketFacts
from servicedesk.domain.actors import ActorKind
from servicedesk.domain.belonging import Belonging
from servicedesk.domain.ids import ContactId, MessageId, TicketId
from servicedesk.domain.messages import Inbound, MailClass, MessageKind, RecipientKind
from servicedesk.domain.plain import one_line
from servicedesk.domain.tickets import ParticipantRole, TicketStatus, TicketStep, next_status
from servicedesk.kernel.work import Work
from servicedesk.routing import orders
from servicedesk.routing.classify import Classification, ClassifyFacts, classify
from servicedesk.routing.queues import get_queue

SUBJECT_LENGTH = 1_000
MOST_COPIES = 50  # Zendesk takes 48; more are shown on the message and take no part
NO_SUBJECT = "(no subject)"


@dataclass(frozen=True, slots=True)
class Stored:
    """What of the message already lies in the blob store."""

    raw_blob: str
    files: Sequence[StoredFile] = ()


@dataclass(frozen=True, slots=True)
class Received:
    ticket_id: TicketId
    message_id: MessageId


async def receive(
    work: Work, inbox: InboxFacts, inbound: Inbound, belonging: Belonging, stored: Stored
) -> Received:
    """Put the message where it belongs and see to it that somebody will handle it.

    A person's mail opens or reopens; automatic mail only joins the ticket it answers. A message of
    somebody who does not belong to the ticket is kept apart (unverified) and reopens nothing.
    """
    contact_id = await contacts.find_or_add_contact(work, inbound.channel, inbound.sender)
    if belonging.ticket_id is None:
        ticket, classification = await _open(work, inbox, inbound, belonging, contact_id)
    else:
        ticket = await tickets.lock_ticket(work.sql, belonging.ticket_id)
        classification = None
    if not belonging.unverified:
        await _add_copies(work, ticket.id, inbound)
    message_id = await _add_message(work, ticket, inbound, belonging, (contact_id, stored))
    await _wake(work, ticket, inbound, belonging, message_id)
    if classification is not None:
        await orders.open_order(work, ticket.id, classification, inbound.channel)
    elif _asks_for_work(inbound, belonging):
        await _ensure_order(work, inbox, ticket, inbound)
    return Received(ticket.id, message_id)


def _asks_for_work(inbound: Inbound, belonging: Belonging) -> bool:
    return inbound.mail_class is MailClass.PERSON and not belonging.unverified


async def _open(
    work: Work, inbox: InboxFacts, inbound: Inbound, belonging: Belonging, contact_id: ContactId
) -> tuple[TicketFacts, Classification]:
    classification = classify(_facts(inbox, inbound, contact_id))
    queue = await get_queue(work.sql, classification.queue_id)
    ticket = await tickets.insert_ticket(
        work,
        NewTicket(
            subject=one_line(inbound.subject, SUBJECT_LENGTH) or NO_SUBJECT,
            status=TicketStatus.NEW,
            priority=classification.priority,
            channel=inbound.channel,
            brand_id=inbox.brand_id,
            inbox_id=inbox.id,
            queue_id=queue.id,
            team_id=queue.team_id,
            contact_id=contact_id,
            language=inbound.language or None,
            follows_up_id=belonging.follows_up,
        ),
    )
    payload = {
        "number": ticket.number,
        "queue_id": str(queue.id),
        "team_id": str(queue.team_id),
        "inbox_id": str(inbox.id),
        "channel": inbound.channel.value,
        "priority": int(classification.priority),
    }
    trace = {"why_here": belonging.trace, "classification": classification.trace}
    work.record("ticket.opened", ticket_id=ticket.id, payload=payload, trace=trace)
    return ticket, classification


async def _add_message(
    work: Work,
    ticket: TicketFacts,
    inbound: Inbound,
    belonging: Belonging,
    origin: tuple[ContactId, Stored],
) -> MessageId:
    contact_id, stored = origin
    message_id = await messages.insert_message(
        work,
        NewMessage(
            ticket_id=ticket.id,
            seq=ticket.last_seq + 1,
            kind=MessageKind.INBOUND,
            channel=inbound.channel,
            author_kind=ActorKind.CONTACT,
            author_id=contact_id,
            text=inbound.reply_text or inbound.text,
            inbox_id=inbound.inbox_id,
            from_address=inbound.sender,
            reply_to=inbound.reply_to,
            subject=one_line(inbound.subject, SUBJECT_LENGTH),
            quoted_text=inbound.quoted_text,
            html=inbound.html,
            raw_blob=stored.raw_blob,
            mail_class=inbound.mail_class,
            unverified=belonging.unverified,
            why_here=belonging.trace,
            language=inbound.language or None,
        ),
    )
    recipients = [(RecipientKind.TO, address) for address in inbound.to]
    recipients += [(RecipientKind.CC, address) for address in inbound.cc]
    await messages.insert_recipients(work.sql, message_id, recipients)
    await messages.insert_files(work, ticket.id, message_id, stored.files)
    await messages.insert_reference(
        work, inbound.inbox_id, inbound.external_id, ticket.id, message_id
    )
    return message_id


async def _wake(
    work: Work,
    ticket: TicketFacts,
    inbound: Inbound,
    belonging: Belonging,
    message_id: MessageId,
) -> None:
    """Bring the ticket's row up to date with its new message, and say what happened."""
    columns: dict[str, object] = {
        "last_seq": ticket.last_seq + 1,
        "last_words": messages.last_words(inbound.reply_text or inbound.text),
        "last_message_at": work.now,
        "last_message_from": "contact",
    }
    status = ticket.status
    if _asks_for_work(inbound, belonging):
        status = next_status(ticket.status, TicketStep.CONTACT_WRITES)
        columns |= {"status": status, "waiting_since": ticket.waiting_since or work.now}
        if status is not ticket.status:
            columns["solved_at"] = None
    await tickets.update_ticket(work, ticket.id, new_version=status is not ticket.status, **columns)
    await tickets.join_inbox(work.sql, ticket.id, inbound.inbox_id)
    payload: dict[str, object] = {
        "message_id": str(message_id),
        "seq": ticket.last_seq + 1,
        "mail_class": inbound.mail_class.value,
        "unverified": belonging.unverified,
    }
    work.record("message.received", ticket_id=ticket.id, payload=payload, trace=belonging.trace)
    if status is not ticket.status:
        step = {"from": ticket.status.value, "to": status.value, "step": "contact_writes"}
        work.record("ticket.status_changed", ticket_id=ticket.id, payload=step)


async def _ensure_order(
    work: Work, inbox: InboxFacts, ticket: TicketFacts, inbound: Inbound
) -> None:
    """A ticket that needs somebody has a live work order, in the queue it stands in."""
    if await orders.live_order(work.sql, ticket.id) is not None:
        return
    classification = classify(_facts(inbox, inbound, ticket.contact_id))
    kept = Classification(
        queue_id=ticket.queue_id,
        skills=classification.skills,
        priority=ticket.priority,
        trace=[*classification.trace, {"rule": "ticket_keeps_its_queue", "hit": True}],
    )
    await orders.open_order(work, ticket.id, kept, inbound.channel)


async def _add_copies(work: Work, ticket_id: TicketId, inbound: Inbound) -> None:
    """Make everybody in copy take part, so that their answers continue the ticket too."""
    if not inbound.cc or inbound.mail_class is not MailClass.PERSON:
        return
    own = await own_addresses(work.sql, inbound.channel)
    for address in inbound.cc[:MOST_COPIES]:
        if address.value not in own and address != inbound.sender:
            contact_id = await contacts.find_or_add_contact(work, inbound.channel, address)
            await tickets.add_participant(work.sql, ticket_id, ParticipantRole.CC, contact_id)


def _facts(inbox: InboxFacts, inbound: Inbound, contact_id: ContactId) -> ClassifyFacts:
    return ClassifyFacts(
        inbox_id=inbox.id,
        inbox_queue_id=inbox.queue_id,
        channel=inbound.channel,
        subject=inbound.subject,
        text=inbound.reply_text or inbound.text,
        language=inbound.language,
        contact_id=contact_id,
        organization_tier=None,
        at=inbound.received_at,
    )
