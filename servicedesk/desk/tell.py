"""A step of a queue tells the contact that their work still waits, or offers to call them.

Only who wrote themselves is told, once for each order and step, and only while nobody has the
ticket.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from servicedesk.desk import tickets
from servicedesk.desk.automatic import HOPS, Occasion, write_by_itself
from servicedesk.desk.brakes import Letter
from servicedesk.desk.inboxes import get_inbox_and_own
from servicedesk.desk.queueing import ExternalIds
from servicedesk.desk.template_words import TemplateKind
from servicedesk.desk.tickets import TicketFacts
from servicedesk.domain.messages import Address, ChannelKind, MailClass
from servicedesk.domain.tickets import TicketStatus
from servicedesk.kernel.effects import Effect
from servicedesk.kernel.sql import Row, Sql, as_dict, as_uuid
from servicedesk.kernel.work import Work

OVER = frozenset({TicketStatus.SOLVED, TicketStatus.CLOSED})
CALLBACK = "callback"
OFFERED = "offered"
"""What the order's attributes say once a callback was offered."""


@dataclass(frozen=True, slots=True)
class LastWord:
    """The newest message of the contact. `dead`: mail to its address comes back."""

    sender: Address
    reply_to: Address | None
    subject: str
    languages: tuple[str, ...]
    hops: int
    dead: bool


async def tell_contact(
    work: Work, effect: Effect, voices: Mapping[ChannelKind, ExternalIds]
) -> None:
    """Write to the contact of the effect's ticket what its argument `text` names."""
    assert effect.ticket_id is not None and effect.order_id is not None  # noqa: S101, PT018
    ticket = await tickets.lock_ticket(work.sql, effect.ticket_id)
    if ticket.assignee_id is not None or ticket.status in OVER:
        return
    inbox, own = await get_inbox_and_own(work.sql, ticket.inbox_id)
    found = await _last_word(work.sql, ticket)
    if found is None or inbox.channel not in voices:
        return
    kind = TemplateKind(str(effect.arguments["text"]))
    occasion = _occasion(kind, ticket, found, own)
    written = await write_by_itself(work, voices[inbox.channel], inbox, ticket, occasion)
    if written and kind is TemplateKind.CALLBACK_OFFER:
        await _note_callback(work, effect)


def _occasion(
    kind: TemplateKind, ticket: TicketFacts, found: LastWord, own: frozenset[str]
) -> Occasion:
    """The brakes count it as a letter about something else than the ticket's acknowledgement: it is
    bound by how much one sender and one inbox may get."""
    to = found.reply_to or found.sender
    letter = Letter(
        address=to.value,
        subject=f"{kind} {ticket.number}",
        hops=found.hops,
        own=to.value in own,
        dead=found.dead and to.value == found.sender.value,
    )
    return Occasion(
        kind,
        Address(to.value, to.name or found.sender.name),
        found.sender.name.strip() or found.sender.value,
        ticket.subject,
        found.languages,
        letter,
    )


async def _last_word(sql: Sql, ticket: TicketFacts) -> LastWord | None:
    """Return the newest of the contact's own words; None if no person wrote them."""
    row = await sql.fetch_one(
        "SELECT m.from_address, m.from_name, m.reply_to, m.subject, m.language, m.marks, "
        "c.locale, EXISTS (SELECT 1 FROM contact_identity i WHERE i.kind = m.channel "
        "AND i.value = m.from_address AND i.undeliverable_at IS NOT NULL) AS dead "
        "FROM message m JOIN contact c ON c.id = m.author_id "
        "WHERE m.ticket_id = $1 AND m.kind = 'inbound' AND m.author_kind = 'contact' "
        "AND NOT m.unverified AND m.from_address IS NOT NULL AND m.mail_class = $2 "
        "ORDER BY m.seq DESC LIMIT 1",
        ticket.id,
        MailClass.PERSON,
    )
    return None if row is None else _word(row)


def _word(row: Row) -> LastWord:
    hops = as_dict(row["marks"]).get(HOPS)
    return LastWord(
        sender=Address(row["from_address"], row["from_name"] or ""),
        reply_to=Address(row["reply_to"], "") if row["reply_to"] else None,
        subject=row["subject"] or "",
        languages=tuple(tag for tag in (row["locale"], row["language"]) if tag),
        hops=hops if isinstance(hops, int) else 0,
        dead=bool(row["dead"]),
    )


async def _note_callback(work: Work, effect: Effect) -> None:
    """Whoever gets the order sees that its contact may want to be called."""
    row = await work.sql.fetch_one(
        f"SELECT queue_id, attributes FROM work_order WHERE id = $1 {work.sql.for_update}",
        effect.order_id,
    )
    if row is None:
        return
    await work.sql.execute(
        "UPDATE work_order SET attributes = $2 WHERE id = $1",
        effect.order_id,
        as_dict(row["attributes"]) | {CALLBACK: OFFERED},
    )
    work.record(
        "order.callback_offered",
        ticket_id=effect.ticket_id,
        order_id=effect.order_id,
        payload={"queue_id": as_uuid(row["queue_id"])},
    )
