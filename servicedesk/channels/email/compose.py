"""Outbound → the bytes of a mail (RFC 5322, 2045, 2183), signed so that its answer finds home.

Every value from a person passes `one_line` on its way into a header, and the standard library's
generator encodes what is not ASCII: no value can begin a header or a body of its own. What looks
like an encoded word is the trap: in headers that the library has no parser for, and in addresses,
it decodes the word and writes the line ends in it as they are (CPython 3.11 to 3.13). Ids and
addresses that have one are foreign and made for this: they are left out. At the end the bytes are
compared with the headers that were meant.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address as HeaderAddress
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime

from servicedesk.channels.email.tokens import LOOP_HEADER, MailMarks
from servicedesk.domain.errors import BadInput
from servicedesk.domain.messages import Address, Outbound, OutboundAttachment

LINE_BREAKING = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")
UNSAFE_IN_ADDRESS = re.compile(r"[\s\x00-\x1f\x7f<>,;:()]|=\?")
HEADER_NAME = re.compile(r"^[A-Za-z][A-Za-z0-9-]{0,70}$")
UNSAFE_IN_ID = re.compile(r"[^\x21-\x3b\x3d\x3f-\x7e]")
MEDIA_TYPE = re.compile(r"^[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*$")
# Some relays refuse more than 4096 bytes of References: the root and the newest are what threads.
FIRST_REFERENCES = 4
LAST_REFERENCES = 6
OWN_HEADERS = frozenset({
    "from", "to", "cc", "bcc", "subject", "date", "message-id", "in-reply-to", "references",
    "reply-to", "sender", "return-path", "content-type", "content-transfer-encoding",
    "content-disposition", "content-id", "mime-version", "received",
})  # fmt: skip
POLICY = SMTP.clone(max_line_length=76)


@dataclass(frozen=True, slots=True)
class Sending:
    """What is known only when it is sent: the instant, the files' content by sha256."""

    at: datetime
    contents: Mapping[str, bytes]
    signed_reply_address: bool = True


def compose(outbound: Outbound, sending: Sending, marks: MailMarks) -> bytes:
    """The mail with CRLF line ends, without Bcc. Raises BadInput for an address that is none."""
    policy = _policy(outbound)
    message = EmailMessage(policy=policy)
    _write_addresses(message, outbound, sending, marks)
    message["Subject"] = one_line(outbound.subject)
    message["Date"] = format_datetime(sending.at)
    message["Message-ID"] = f"<{_own_id(outbound)}>"
    _write_thread(message, outbound)
    _write_automatic(message, outbound, marks)
    _write_own_headers(message, outbound)
    _write_body(message, outbound, sending)
    _fix_boundaries(message, outbound.external_id)
    mail = message.as_bytes(policy=policy)
    require_only_own_headers(message, mail)
    return mail


def require_only_own_headers(message: EmailMessage, mail: bytes) -> None:
    """The last fence, should a value find a way that is not closed above."""
    head = mail.partition(b"\r\n\r\n")[0].split(b"\r\n")
    written = [line.partition(b":")[0] for line in head if not line.startswith((b" ", b"\t"))]
    values = [value for part in message.walk() for value in part.values()]
    if written != [name.encode() for name in message] or any(map(LINE_BREAKING.search, values)):
        raise BadInput("A header of the message holds a line end: write to the contact anew.")


def _policy(outbound: Outbound) -> "EmailPolicy[EmailMessage]":
    """Headers in UTF-8 only where an address needs it (RFC 6531): many servers refuse them."""
    everyone = (outbound.from_address, *outbound.to, *outbound.cc)
    plain = all(address.value.rpartition("@")[0].isascii() for address in everyone)
    return POLICY if plain else POLICY.clone(utf8=True)


def one_line(text: str) -> str:
    """Text that fits into a header: every run of control characters and line ends is a space.

    What looks like an encoded word is made to look like none.
    """
    cleaned = LINE_BREAKING.sub(" ", text).encode("utf-8", "replace").decode("utf-8")
    return cleaned.replace("=?", "= ?").strip()


def to_header(address: Address) -> HeaderAddress:
    """Raises BadInput when the address cannot stand in a mail (no @, white space, controls)."""
    local, at, domain = address.value.rpartition("@")
    empty_label = "" in domain.split(".")
    if not (at and local) or empty_label or UNSAFE_IN_ADDRESS.search(address.value):
        raise BadInput("An address of the message is no e-mail address: correct it and send again.")
    try:
        ascii_domain = domain if domain.isascii() else domain.encode("idna").decode("ascii")
        return HeaderAddress(one_line(address.name), local.strip('"'), ascii_domain)
    except (UnicodeError, ValueError, IndexError):
        raise BadInput(
            "An address of the message is no e-mail address: correct it and send again."
        ) from None


