"""One mail, read: everything that a mail says, before it is decided whose it is."""

import hashlib
import html as html_entities
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from servicedesk.channels.email.addresses import first_address, parse_addresses
from servicedesk.channels.email.attachments import read_attachments
from servicedesk.channels.email.authentication import believed_headers
from servicedesk.channels.email.body import choose_body
from servicedesk.channels.email.bounces import Bounce, find_bounces, own_report_parts
from servicedesk.channels.email.classes import HEADERS, SPAM_MARKS, ClassFacts, classify
from servicedesk.channels.email.forwarded import find_original_author
from servicedesk.channels.email.headers import decode_words, parse_date, parse_message_ids
from servicedesk.channels.email.invitation import describe_invitation
from servicedesk.channels.email.mime import Part, read_tree
from servicedesk.channels.email.protection import Protection, find_protection
from servicedesk.channels.email.quotes import split_reply
from servicedesk.channels.email.texts import body_html, body_text
from servicedesk.channels.email.tokens import LOOP_HEADER, MailMarks
from servicedesk.channels.email.unpack import unpack
from servicedesk.domain.messages import Address, InboundAttachment, MailClass

EXTERNAL_ID_LENGTH = 500


@dataclass(frozen=True, slots=True)
class Envelope:
    """How a mail came in. `sender` is "" for a bounce and None when it is not known.

    `trusted_hosts` are those whose Authentication-Results are believed, by their authserv-id.
    """

    sender: str | None = None
    recipients: tuple[str, ...] = ()
    trusted_hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail in values. Message ids have no brackets; `message_id` is "" when there is none.

    `own_hops` counts how often it passed this installation, told by a mark that it signed.
    """

    root: Part
    author: Address | None
    sender: Address | None
    reply_to: Address | None
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    subject: str
    message_id: str
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    sent_at: datetime | None
    text: str
    reply_text: str
    quoted_text: str
    html: str | None
    attachments: tuple[InboundAttachment, ...]
    mail_class: MailClass
    bounces: tuple[Bounce, ...]
    own_hops: int
    defects: tuple[str, ...]
    protection: Protection
    original_author: Address | None


def read_mail(raw: bytes, envelope: Envelope, marks: MailMarks | None = None) -> Mail:
    """Read any bytes as a mail. Never raises: what is broken is repaired and named in `defects`."""
    defects: list[str] = []
    root = unpack(read_tree(raw, defects), defects)
    chosen = choose_body(root)
    html = body_html(chosen.html, defects)
    text = body_text(chosen.text, defects)
    split = split_reply(text)
    envelope = replace(envelope, sender=envelope_sender(root, envelope))
    bounces = find_bounces(root, text, by_nobody=envelope.sender == "")
    invitation = describe_invitation(root, has_text=bool(text))
    author = first_address(root.header("from"))
    subject = decode_words(root.header("subject"))
    facts = _class_facts(root, envelope, author, marks, (subject, bounces))
    return Mail(
        root=root,
        author=author,
        sender=first_address(root.header("sender")),
        reply_to=first_address(root.header("reply-to")),
        to=_recipients(root, "to"),
        cc=_recipients(root, "cc"),
        subject=subject,
        message_id=next(iter(parse_message_ids(root.header("message-id"))), ""),
        in_reply_to=parse_message_ids(root.header("in-reply-to")),
        references=parse_message_ids(root.header("references")),
        sent_at=parse_date(root.header("date")),
        text=_and(text, invitation),
        reply_text=_and(split.reply, invitation),
        quoted_text=split.quoted,
        html=_page_and(html, invitation),
        attachments=read_attachments(root, chosen, html),
        mail_class=classify(facts),
        bounces=bounces,
        own_hops=facts.own_hops,
        defects=tuple(dict.fromkeys(defects)),
        protection=find_protection(root, text),
        original_author=None if bounces else find_original_author(root, text, subject),
    )


def envelope_sender(root: Part, envelope: Envelope) -> str | None:
    """As the transport told it. Of a mail from a mailbox only the null sender is known: the server
    that delivers writes Return-Path on top (RFC 5321 §4.4), and <> is no matter of doubt."""
    if envelope.sender is not None:
        return envelope.sender
    return "" if root.header("return-path").strip() == b"<>" else None


def _and(text: str, invitation: str) -> str:
    return f"{text}\n\n{invitation}".strip("\n") if invitation else text


def _page_and(page: str | None, invitation: str) -> str | None:
    if page is None or not invitation:
        return page
    return f'{page}\n<div style="white-space:pre-wrap">{html_entities.escape(invitation)}</div>'


def _recipients(root: Part, name: str) -> tuple[Address, ...]:
    found: dict[str, Address] = {}
    for value in root.all_headers(name):
        for address in parse_addresses(value):
            found.setdefault(address.value, address)
    return tuple(found.values())


def _class_facts(
    root: Part,
    envelope: Envelope,
    author: Address | None,
    marks: MailMarks | None,
    found: tuple[str, Sequence[Bounce]],
) -> ClassFacts:
    subject, bounces = found
    headers: dict[str, str] = {}
    trusted = frozenset(host.lower() for host in envelope.trusted_hosts)
    for name, value in believed_headers(root.headers, trusted) if trusted else ():
        if name in SPAM_MARKS:
            headers.setdefault(name, decode_words(value))
    for name, value in root.headers:
        if name in HEADERS and not (trusted and name in SPAM_MARKS):
            headers.setdefault(name, decode_words(value))
    loops = root.all_headers(LOOP_HEADER.lower()) if marks else ()
    own_hops = [marks.own_hops(decode_words(value)) for value in loops] if marks else []
    return ClassFacts(
        headers=headers,
        content_type=root.content_type,
        report_type=root.parameters.get("report-type", "").lower(),
        sender=author.value if author else "",
        subject=subject,
        envelope_sender=envelope.sender,
        part_types=frozenset(part.content_type for part in own_report_parts(root)),
        bounce_kinds=tuple(bounce.kind for bounce in bounces),
        own_hops=max((hops for hops in own_hops if hops is not None), default=0),
    )


def content_hash(mail: Mail) -> str:
    """sha256 over what makes the content: who, subject, text, page, files. Not the way it came."""
    digest = hashlib.sha256()
    author = mail.author.value if mail.author else ""
    for piece in (author, mail.subject, mail.text, mail.html or ""):
        encoded = piece.encode("utf-8", "surrogatepass")
        digest.update(f"{len(encoded)}:".encode() + encoded)
    for attachment in mail.attachments:
        digest.update(attachment.filename.encode("utf-8", "surrogatepass"))
        digest.update(hashlib.sha256(attachment.content).digest())
    return digest.hexdigest()


def external_id(mail: Mail, hashed_content: str) -> str:
    """The Message-ID, or one made from content and date, so that a second delivery is seen."""
    if mail.message_id and len(mail.message_id) <= EXTERNAL_ID_LENGTH:
        return re.sub(r"[\x00-\x20\x7f]", "", mail.message_id)
    sent = mail.sent_at.isoformat() if mail.sent_at else ""
    made = hashlib.sha256(f"{hashed_content} {sent} {mail.message_id}".encode()).hexdigest()
    return f"{made[:40]}@no-message-id.invalid"
