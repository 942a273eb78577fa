"""Raw mail → Inbound, the pure door of the channel. The reading itself is in `mail`."""

from datetime import datetime

from servicedesk.channels.email.addresses import parse_addresses
from servicedesk.channels.email.authentication import is_authenticated
from servicedesk.channels.email.bounces import Bounce, original_message_id
from servicedesk.channels.email.headers import to_text
from servicedesk.channels.email.language import detect_language
from servicedesk.channels.email.mail import Envelope, Mail, content_hash, external_id, read_mail
from servicedesk.channels.email.tokens import BOUNCE, MailMarks, without_mark
from servicedesk.channels.protocol import ParseFailed
from servicedesk.domain.ids import InboxId
from servicedesk.domain.messages import (
    Address,
    ChannelKind,
    FailedRecipient,
    Inbound,
    MailClass,
    TicketToken,
)

# Where a relay writes the address that a mail was delivered to, most telling first.
DELIVERY_HEADERS = ("delivered-to", "x-original-to", "x-envelope-to", "envelope-to")
NAME_LENGTH = 200
ADDRESS_LENGTH = 320
UNKNOWN_ENVELOPE = Envelope()


def parse_mail(
    raw: bytes,
    inbox_id: InboxId,
    received_at: datetime,
    marks: MailMarks,
    envelope: Envelope = UNKNOWN_ENVELOPE,
) -> Inbound:
    """Understand a raw RFC 5322 message that arrived at `received_at` (aware UTC).

    Raises ParseFailed only for bytes without any sender: there is nobody to answer to.
    """
    mail = read_mail(raw, envelope, marks)
    hashed = content_hash(mail)
    return Inbound(
        inbox_id=inbox_id,
        channel=ChannelKind.EMAIL,
        external_id=external_id(mail, hashed),
        content_hash=hashed,
        sender=_short(_sender(mail, envelope)),
        received_at=received_at,
        subject=mail.subject,
        text=mail.text,
        reply_text=mail.reply_text,
        quoted_text=mail.quoted_text,
        html=mail.html,
        mail_class=mail.mail_class,
        reply_to=_short(_unmarked(mail.reply_to)) if mail.reply_to else None,
        to=tuple(_short(_unmarked(address)) for address in mail.to),
        cc=tuple(_short(_unmarked(address)) for address in mail.cc),
        in_reply_to=next(iter(mail.in_reply_to), ""),
        references=mail.references,
        tokens=find_tokens(mail, envelope, marks),
        attachments=mail.attachments,
        sent_at=mail.sent_at,
        defects=mail.defects,
        failures=_failures(mail),
        hops=mail.own_hops,
        language="" if mail.bounces else detect_language(mail.reply_text or mail.text),
        authenticated=_is_authenticated(mail, envelope),
        original_author=_short(_unmarked(mail.original_author)) if mail.original_author else None,
        signed=mail.protection.signed,
        encrypted=mail.protection.encrypted,
        list_id=_list_id(mail),
    )


def _unmarked(address: Address) -> Address:
    """An address of ours with a mark is shown, and known, without it."""
    plain = without_mark(address.value)
    return address if plain == address.value.lower() else Address(plain, address.name)


def _is_authenticated(mail: Mail, envelope: Envelope) -> bool | None:
    if mail.author is None or not envelope.trusted_hosts:
        return None
    return is_authenticated(mail.root.headers, envelope.trusted_hosts, mail.author.value)


def _list_id(mail: Mail) -> str:
    """The id between the brackets of List-Id (RFC 2919 §2), lower case, "" without one."""
    value = to_text(mail.root.header("list-id"))
    return value.rpartition("<")[2].partition(">")[0].strip().lower()[:ADDRESS_LENGTH]


def _failures(mail: Mail) -> tuple[FailedRecipient, ...]:
    """A complaint (RFC 5965) names no failed recipient, and hides who complained more often than
    not; the mail that it is about lies in it."""
    if mail.bounces or mail.mail_class is not MailClass.FEEDBACK_REPORT:
        return tuple(_failure(bounce) for bounce in mail.bounces)
    original = original_message_id(mail.root)
    return (FailedRecipient("", "", hard=False, reason="complaint", original_message_id=original),)


def _failure(bounce: Bounce) -> FailedRecipient:
    return FailedRecipient(
        address=bounce.recipient.lower()[:ADDRESS_LENGTH],
        status=bounce.status,
        hard=bounce.kind == "hard",
        reason=bounce.reason,
        diagnostic=bounce.diagnostic,
        original_message_id=bounce.original_message_id,
        delayed=bounce.delayed,
    )


def _sender(mail: Mail, envelope: Envelope) -> Address:
    for address in (mail.author, mail.sender, mail.reply_to):
        if address is not None:
            return address
    if envelope.sender:
        return Address(envelope.sender.lower())
    if envelope.sender == "":  # RFC 5321 §4.5.5: a notice about delivery has no sender
        return Address("mailer-daemon")
    raise ParseFailed(
        "The mail has no From, Sender or Reply-To header and its envelope names no sender. "
        "Look at the raw mail; if a person wrote it, answer them and discard it here."
    )


def _short(address: Address) -> Address:
    """Within what a row holds; a name that only repeats the address is none."""
    value = address.value.removeprefix("mailto:")
    name = "" if address.name.lower() == value else address.name
    return Address(value[:ADDRESS_LENGTH], name[:NAME_LENGTH])


def find_tokens(mail: Mail, envelope: Envelope, marks: MailMarks) -> tuple[TicketToken, ...]:
    """Verified marks in the order of trust: the address it was sent to, then what it answers.

    References are read from the right: the newest first. Each ticket is named once per place.
    """
    tokens: list[TicketToken] = []
    for address in _delivered_to(mail, envelope):
        found = marks.read_address(address)
        if found is not None:
            where = "bounce_address" if found.kind == BOUNCE else "reply_address"
            tokens.append(TicketToken(found.ticket_id, where))
    reported = [bounce.original_message_id for bounce in mail.bounces]
    for where, ids in (
        ("in_reply_to", mail.in_reply_to),
        ("references", tuple(reversed(mail.references))),
        ("bounced_message", tuple(reported)),
    ):
        named = (marks.read_message_id(message_id) for message_id in ids)
        tokens.extend(TicketToken(ids[0], where) for ids in named if ids is not None)
    return tuple(dict.fromkeys(tokens))


def _delivered_to(mail: Mail, envelope: Envelope) -> list[str]:
    addresses = list(envelope.recipients)
    for name in DELIVERY_HEADERS:
        for value in mail.root.all_headers(name):
            addresses.extend(address.value for address in parse_addresses(value))
    addresses.extend(address.value for address in (*mail.to, *mail.cc))
    return addresses
