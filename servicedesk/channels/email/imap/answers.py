"""Reads what an IMAP server answers (RFC 3501 §7), as aioimaplib hands it over: a flat list of
`bytes` (lines) and `bytearray` (literals). Pure; never raises for what a server says.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from servicedesk.channels.email.imap.names import decode_folder

Lines = Sequence[bytes | bytearray]

FETCH = re.compile(rb"\d+ FETCH \(", re.IGNORECASE)
UID = re.compile(rb"\bUID (\d+)", re.IGNORECASE)
SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)", re.IGNORECASE)
ARRIVED = re.compile(rb'\bINTERNALDATE "([^"]*)"', re.IGNORECASE)
SHORT_BODY = re.compile(rb'\bBODY\[[^\]]*\](?:<\d+>)? "((?:[^"\\]|\\.)*)"', re.IGNORECASE)
CODE = re.compile(rb"\[([A-Z-]+)(?: ([^\]]*))?\]", re.IGNORECASE)
EXISTS = re.compile(rb"(\d+) EXISTS", re.IGNORECASE)
LISTED = re.compile(rb'\(([^)]*)\) (?:"(?:[^"\\]|\\.)"|NIL) (.+)', re.DOTALL)
LONGEST_WORDS = 300


@dataclass(frozen=True, slots=True)
class Overview:
    """What is asked about a mail before it is fetched. `head`: the header lines asked for."""

    uid: int
    size_bytes: int
    arrived_at: datetime | None
    head: bytes


@dataclass(frozen=True, slots=True)
class Selected:
    """A selected folder. `uid_next` None: the server does not tell it."""

    uid_validity: int
    uid_next: int | None
    exists: int
    read_only: bool


@dataclass(frozen=True, slots=True)
class ListedFolder:
    """A folder of the account; `flags` in lower case, such as \\sent (RFC 6154)."""

    name: str
    flags: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Item:
    text: bytes
    literals: tuple[bytes, ...]

    @property
    def uid(self) -> int | None:
        return _number(UID, self.text)

    @property
    def body(self) -> bytes | None:
        """The body that came, None if the item has none (a change of flags, say)."""
        if self.literals:
            return self.literals[0]
        short = SHORT_BODY.search(self.text)
        if short:
            return re.sub(rb"\\(.)", rb"\1", short.group(1))
        return None


def overviews(lines: Lines) -> list[Overview]:
    """Read FETCH (UID RFC822.SIZE INTERNALDATE BODY[HEADER…]), in the order of the UIDs."""
    found = [
        Overview(item.uid, size, _arrival(item.text), item.body or b"")
        for item in _items(lines)
        if item.uid is not None and (size := _number(SIZE, item.text)) is not None
    ]
    return sorted(found, key=lambda overview: overview.uid)


def bodies(lines: Lines) -> dict[int, bytes]:
    """Read FETCH (UID BODY[]): the content by UID. One that the server left out is not in it."""
    return {
        item.uid: item.body
        for item in _items(lines)
        if item.uid is not None and item.body is not None
    }


def _items(lines: Lines) -> Iterator[_Item]:
    """One for each untagged FETCH. Text between literals is joined, literals are by type."""
    text: list[bytes] = []
    literals: list[bytes] = []
    for line in lines:
        if isinstance(line, bytearray):
            literals.append(bytes(line))
            continue
        if FETCH.match(line):
            if text:
                yield _Item(b" ".join(text), tuple(literals))
            text, literals = [line], []
        elif text:
            text.append(line)
    if text:
        yield _Item(b" ".join(text), tuple(literals))


def found_uids(lines: Lines) -> list[int]:
    """Read UID SEARCH, ascending. The last line is the tagged one and no result."""
    words = b" ".join(bytes(line) for line in lines[:-1]).split()
    return sorted({int(word) for word in words if word.isdigit()})


def selected(lines: Lines) -> Selected | None:
    """Read SELECT; None if the server names no UIDVALIDITY: its UIDs cannot be relied on."""
    codes = _codes(lines)
    validity = codes.get("UIDVALIDITY", "")
    if not validity.isdigit():
        return None
    uid_next = codes.get("UIDNEXT", "")
    exists = [_number(EXISTS, bytes(line)) or 0 for line in lines if EXISTS.match(line)]
    return Selected(
        uid_validity=int(validity),
        uid_next=int(uid_next) if uid_next.isdigit() else None,
        exists=exists[-1] if exists else 0,
        read_only="READ-ONLY" in codes,
    )


def listed(lines: Lines) -> list[ListedFolder]:
    """Read LIST, folders that can be selected only."""
    found = []
    for line in _with_literal_names(lines):
        match = LISTED.fullmatch(line)
        if match is None:
            continue
        flags = frozenset(match.group(1).decode("ascii", "replace").lower().split())
        if not flags & {"\\noselect", "\\nonexistent"}:
            found.append(ListedFolder(_folder_name(match.group(2)), flags))
    return found


def words_of(lines: Lines) -> str:
    """Return what the server said last, without its code, fit for a person to read."""
    last = next((bytes(line) for line in reversed(lines) if isinstance(line, bytes)), b"")
    text = re.sub(r"[\x00-\x1f\x7f]+", " ", last.decode("utf-8", "replace"))
    return re.sub(r"^\s*\[[^\]]*\]", "", text).strip()[:LONGEST_WORDS]


def has_code(lines: Lines, code: str) -> bool:
    """Say whether the answer carries this response code (RFC 3501 §7.1, RFC 5530)."""
    return code in _codes(lines)


def _with_literal_names(lines: Lines) -> Iterable[bytes]:
    """A name that came as a literal is put in the place of its {size}."""
    joined: list[bytes] = []
    for line in lines:
        if isinstance(line, bytearray) and joined:
            joined[-1] = re.sub(rb"\{\d+\}$", b"", joined[-1]) + bytes(line)
        else:
            joined.append(bytes(line))
    return joined


def _folder_name(written: bytes) -> str:
    text = written.decode("utf-8", "replace")
    if len(text) > 1 and text.startswith('"') and text.endswith('"'):
        text = re.sub(r"\\(.)", r"\1", text[1:-1])
    return decode_folder(text)


def _codes(lines: Lines) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for line in lines:
        for code, value in CODE.findall(line) if isinstance(line, bytes) else ():
            found[code.decode().upper()] = value.decode("ascii", "replace")
    return found


def _number(pattern: re.Pattern[bytes], text: bytes) -> int | None:
    match = pattern.search(text)
    return int(match.group(1)) if match else None


def _arrival(text: bytes) -> datetime | None:
    """Read INTERNALDATE ("17-Jul-1996 02:44:25 -0700") as aware UTC."""
    match = ARRIVED.search(text)
    if match is None:
        return None
    written = match.group(1).decode("ascii", "replace").replace("-", " ", 2)
    try:
        return parsedate_to_datetime(written.strip()).astimezone(UTC)
    except ValueError:
        return None