def _write_addresses(
    message: EmailMessage, outbound: Outbound, sending: Sending, marks: MailMarks
) -> None:
    message["From"] = to_header(outbound.from_address)
    for name, addresses in (("To", outbound.to), ("Cc", outbound.cc)):
        if addresses:
            message[name] = tuple(to_header(address) for address in addresses)
    if outbound.reply_to is not None:
        message["Reply-To"] = to_header(outbound.reply_to)
    elif sending.signed_reply_address:
        signed = marks.reply_address(outbound.from_address.value, outbound.ticket_id)
        message["Reply-To"] = to_header(Address(signed, outbound.from_address.name))


def _write_thread(message: EmailMessage, outbound: Outbound) -> None:
    answered = _bare_id(outbound.in_reply_to)
    if answered:
        message["In-Reply-To"] = f"<{answered}>"
    references = [bare for reference in outbound.references if (bare := _bare_id(reference))]
    if answered and answered not in references:
        references.append(answered)
    if references:
        message["References"] = " ".join(f"<{bare}>" for bare in trim_references(references))


def trim_references(references: list[str]) -> list[str]:
    """The first four and the last six, each once, in order (as RT does)."""
    unique = list(dict.fromkeys(references))
    if len(unique) <= FIRST_REFERENCES + LAST_REFERENCES:
        return unique
    return unique[:FIRST_REFERENCES] + unique[-LAST_REFERENCES:]


def _bare_id(message_id: str) -> str:
    """The id as it may stand in a header, "" where it may not; a line has 998 characters."""
    bare = UNSAFE_IN_ID.sub("", message_id)
    return bare if len(bare) <= 900 and "=?" not in bare else ""


def _own_id(outbound: Outbound) -> str:
    bare = _bare_id(outbound.external_id)
    if not bare:
        raise BadInput("The message has no id that a mail can bear: write to the contact anew.")
    return bare


def _write_automatic(message: EmailMessage, outbound: Outbound, marks: MailMarks) -> None:
    """RFC 3834, and what Exchange and older responders look at, so that nobody answers it.

    Only automatic mail bears the loop mark: what a person of this desk writes to another of its
    inboxes is a person's word there.
    """
    if not outbound.automatic:
        return
    message[LOOP_HEADER] = marks.loop_header(outbound.hops + 1)
    message["Auto-Submitted"] = "auto-replied" if outbound.in_reply_to else "auto-generated"
    message["Precedence"] = "bulk"
    message["X-Auto-Response-Suppress"] = "DR, RN, OOF, AutoReply"


def _write_own_headers(message: EmailMessage, outbound: Outbound) -> None:
    """List-Unsubscribe and its like (RFC 2369, 8058) belong to automatic mail that one can be taken
    off: on a person's answer, a program would offer to unsubscribe from a conversation."""
    for name, value in outbound.headers.items():
        lower = name.lower()
        if name == LOOP_HEADER or lower in OWN_HEADERS or not HEADER_NAME.match(name):
            continue
        if lower.startswith("list-") and not outbound.automatic:
            continue
        if name not in message:
            message[name] = one_line(value)


def _write_body(message: EmailMessage, outbound: Outbound, sending: Sending) -> None:
    message.set_content(_clean_text(outbound.text), charset="utf-8", cte="quoted-printable")
    inline = [file for file in outbound.attachments if file.inline and _bare_id(file.content_id)]
    if outbound.html is not None:
        page = _clean_text(outbound.html)
        message.add_alternative(page, subtype="html", charset="utf-8", cte="quoted-printable")
        page_part = list(message.iter_parts())[-1]
        for file in inline:
            _add_inline(page_part, file, sending.contents[file.sha256])
    for file in outbound.attachments:
        if outbound.html is None or file not in inline:
            _add_attachment(message, file, sending.contents[file.sha256])


def _fix_boundaries(message: EmailMessage, external_id: str) -> None:
    """The same bytes at each attempt; "=_" is in no encoded body (RFC 2045 §6.7)."""
    stem = hashlib.sha256(external_id.encode()).hexdigest()[:24]
    containers = [part for part in message.walk() if part.is_multipart()]
    for place, part in enumerate(containers):
        part.set_boundary(f"=_{stem}_{place}")


def _clean_text(text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    return lines.encode("utf-8", "replace").decode("utf-8")


def _media_type(file: OutboundAttachment) -> tuple[str, str]:
    """A type that a leaf can have: multipart and message types travel as plain bytes."""
    declared = file.content_type.split(";", 1)[0].strip().lower()
    main, _, sub = declared.partition("/")
    if not MEDIA_TYPE.match(declared) or main in ("multipart", "message"):
        return "application", "octet-stream"
    return main, sub


def _add_attachment(message: EmailMessage, file: OutboundAttachment, content: bytes) -> None:
    main, sub = _media_type(file)
    name = one_line(file.filename) or "attachment"
    message.add_attachment(content, maintype=main, subtype=sub, filename=name)


def _add_inline(page: MIMEPart, file: OutboundAttachment, content: bytes) -> None:
    main, sub = _media_type(file)
    page.add_related(
        content,
        maintype=main,
        subtype=sub,
        cid=f"<{_bare_id(file.content_id)}>",
        filename=one_line(file.filename) or "picture",
        disposition="inline",
    )
