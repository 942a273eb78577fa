"""An agent answers: the message, the outbox row and the ticket's new state in one transaction.

No story waits for the outside world: a sender picks the row up (`kernel/outbox`) and writes the
receipt (`desk/delivery`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from servicedesk.desk import contacts, inboxes, messages, tickets, uploads
from servicedesk.desk.inboxes import InboxFacts
from servicedesk.desk.lifecycle import set_status
from servicedesk.desk.messages import NewMessage
from servicedesk.desk.sight import lock_changeable
from servicedesk.desk.take import hold_to_answer
from servicedesk.desk.tickets import TicketFacts
from servicedesk.domain.actors import ActorKind, user_actor
from servicedesk.domain.errors import BadInput, Conflict, NewerMessage
from servicedesk.domain.ids import MessageId, Position, TicketId
from servicedesk.domain.messages import (
    Address,
    ChannelKind,
    DeliveryState,
    MessageKind,
    RecipientKind,
)
from servicedesk.domain.people import Viewer
from servicedesk.domain.tickets import ParticipantRole, TicketStatus
from servicedesk.kernel import outbox
from servicedesk.kernel.database import Database
from servicedesk.kernel.outbox import NewOutbox
from servicedesk.kernel.work import Work

LONGEST_TEXT = 100_000
Recipients = list[tuple[RecipientKind, Address]]


class ExternalIds(Protocol):
    """A channel fixes the id of an outgoing message before the first attempt."""

    def new_external_id(self, ticket_id: TicketId, message_id: MessageId, address: str) -> str: ...


@dataclass(frozen=True, slots=True)
class NewReply:
    """`to` and `cc` empty: to the requester. `seen_seq`: the newest message the agent had read."""

    text: str
    seen_seq: int
    html: str | None = None
    attachment_ids: Sequence[UUID] = ()
    to: Sequence[Address] = ()
    cc: Sequence[Address] = ()
    set_status: TicketStatus | None = None


@dataclass(frozen=True, slots=True)
class Written:
    message_id: MessageId
    seq: int
    position: Position


async def reply(
    database: Database,
    external_ids: ExternalIds,
    viewer: Viewer,
    ticket_id: TicketId,
    new: NewReply,
) -> Written:
    """Write the answer down and queue it. Raises NewerMessage when the contact wrote meanwhile."""
    if not new.text.strip() and not new.attachment_ids:
        raise BadInput("The reply is empty. Write something or attach a file.", field="text")
    if len(new.text) > LONGEST_TEXT:
        raise BadInput(f"The reply is longer than {LONGEST_TEXT} characters.", field="text")
    async with database.work(user_actor(viewer.user_id)) as work:
        ticket = await lock_changeable(work.sql, viewer, ticket_id)
        await _require_answerable(work, ticket, new.seen_seq)
        await hold_to_answer(work, ticket, viewer.user_id)
        message_id = await write_outbound(work, external_ids, ticket, viewer, new)
        if new.set_status is not None:
            fresh = await tickets.lock_ticket(work.sql, ticket.id)
            if fresh.status is not new.set_status:
                await set_status(work, viewer, fresh, new.set_status)
    return Written(message_id, ticket.last_seq + 1, work.position)


async def write_outbound(
    work: Work, external_ids: ExternalIds, ticket: TicketFacts, viewer: Viewer, new: NewReply
) -> MessageId:
    """Write one outbound message of a locked ticket, and its outbox row."""
    inbox = await inboxes.get_inbox(work.sql, ticket.inbox_id)
    recipients = await _recipients(work, ticket, inbox, new)
    seq = ticket.last_seq + 1
    message_id = await messages.insert_message(
        work,
        NewMessage(
            ticket_id=ticket.id,
            seq=seq,
            kind=MessageKind.OUTBOUND,
            channel=inbox.channel,
            author_kind=ActorKind.USER,
            author_id=viewer.user_id,
            text=new.text,
            html=new.html,
            inbox_id=inbox.id,
            from_address=Address(inbox.address, inbox.name),
            subject=_reply_subject(ticket.subject) if ticket.last_seq else ticket.subject,
            delivery_state=DeliveryState.QUEUED,
        ),
    )
    await messages.insert_recipients(work.sql, message_id, recipients)
    await uploads.attach_uploads(work, viewer.user_id, new.attachment_ids, ticket.id, message_id)
    await _queue(work, ticket, inbox, message_id, (external_ids, recipients))
    await _note_our_word(work, ticket, new.text, message_id)
    await tickets.mark_read(work.sql, ticket.id, viewer.user_id, seq)
    return message_id


async def _require_answerable(work: Work, ticket: TicketFacts, seen_seq: int) -> None:
    if ticket.status is TicketStatus.CLOSED:
        raise Conflict("This ticket is closed for good. Open a follow-up instead.")
    row = await work.sql.fetch_one(
        "SELECT max(seq) AS newest FROM message WHERE ticket_id = $1 AND kind = 'inbound'",
        ticket.id,
    )
    newest = (row and row["newest"]) or 0
    if newest > seen_seq:
        raise NewerMessage(
            "The contact wrote again while you were writing. Read it, then send.", seq=newest
        )


async def _recipients(
    work: Work, ticket: TicketFacts, inbox: InboxFacts, new: NewReply
) -> Recipients:
    to = list(new.to) or await _requester(work, ticket, inbox)
    if not to:
        raise BadInput(
            "The contact has no address on this channel. Add one, or name a recipient.",
            field="to",
        )
    own = await inboxes.own_addresses(work.sql, inbox.channel)
    recipients: Recipients = [(RecipientKind.TO, address) for address in to]
    seen = {address.value for address in to} | own
    for address in new.cc:
        if address.value not in seen:
            seen.add(address.value)
            recipients.append((RecipientKind.CC, address))
            contact_id = await contacts.find_or_add_contact(work, inbox.channel, address)
            await tickets.add_participant(work.sql, ticket.id, ParticipantRole.CC, contact_id)
    return recipients


async def _requester(work: Work, ticket: TicketFacts, inbox: InboxFacts) -> list[Address]:
    """Where the requester asked to be answered last (Reply-To, RFC 5322 §3.6.2), else the address
    they wrote from, else their first on this channel."""
    row = await work.sql.fetch_one(
        "SELECT from_address, from_name, reply_to FROM message "
        "WHERE ticket_id = $1 AND kind = 'inbound' AND NOT unverified "
        "AND author_id = $2 AND channel = $3 ORDER BY seq DESC LIMIT 1",
        ticket.id,
        ticket.contact_id,
        inbox.channel,
    )
    if row is not None and row["reply_to"]:
        return [Address(row["reply_to"], row["from_name"] or "")]
    if row is not None and row["from_address"]:
        return [Address(row["from_address"], row["from_name"] or "")]
    kind = contacts.IDENTITY_KINDS[inbox.channel]
    known = await contacts.addresses_of(work.sql, ticket.contact_id, kind)
    return [Address(known[0])] if known else []


async def _queue(
    work: Work,
    ticket: TicketFacts,
    inbox: InboxFacts,
    message_id: MessageId,
    carriage: tuple[ExternalIds, Recipients],
) -> None:
    external_ids, recipients = carriage
    external_id = external_ids.new_external_id(ticket.id, message_id, inbox.address)
    await messages.insert_reference(work, inbox.id, external_id, ticket.id, message_id)
    await outbox.enqueue(
        work,
        NewOutbox(
            channel=inbox.channel,
            inbox_id=inbox.id,
            message_id=message_id,
            ticket_id=ticket.id,
            destination=_destination(inbox.channel, recipients[0][1]),
            external_id=external_id,
        ),
    )


def _destination(channel: ChannelKind, address: Address) -> str:
    """What back-off counts by: the mail domain, else the address itself."""
    if channel is ChannelKind.EMAIL:
        return address.value.rpartition("@")[2]
    return address.value


async def _note_our_word(work: Work, ticket: TicketFacts, text: str, message_id: MessageId) -> None:
    await tickets.update_ticket(
        work,
        ticket.id,
        last_seq=ticket.last_seq + 1,
        last_words=messages.last_words(text),
        last_message_at=work.now,
        last_message_from="agent",
        waiting_since=None,
    )
    payload = {"message_id": str(message_id), "seq": ticket.last_seq + 1}
    work.record("message.queued", ticket_id=ticket.id, payload=payload)


def _reply_subject(subject: str) -> str:
    return subject if subject.lower().startswith("re:") else f"Re: {subject}"
