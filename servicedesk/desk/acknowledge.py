"""A new ticket is acknowledged: the one mail that the desk writes to contacts by itself.

Only a person's mail is, once for each ticket, within the brakes. It answers nothing and stops no
clock.
"""

from servicedesk.desk import brakes, messages, tickets
from servicedesk.desk.brakes import Letter
from servicedesk.desk.inbox_rules import rules_of
from servicedesk.desk.inboxes import InboxFacts
from servicedesk.desk.incoming import Incoming
from servicedesk.desk.messages import NewMessage
from servicedesk.desk.queueing import ExternalIds, queue_message
from servicedesk.desk.template_words import TemplateKind, Words, render
from servicedesk.desk.templates import find_words
from servicedesk.desk.tickets import TicketFacts
from servicedesk.domain.actors import ActorKind
from servicedesk.domain.ids import TicketId
from servicedesk.domain.messages import Address, DeliveryState, MessageKind, RecipientKind
from servicedesk.domain.plain import one_line
from servicedesk.kernel.work import Work

LONGEST_SHOWN_SUBJECT = 200
AUTOMATIC = "automatic"
HOPS = "hops"
"""Keys of a message's marks."""


async def acknowledge(
    work: Work,
    inbox: InboxFacts,
    incoming: Incoming,
    ticket: TicketFacts,
    external_ids: ExternalIds,
) -> None:
    """Write and queue the acknowledgement of a ticket that was just opened, if one is due."""
    if not (rules_of(inbox).acknowledge and incoming.welcome and incoming.asks_for_work):
        return
    to = incoming.inbound.reply_to or incoming.inbound.sender
    same = to.value == incoming.inbound.sender.value
    letter = Letter(
        address=to.value,
        subject=incoming.inbound.subject,
        hops=incoming.inbound.hops,
        own=to.value in incoming.own,
        dead=same and incoming.sender.dead,
    )
    sent = await brakes.count_sent(work, inbox.id, letter)
    withheld = brakes.hold_back(letter, sent, work.now)
    if brakes.breaks(sent, work.now):
        await brakes.open_breaker(work, inbox.id, sent)
    if withheld is not None:
        payload = {"reason": withheld.value, "inbox_id": str(inbox.id)}
        work.record("acknowledgement.withheld", ticket_id=ticket.id, payload=payload)
        return
    await brakes.note_sent(work, inbox.id, ticket.id, letter)
    language, words = await _words(work, inbox, incoming, ticket)
    new = NewMessage(
        ticket_id=ticket.id,
        seq=ticket.last_seq + 1,
        kind=MessageKind.OUTBOUND,
        channel=inbox.channel,
        author_kind=ActorKind.SYSTEM,
        author_id=None,
        text=words.text,
        html=words.html,
        inbox_id=inbox.id,
        from_address=Address(inbox.address, inbox.name),
        subject=words.subject,
        language=language,
        marks={AUTOMATIC: True, HOPS: incoming.inbound.hops},
        delivery_state=DeliveryState.QUEUED,
    )
    recipient = Address(to.value, to.name or incoming.inbound.sender.name)
    await _write(work, inbox, new, recipient, external_ids)


async def _words(
    work: Work, inbox: InboxFacts, incoming: Incoming, ticket: TicketFacts
) -> tuple[str, Words]:
    wanted = [tag for tag in (incoming.sender.locale, incoming.inbound.language) if tag]
    kind = TemplateKind.ACKNOWLEDGEMENT
    language, template = await find_words(work.sql, inbox.brand_id, kind, wanted) or ("", None)
    brand = await work.sql.fetch_one("SELECT name FROM brand WHERE id = $1", inbox.brand_id)
    assert template is not None and brand is not None  # noqa: S101, PT018  # one is built in
    sender = incoming.inbound.sender
    values = {
        "ticket_number": str(ticket.number),
        "subject": one_line(incoming.subject, LONGEST_SHOWN_SUBJECT),
        "contact_name": one_line(sender.name, LONGEST_SHOWN_SUBJECT) or sender.value,
        "brand": brand["name"],
    }
    return language, render(template, values)


async def _write(
    work: Work,
    inbox: InboxFacts,
    new: NewMessage,
    to: Address,
    external_ids: ExternalIds,
) -> None:
    await messages.insert_message(work, new)
    await messages.insert_recipients(work.sql, new.id, [(RecipientKind.TO, to)])
    ticket_id = TicketId(new.ticket_id)
    await queue_message(work, external_ids, inbox, (ticket_id, new.id), to)
    await tickets.update_ticket(work, ticket_id, last_seq=new.seq)
    payload = {"message_id": str(new.id), "seq": new.seq, "automatic": True}
    work.record("message.queued", ticket_id=ticket_id, payload=payload)
