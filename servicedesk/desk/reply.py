"""An agent answers: the message, the outbox row and the ticket's new state in one transaction.

No story waits for the outside world: a sender picks the row up (`kernel/outbox`) and writes the
receipt (`desk/delivery`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from servicedesk.desk import clocks, contacts, inboxes, messages, tickets, uploads
from servicedesk.desk.attention import settle_attention
from servicedesk.desk.inboxes import InboxFacts
from servicedesk.desk.lifecycle import set_status
from servicedesk.desk.messages import NewMessage
from servicedesk.desk.queueing import ExternalIds, queue_message
from servicedesk.desk.sight import lock_changeable
from servicedesk.desk.take import hold_to_answer
from servicedesk.desk.tickets import TicketFacts
from servicedesk.domain.actors import ActorKind, user_actor
from servicedesk.domain.errors import BadInput, Conflict, NewerMessage
from servicedesk.domain.ids import MessageId, Position, TicketId
from servicedesk.domain.messages import (
    Address,
    DeliveryState,
    MessageKind,
    RecipientKind,
)
from servicedesk.domain.people import Viewer
from servicedesk.domain.tickets import ParticipantRole, TicketStatus
from servicedesk.kernel.database import Database
from servicedesk.kernel.sql import as_dict
from servicedesk.kernel.work import Work
from servicedesk.sla.events import AgentReplied

LONGEST_TEXT = 100_000
Recipients = list[tuple[RecipientKind, Address]]


@dataclass(frozen=True, slots=True)
class NewReply:
    """`to` and `cc` empty: to the requester. `seen_seq`: the newest message the agent had read.

    `even_if_undeliverable`: the agent knows that mail to a recipient comes back.
    """

    text: str
    seen_seq: int
    html: str | None = None
    attachment_ids: Sequence[UUID] = ()
    to: Sequence[Address] = ()
    cc: Sequence[Address] = ()
    set_status: TicketStatus | None = None
    even_if_undeliverable: bool = False


class UndeliverableAddress(Conflict):
    """What was sent to a recipient came back for good."""

    code = "undeliverable-address"


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
        await settle_attention(work, ticket.id)
        message_id = await write_outbound(work, external_ids, ticket, viewer, new)
        if new.set_status is not None:
            fresh = await tickets.lock_ticket(work.sql, ticket.id)
            if fresh.status is not new.set_status:
                await set_status(work, viewer, fresh, new.set_status)
        await clocks.follow(work, ticket.id, AgentReplied(work.now))
    return Written(message_id, ticket.last_seq + 1, work.position)


async def write_outbound(
    work: Work, external_ids: ExternalIds, ticket: TicketFacts, viewer: Viewer, new: NewReply
) -> MessageId:
    """Write one outbound message of a locked ticket, and its outbox row."""
    inbox = await inboxes.get_answering_inbox(work.sql, ticket.inbox_id)
    if inbox.id != ticket.inbox_id:
        await tickets.join_inbox(work.sql, ticket.id, inbox.id)
    recipients = await _recipients(work, ticket, inbox, new)
    if not new.even_if_undeliverable:
        await _require_living(work, inbox, recipients)
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
            subject=await _subject(work, ticket),
            delivery_state=DeliveryState.QUEUED,
        ),
    )
    await messages.insert_recipients(work.sql, message_id, recipients)
    await uploads.attach_uploads(work, viewer.user_id, new.attachment_ids, ticket.id, message_id)
    await queue_message(
        work, external_ids, inbox, (ticket.id, message_id), first_recipient=recipients[0][1]
    )
    await note_our_word(work, ticket, new.text, message_id)
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
    to = list(new.to) or await requester_addresses(work, ticket, inbox)
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


async def _require_living(work: Work, inbox: InboxFacts, recipients: Recipients) -> None:
    """Addresses differ in case where people type them; identities are kept in lower case."""
    dead = await work.sql.fetch_one(
        "SELECT count(*) AS dead FROM contact_identity WHERE kind = $1 "
        f"AND {work.sql.member('value', 2)} AND undeliverable_at IS NOT NULL",
        contacts.IDENTITY_KINDS[inbox.channel],
        [address.value.lower() for _, address in recipients],
    )
    if dead is not None and dead["dead"]:
        raise UndeliverableAddress(
            "What was sent to a recipient of this reply came back. Correct the address, or send it "
            "all the same."
        )


async def requester_addresses(work: Work, ticket: TicketFacts, inbox: InboxFacts) -> list[Address]:
    """Where the requester asked to be answered last (Reply-To, RFC 5322 §3.6.2), else the address
    they wrote from, else their first on this channel."""
    theirs = "ticket_id = $1 AND kind = 'inbound' AND NOT unverified AND author_id = $2"
    row = await work.sql.fetch_one(
        "SELECT from_address, from_name, reply_to, "
        f"(SELECT reply_to FROM message WHERE {theirs} AND channel = $3 ORDER BY seq LIMIT 1) "
        f"AS first_reply_to FROM message WHERE {theirs} AND channel = $3 ORDER BY seq DESC LIMIT 1",
        ticket.id,
        ticket.contact_id,
        inbox.channel,
    )
    if row is not None and row["from_address"]:
        address = row["from_address"]
        if _may_redirect(row["reply_to"], address, row["first_reply_to"]):
            own = await inboxes.own_addresses(work.sql, inbox.channel)
            address = address if row["reply_to"] in own else row["reply_to"]
        return [Address(address, row["from_name"] or "")]
    kind = contacts.IDENTITY_KINDS[inbox.channel]
    known = await contacts.addresses_of(work.sql, ticket.contact_id, kind)
    return [Address(known[0])] if known else []


def _may_redirect(reply_to: str | None, sender: str, first_reply_to: str | None) -> bool:
    """A Reply-To counts within the sender's domain, and as the one that the ticket was opened with
    (a contact form). One that comes later, from a forged sender, would lead our answer away."""
    if not reply_to:
        return False
    same_domain = reply_to.rpartition("@")[2] == sender.rpartition("@")[2]
    return same_domain or reply_to == first_reply_to


async def note_our_word(work: Work, ticket: TicketFacts, text: str, message_id: MessageId) -> None:
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


async def _subject(work: Work, ticket: TicketFacts) -> str:
    """A contact who took an old mail for a new matter is answered under their new subject."""
    if not ticket.last_seq:
        return ticket.subject
    row = await work.sql.fetch_one(
        "SELECT subject, why_here FROM message WHERE ticket_id = $1 AND kind = 'inbound' "
        "AND NOT unverified ORDER BY seq DESC LIMIT 1",
        ticket.id,
    )
    if row is not None and row["subject"] and as_dict(row["why_here"]).get("subject_changed"):
        return reply_subject(row["subject"])
    return reply_subject(ticket.subject)


def reply_subject(subject: str) -> str:
    return subject if subject.lower().startswith("re:") else f"Re: {subject}"
