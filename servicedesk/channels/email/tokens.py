"""Signed marks of ours on outgoing mail: reply address, bounce address, Message-ID, loop header.

A mark names its ticket and carries an HMAC, so nobody writes onto a ticket by guessing. Marks are
base32 in lower case: some mailers change the case of addresses. With RFC 5321's 64 characters for
the part before the @, an address mark has room for the ticket and 64 bits of MAC.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from servicedesk.domain.ids import MessageId, TicketId

LOCAL_PART_LENGTH = 64
ADDRESS_MAC_BYTES = 8
ID_MAC_BYTES = 10
LOOP_HEADER = "X-Servicedesk-Loop"
REPLY = "t"
BOUNCE = "b"
ADDRESS_MARK = re.compile(r"^(.+)\+([tb])\.([a-z0-9_-]+)\.([a-z2-7]{39})@(.+)$")
ID_MARK = re.compile(r"^t\.([a-z0-9_-]+)\.([a-z2-7]{68})@")
LOOP_MARK = re.compile(r"^\s*([a-z0-9_-]+)\.([a-z2-7]+)\s*;\s*hops=(\d{1,3})\s*$")


class MarkSigner(Protocol):
    """The part of the secrets that marks need. Key ids are lower-case letters, digits, - and _."""

    def sign(self, purpose: str, data: bytes, length: int) -> tuple[str, bytes]: ...

    def verify(self, purpose: str, key_id: str, mac: bytes, data: bytes) -> bool: ...


@dataclass(frozen=True, slots=True)
class AddressMark:
    """`address` is the inbox's own address without the mark."""

    kind: str
    ticket_id: TicketId
    address: str


class MailMarks:
    """Makes and checks the marks of this installation."""

    def __init__(self, signer: MarkSigner) -> None:
        self._signer = signer

    def reply_address(self, address: str, ticket_id: TicketId) -> str:
        """`support+t.<key>.<mark>@…`; the plain address where the mark has no room."""
        return self._marked(address, REPLY, ticket_id)

    def bounce_address(self, address: str, ticket_id: TicketId) -> str:
        """The envelope sender: what cannot be delivered comes back to it."""
        return self._marked(address, BOUNCE, ticket_id)

    def _marked(self, address: str, kind: str, ticket_id: TicketId) -> str:
        local, at, domain = address.partition("@")
        key_id, mac = self._signer.sign(f"mail-{kind}", ticket_id.bytes, ADDRESS_MAC_BYTES)
        marked = f"{local}+{kind}.{key_id}.{_encode(ticket_id.bytes + mac)}"
        return f"{marked}{at}{domain}" if len(marked) <= LOCAL_PART_LENGTH else address

    def read_address(self, address: str) -> AddressMark | None:
        """The verified mark of an address, None if it has none or a false one."""
        found = ADDRESS_MARK.match(address.strip().lower())
        if found is None:
            return None
        local, kind, key_id, encoded, domain = found.groups()
        data = _decode(encoded)
        if len(data) != 16 + ADDRESS_MAC_BYTES:
            return None
        if not self._signer.verify(f"mail-{kind}", key_id, data[16:], data[:16]):
            return None
        return AddressMark(kind, TicketId(UUID(bytes=data[:16])), f"{local}@{domain}")

    def message_id(self, ticket_id: TicketId, message_id: MessageId, host: str) -> str:
        """A Message-ID (without brackets), fixed before the first attempt to send."""
        named = ticket_id.bytes + message_id.bytes
        key_id, mac = self._signer.sign("mail-id", named, ID_MAC_BYTES)
        return f"t.{key_id}.{_encode(named + mac)}@{host}"

    def read_message_id(self, message_id: str) -> tuple[TicketId, MessageId] | None:
        """What a Message-ID of ours names, None for any other. The host does not matter."""
        found = ID_MARK.match(message_id.strip().lower())
        if found is None:
            return None
        data = _decode(found[2])
        if len(data) != 32 + ID_MAC_BYTES:
            return None
        if not self._signer.verify("mail-id", found[1], data[32:], data[:32]):
            return None
        return TicketId(UUID(bytes=data[:16])), MessageId(UUID(bytes=data[16:32]))

    def loop_header(self, hops: int) -> str:
        """Value of the loop header: this installation, and how often a mail passed it."""
        key_id, mac = self._signer.sign("mail-loop", b"", ID_MAC_BYTES)
        return f"{key_id}.{_encode(mac)}; hops={hops}"

    def own_hops(self, value: str) -> int | None:
        """How often a mail passed here, None if the header is of another installation."""
        found = LOOP_MARK.match(value.lower())
        if found is None or not self._signer.verify("mail-loop", found[1], _decode(found[2]), b""):
            return None
        return int(found[3])


def without_mark(address: str) -> str:
    """The address an inbox is known by: a mark, verified or not, is taken off."""
    found = ADDRESS_MARK.match(address.strip().lower())
    return f"{found[1]}@{found[5]}" if found else address.strip().lower()


def _encode(data: bytes) -> str:
    return base64.b32encode(data).decode("ascii").rstrip("=").lower()


def _decode(text: str) -> bytes:
    try:
        return base64.b32decode(text.upper() + "=" * (-len(text) % 8))
    except binascii.Error:
        return b""
