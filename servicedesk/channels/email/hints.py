"""Who wrote a mail and about what, guessed from how it begins: for lists of mail not let in."""

from dataclasses import dataclass

from servicedesk.channels.email.addresses import first_address
from servicedesk.channels.email.headers import decode_words
from servicedesk.channels.email.mime import read_tree

ENOUGH_BYTES = 32_768
"""Of its beginning; headers that lie further on are not looked for."""
LONGEST_HINT = 300


@dataclass(frozen=True, slots=True)
class Hints:
    """Both "" where the beginning does not tell. `sender` is "Name <address>", or one of both."""

    sender: str
    subject: str


def read_hints(beginning: bytes) -> Hints:
    """Read the first bytes of a mail, whatever they are. Never raises."""
    head = read_tree(_header_block(beginning[:ENOUGH_BYTES]), [])
    return Hints(
        sender=_sender(head.header("from"))[:LONGEST_HINT],
        subject=decode_words(head.header("subject"))[:LONGEST_HINT],
    )


def _header_block(beginning: bytes) -> bytes:
    """All before the first empty line: what follows costs time and tells nothing here."""
    ends = [at for mark in (b"\n\n", b"\n\r\n", b"\r\r") if (at := beginning.find(mark)) >= 0]
    return beginning[: min(ends) + 1] if ends else beginning


def _sender(value: bytes) -> str:
    found = first_address(value)
    if found is None:
        return decode_words(value)
    return f"{found.name} <{found.value}>" if found.name else found.value
