"""Agents who use their own mailbox: what they forward, and what they answer from there."""

from dataclasses import replace

from servicedesk.desk import clocks, messages, tickets
from servicedesk.desk.attention import settle_attention
from servicedesk.desk.contacts import find_sender
from servicedesk.desk.inboxes import InboxFacts
from servicedesk.desk.incoming import Incoming, add_copies
from servicedesk.desk.messages import NewMessage
from servicedesk.desk.queueing import ExternalIds, queue_message
from servicedesk.desk.receive import receive
from servicedesk.desk.reply import note_our_word, reply_subject, requester_addresses
from servicedesk.desk.take import hold_to_answer
from servicedesk.desk.tickets import TicketFacts
from servicedesk.domain.actors import ActorKind
from servicedesk.domain.ids import UserId
from servicedesk.domain.messages import Address, DeliveryState, MessageKind, RecipientKind
from servicedesk.kernel.work import Work
from servicedesk.people.directory import load_viewer
from servicedesk.people.viewers import viewers_of
from servicedesk.people.visibility import may_see
from servicedesk.sla.events import AgentReplied, OtherWriting, OtherWritten


async def pass_on(
    work: Work, inbox: InboxFacts, incoming: Incoming, external_ids: ExternalIds
) -> None:
    """A forwarded mail opens a ticket of the person who wrote it; the agent's words above it are a
    note there. Who wrote is what the forwarded text says, so nothing is sent to them by itself.

    The page of the mail shows both at once: only the text is kept beside the raw mail.
    """
    inbound = incoming.inbound
    author = inbound.original_author
    if author is None:
        raise ValueError("only a mail that names its original author is passed on")
    theirs = replace(
        inbound,
        sender=author,
        reply_to=None,
        cc=(),
        text=inbound.quoted_text or inbound.text,
        reply_text="",
        quoted_text="",
        html=None,
    )
    trace = {**incoming.belonging.trace, "rule": "forwarded_by_agent"}
    sender = await find_sender(work.sql, inbound.channel, author.value)
    passed = replace(
        incoming,
        inbound=theirs,
        sender=sender,
        belonging=replace(incoming.belonging, trace=trace),
        welcome=False,
        foreknown=None,  # it is about the agent
    )
    await receive(work, inbox, passed, external_ids)
    if inbound.reply_text.strip() and inbound.quoted_text and incoming.sender.user_id:
        await _note_words(work, incoming, incoming.sender.user_id)


async def _note_words(work: Work, incoming: Incoming, user_id: UserId) -> None:
    ticket = await tickets.lock_ticket(work.sql, incoming.ticket_id)
    new = NewMessage(
        ticket_id=ticket.id,
        seq=ticket.last_seq + 1,
        kind=MessageKind.NOTE,
        channel=incoming.inbound.channel,
        author_kind=ActorKind.USER,
        author_id=user_id,
        text=incoming.inbound.reply_text,
        unverified=incoming.inbound.authenticated is not True,
    )
    await messages.insert_message(work, new)
    await tickets.update_ticket(work, ticket.id, last_seq=new.seq)
    payload = {"message_id": str(new.id), "seq": new.seq}
    work.record("message.noted", ticket_id=ticket.id, payload=payload)
    await clocks.follow(work, ticket.id, OtherWritten(work.now, OtherWriting.NOTE))


async def answer_by_mail(
    work: Work, inbox: InboxFacts, incoming: Incoming, external_ids: ExternalIds
) -> None:
    """An answer from an agent's own mailbox is a reply of theirs, and goes on to the contact unless
    they were among its recipients. From who may not answer the ticket it is a stranger's mail.
    """
    ticket = await tickets.lock_ticket(work.sql, incoming.ticket_id)
    user_id = incoming.sender.user_id
    if user_id is None or not await _may_answer(work, user_id, ticket):
        apart = replace(incoming.belonging, unverified=True)
        await receive(work, inbox, replace(incoming, belonging=apart), external_ids)
        return
    await hold_to_answer(work, ticket, user_id)
    await settle_attention(work, ticket.id)
    await add_copies(work, incoming, ticket.id)
    await _write_reply(work, inbox, incoming, (ticket, user_id), external_ids)
    await clocks.follow(work, ticket.id, AgentReplied(work.now))


async def _may_answer(work: Work, user_id: UserId, ticket: TicketFacts) -> bool:
    viewer = await load_viewer(work.sql, user_id)
    if viewer is None or not viewer.may_change_tickets:
        return False
    named = (await viewers_of(work.sql, [ticket.id]))[ticket.id]
    return may_see(viewer, ticket.team_id, personally=user_id in named)


async def _write_reply(
    work: Work,
    inbox: InboxFacts,
    incoming: Incoming,
    whose: tuple[TicketFacts, UserId],
    external_ids: ExternalIds,
) -> None:
    ticket, user_id = whose
    inbound = incoming.inbound
    reached = {address.value for address in (*inbound.to, *inbound.cc)}
    missing = [
        address
        for address in await requester_addresses(work, ticket, inbox)
        if address.value not in reached
    ]
    recipients = [(RecipientKind.TO, address) for address in missing]
    if not missing:
        recipients = _as_sent(incoming)
    new = NewMessage(
        id=incoming.message_id,
        ticket_id=ticket.id,
        seq=ticket.last_seq + 1,
        kind=MessageKind.OUTBOUND,
        channel=inbox.channel,
        author_kind=ActorKind.USER,
        author_id=user_id,
        text=incoming.words,
        quoted_text=inbound.quoted_text,
        inbox_id=inbox.id,
        from_address=Address(inbox.address, inbox.name) if missing else inbound.sender,
        subject=reply_subject(ticket.subject),
        raw_blob=incoming.stored.raw_blob,
        why_here={**incoming.belonging.trace, "by": "agent_mail"},
        delivery_state=DeliveryState.QUEUED if missing else DeliveryState.SENT,
    )
    await messages.insert_message(work, new)
    await messages.insert_recipients(work.sql, new.id, recipients)
    await messages.insert_files(work, ticket.id, new.id, incoming.stored.files)
    await messages.insert_reference(work, inbox.id, inbound.external_id, ticket.id, new.id)
    if missing:
        await queue_message(work, external_ids, inbox, (ticket.id, new.id), missing[0])
    await note_our_word(work, ticket, new.text, new.id)
    await tickets.mark_read(work.sql, ticket.id, user_id, new.seq)


def _as_sent(incoming: Incoming) -> list[tuple[RecipientKind, Address]]:
    """Whom the agent's own mail reached."""
    inbound = incoming.inbound
    return [
        *((RecipientKind.TO, address) for address in inbound.to),
        *((RecipientKind.CC, address) for address in inbound.cc),
    ]
