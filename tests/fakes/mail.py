"""Plain mails to start from, and a signer with a fixed key."""

import hmac
from datetime import UTC, datetime
from uuid import UUID

from servicedesk.channels.email.tokens import MailMarks
from servicedesk.domain.ids import InboxId, MessageId, TicketId
from servicedesk.domain.messages import Address, Outbound

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
TICKET = TicketId(UUID("018f3c5e-0000-7000-8000-000000000001"))
MESSAGE = MessageId(UUID("018f3c5e-0000-7000-8000-000000000002"))
INBOX = InboxId(UUID("018f3c5e-0000-7000-8000-000000000003"))
SUPPORT = Address("support@desk.example", "Support")
CONTACT = Address("ann@contact.example", "Ann Example")


class FixedSigner:
    """HMAC with one key: the real secrets without their files."""

    def __init__(self, key: bytes = b"k" * 32, key_id: str = "k1") -> None:
        self._key, self._key_id = key, key_id

    def sign(self, purpose: str, data: bytes, length: int) -> tuple[str, bytes]:
        return self._key_id, self._mac(purpose, data)[:length]

    def verify(self, purpose: str, key_id: str, mac: bytes, data: bytes) -> bool:
        known = key_id == self._key_id and len(mac) >= 8
        return known and hmac.compare_digest(self._mac(purpose, data)[: len(mac)], mac)

    def _mac(self, purpose: str, data: bytes) -> bytes:
        return hmac.digest(self._key, purpose.encode() + b"\0" + data, "sha256")


MARKS = MailMarks(FixedSigner())


def make_mail(headers: str = "", body: str | bytes = "Hello") -> bytes:
    """A mail with CRLF line ends; `headers` are lines, From is added unless they name one."""
    lines = [line for line in headers.strip().split("\n") if line]
    if not any(line.lower().startswith("from:") for line in lines):
        lines.insert(0, "From: Ann Example <ann@contact.example>")
    encoded = body if isinstance(body, bytes) else body.replace("\n", "\r\n").encode()
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + encoded


def make_outbound(**changes: object) -> Outbound:
    fields: dict[str, object] = {
        "message_id": MESSAGE,
        "ticket_id": TICKET,
        "inbox_id": INBOX,
        "external_id": MARKS.message_id(TICKET, MESSAGE, "desk.example"),
        "from_address": SUPPORT,
        "to": (CONTACT,),
        "subject": "Re: My order",
        "text": "It is on its way.",
    }
    return Outbound(**(fields | changes))  # type: ignore[arg-type]  # fields of Outbound by name
