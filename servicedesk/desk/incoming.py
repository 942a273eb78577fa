"""A message that came in, with what intake found out about it, and how its rows are written."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from servicedesk.desk import contacts, messages, tickets
from servicedesk.desk.contacts import KnownSender
from servicedesk.desk.foreknown import Foreknown
from servicedesk.desk.messages import NewMessage, StoredFile
from servicedesk.domain.actors import ActorKind
from servicedesk.domain.belonging import Belonging
from servicedesk.domain.ids import ContactId, MessageId, TicketId
from servicedesk.domain.messages import Address, Inbound, MailClass, MessageKind, RecipientKind
from servicedesk.domain.plain import one_line
from servicedesk.domain.tickets import ParticipantRole
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.work import Work

SUBJECT_LENGTH = 1_000
MOST_COPIES = 50  # Zendesk takes 48; more are shown on the message and take no part
MOST_DEFECTS = 20


@dataclass(frozen=True, slots=True)
class Stored:
    """What of the message already lies in the blob store."""

    raw_blob: str
    files: Sequence[StoredFile] = ()


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message on its way into the desk.

    `own` are all addresses of ours on its channel, as far as it names them. `welcome`: it may be
    acknowledged. `foreknown`: what was read before its transaction, if anything was. `opens_as`
    and `message_id` are the ids that a new ticket and the message will have: drawn beforehand, so
    that whoever holds the same mail in another inbox can be told of them.
    """

    inbound: Inbound
    belonging: Belonging
    stored: Stored
    sender: KnownSender
    own: frozenset[str] = frozenset()
    welcome: bool = True
    foreknown: Foreknown | None = None
    opens_as: TicketId = field(default_factory=lambda: TicketId(new_id()))
    message_id: MessageId = field(default_factory=lambda: MessageId(new_id()))

    @property
    def ticket_id(self) -> TicketId:
        """Where it belongs, or the id of the ticket that it opens."""
        return self.belonging.ticket_id or self.opens_as

    @property
    def by_person(self) -> bool:
        return self.inbound.mail_class is MailClass.PERSON

    @property
    def asks_for_work(self) -> bool:
        """A person wrote who belongs to the ticket: somebody has to do something."""
        return self.by_person and not self.belonging.unverified

    @property
    def words(self) -> str:
        """What was written this time."""
        return self.inbound.reply_text or self.inbound.text

    @property
    def subject(self) -> str:
        return one_line(self.inbound.subject, SUBJECT_LENGTH)


async def write_message(
    work: Work, incoming: Incoming, ticket_id: TicketId, seq: int, contact_id: ContactId
) -> None:
    """Write the message with its recipients, files and foreign id.

    What no person wrote is an entry of the system: it is shown and asks for nothing.
    """
    inbound, stored = incoming.inbound, incoming.stored
    new = NewMessage(
        id=incoming.message_id,
        ticket_id=ticket_id,
        seq=seq,
        kind=MessageKind.INBOUND if incoming.by_person else MessageKind.SYSTEM,
        channel=inbound.channel,
        author_kind=ActorKind.CONTACT,
        author_id=contact_id,
        text=incoming.words,
        inbox_id=inbound.inbox_id,
        from_address=inbound.sender,
        reply_to=inbound.reply_to,
        subject=incoming.subject,
        quoted_text=inbound.quoted_text,
        html=inbound.html,
        raw_blob=stored.raw_blob,
        mail_class=inbound.mail_class,
        unverified=incoming.belonging.unverified,
        why_here=incoming.belonging.trace,
        marks=_marks(inbound),
        language=inbound.language or None,
    )
    recipients = [(RecipientKind.TO, address) for address in inbound.to]
    recipients += [(RecipientKind.CC, address) for address in inbound.cc]
    await messages.insert_recipients(work.sql, new.id, recipients)
    await messages.insert_reference(work, inbound.inbox_id, inbound.external_id, ticket_id, new.id)
    await messages.insert_files(work, ticket_id, new.id, stored.files)
    await messages.insert_message(work, new)


async def add_copies(work: Work, incoming: Incoming, ticket_id: TicketId) -> None:
    """Make everybody else it was written to take part: their answers continue the ticket too."""
    if not incoming.asks_for_work:
        return
    for address in _written_to(incoming)[:MOST_COPIES]:
        contact_id = await contacts.find_or_add_contact(work, incoming.inbound.channel, address)
        await tickets.add_participant(work.sql, ticket_id, ParticipantRole.CC, contact_id)


def _written_to(incoming: Incoming) -> list[Address]:
    """Return whom the mail names beside us, each once. If it names none of us, its To may be an
    alias that forwards to us: nobody is to be taken for a person by that."""
    inbound, own = incoming.inbound, incoming.own
    named = {address.value for address in (*inbound.to, *inbound.cc)}
    to = inbound.to if named & own else ()
    others = {address.value: address for address in (*to, *inbound.cc)}
    return [one for value, one in others.items() if value not in own | {inbound.sender.value}]


def _marks(inbound: Inbound) -> dict[str, object] | None:
    """What is special about it, beside its class; None for an ordinary message."""
    marks: dict[str, object] = {}
    marks |= {
        name: True
        for name, holds in (
            ("signed", inbound.signed),
            ("encrypted", inbound.encrypted),
            ("not_proven", inbound.authenticated is False),
        )
        if holds
    }
    if inbound.defects:
        marks["defects"] = list(inbound.defects[:MOST_DEFECTS])
    if inbound.hops:
        marks["hops"] = inbound.hops
    return marks or None
