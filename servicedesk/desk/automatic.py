"""What the desk writes to contacts by itself, from a template: within the brakes, or not at all.

It answers nothing and stops no clock.
"""

from dataclasses import dataclass
from uuid import UUID

from servicedesk.desk import brakes, messages, tickets
from servicedesk.desk.brakes import Letter
from servicedesk.desk.inboxes import InboxFacts
from servicedesk.desk.messages import NewMessage
from servicedesk.desk.queueing import ExternalIds, queue_message
from servicedesk.desk.template_words import TemplateKind, Words, render
from servicedesk.desk.templates import find_words
from servicedesk.desk.tickets import TicketFacts
from servicedesk.domain.actors import ActorKind
from servicedesk.domain.messages import Address, DeliveryState, MessageKind, RecipientKind
from servicedesk.domain.plain import one_line
from servicedesk.kernel.sql import Sql
from servicedesk.kernel.work import Work

LONGEST_SHOWN_SUBJECT = 200
AUTOMATIC = "automatic"
HOPS = "hops"
"""Keys of a message's marks."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """What is written to whom, who is called `contact_name` in it. `subject` is the ticket's.
    `languages`: those to look for, best first. `letter`: how the brakes see it."""

    kind: TemplateKind
    to: Address
    contact_name: str
    subject: str
    languages: tuple[str, ...]
    letter: Letter


async def write_by_itself(
    work: Work,
    external_ids: ExternalIds,
    inbox: InboxFacts,
    ticket: TicketFacts,
    occasion: Occasion,
) -> bool:
    """Write and queue the message on a locked ticket. False: the brakes withheld it, and the
    journal says why."""
    letter = occasion.letter
    sent = await brakes.count_sent(work, inbox.id, letter)
    withheld = brakes.hold_back(letter, sent, work.now)
    if brakes.breaks(sent, work.now):
        await brakes.open_breaker(work, inbox.id, sent)
    if withheld is not None:
        payload = {"reason": withheld.value, "inbox_id": str(inbox.id)}
        work.record("acknowledgement.withheld", ticket_id=ticket.id, payload=payload)
        return False
    await brakes.note_sent(work, inbox.id, ticket.id, letter)
    language, words = await _words(work.sql, inbox.brand_id, ticket.number, occasion)
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
        marks={AUTOMATIC: True, HOPS: letter.hops},
        delivery_state=DeliveryState.QUEUED,
    )
    await messages.insert_message(work, new)
    await messages.insert_recipients(work.sql, new.id, [(RecipientKind.TO, occasion.to)])
    await queue_message(work, external_ids, inbox, (ticket.id, new.id), occasion.to)
    await tickets.update_ticket(work, ticket.id, last_seq=new.seq)
    queued = {"message_id": str(new.id), "seq": new.seq, "automatic": True}
    work.record("message.queued", ticket_id=ticket.id, payload=queued)
    return True


async def _words(sql: Sql, brand_id: UUID, number: int, occasion: Occasion) -> tuple[str, Words]:
    wanted = list(occasion.languages)
    language, template = await find_words(sql, brand_id, occasion.kind, wanted) or ("", None)
    brand = await sql.fetch_one("SELECT name FROM brand WHERE id = $1", brand_id)
    assert template is not None and brand is not None  # noqa: S101, PT018  # one is built in
    values = {
        "ticket_number": str(number),
        "subject": one_line(occasion.subject, LONGEST_SHOWN_SUBJECT),
        "contact_name": one_line(occasion.contact_name, LONGEST_SHOWN_SUBJECT),
        "brand": brand["name"],
    }
    return language, render(template, values)
