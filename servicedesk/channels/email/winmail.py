"""winmail.dat: what Outlook packs its rich texts and files into ([MS-OXTNEF]).

An own reader, because the libraries for it copy the rest of the stream at every attribute, read
dates in the machine's zone and raise on damaged input. This one goes by offsets, takes only what a
mail needs and stops where the stream makes no sense any more.
"""

from dataclasses import dataclass, field
from struct import Struct

from servicedesk.channels.email.charsets import codec_for, decode
from servicedesk.channels.email.limits import LIMITS
from servicedesk.channels.email.rtf import decompress_rtf

SIGNATURE = b"\x78\x9f\x3e\x22"
FIRST_ATTRIBUTE = 6
HEAD = Struct("<BII")  # level, id and type, length
CHECKSUM_BYTES = 2
UINT32 = Struct("<I")
MESSAGE_PROPERTIES, MESSAGE_BODY, CODE_PAGE = 0x9003, 0x800C, 0x9007
FILE_BEGINS, FILE_TITLE, FILE_DATA, FILE_PROPERTIES = 0x9002, 0x8010, 0x800F, 0x9005
BODY, BODY_HTML, BODY_RTF, INTERNET_CODE_PAGE = 0x1000, 0x1013, 0x1009, 0x3FDE
CONTENT, SHORT_NAME, LONG_NAME, DISPLAY_NAME = 0x3701, 0x3704, 0x3707, 0x3001
MEDIA_TYPE, CONTENT_ID = 0x370E, 0x3712
WANTED = frozenset({
    BODY, BODY_HTML, BODY_RTF, INTERNET_CODE_PAGE, CONTENT, SHORT_NAME, LONG_NAME, DISPLAY_NAME,
    MEDIA_TYPE, CONTENT_ID,
})  # fmt: skip
FIXED_SIZES = {2: 2, 11: 2, 3: 4, 4: 4, 10: 4, 5: 8, 6: 8, 7: 8, 20: 8, 64: 8, 72: 16, 1: 0}
TEXT, UNICODE, OBJECT, BINARY = 0x1E, 0x1F, 0x0D, 0x102
VARIABLE = frozenset({TEXT, UNICODE, OBJECT, BINARY})
MULTIPLE, NAMED = 0x1000, 0x8000
# An object that is a message begins with the id of IMessage; then comes a stream like this one.
MESSAGE_OBJECT = bytes.fromhex("0703020000000000c000000000000046")
UTF_8_CODE_PAGE = 65001
MOST_ATTRIBUTES = 5_000
MOST_VALUES = 50_000
MOST_MEMBERS = 200
DEEPEST = 3


@dataclass(frozen=True, slots=True)
class Member:
    """One file. `content_type` is "" where it is not told."""

    filename: str
    content_type: str
    content: bytes
    content_id: str


@dataclass(slots=True)
class Winmail:
    """What was read. The text is in the forms that were there, "" or b"" for each that was not."""

    members: list[Member] = field(default_factory=list)
    text: str = ""
    html: str = ""
    rtf: str = ""
    is_damaged: bool = False


class _Senseless(ValueError):
    """The stream says what cannot be."""


@dataclass(slots=True)
class _Budget:
    """How many values may still be read: a stream of 25 MB can hold six million empty ones."""

    left: int = MOST_VALUES

    def take(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise _Senseless


@dataclass(slots=True)
class _File:
    title: bytes = b""
    data: bytes = b""
    properties: dict[int, bytes] = field(default_factory=dict)


@dataclass(slots=True)
class _Reading:
    """The stream so far: a file's attributes follow the one that begins it."""

    found: Winmail
    files: list[_File] = field(default_factory=list)
    code_page: str = "cp1252"
    budget: _Budget = field(default_factory=_Budget)

    def take(self, name: int, value: bytes) -> None:
        if name == CODE_PAGE and len(value) >= 4:
            self.code_page = _codec(_uint32(value, 0)) or self.code_page
        elif name == MESSAGE_BODY:
            self.found.text = decode(value.rstrip(b"\0"), self.code_page).text
        elif name == MESSAGE_PROPERTIES:
            properties = _properties(value, self.code_page, self.budget)
            _take_texts(self.found, properties, self.code_page)
        elif name == FILE_BEGINS:
            self.files.append(_File())
        elif self.files:
            self._take_of_file(self.files[-1], name, value)

    def _take_of_file(self, file: _File, name: int, value: bytes) -> None:
        if name == FILE_TITLE:
            file.title = value
        elif name == FILE_DATA:
            file.data = value
        elif name == FILE_PROPERTIES:
            file.properties |= _properties(value, self.code_page, self.budget)


def is_winmail(data: bytes) -> bool:
    return data.startswith(SIGNATURE)


def read_winmail(data: bytes, depth: int = 0) -> Winmail:
    """Files and texts of a stream. Never fails: what is broken ends the reading there."""
    found = Winmail()
    reading = _Reading(found)
    try:
        for name, value in _attributes(data):
            reading.take(name, value)
    except _Senseless:
        found.is_damaged = True
    for file in reading.files[:MOST_MEMBERS]:
        _take_member(found, file, reading.code_page, depth)
    return found


def _attributes(data: bytes) -> list[tuple[int, bytes]]:
    """(id, value) in order. A stream that ends within an attribute ends before it."""
    attributes: list[tuple[int, bytes]] = []
    place = FIRST_ATTRIBUTE
    while place + HEAD.size <= len(data) and len(attributes) < MOST_ATTRIBUTES:
        level, name, length = HEAD.unpack_from(data, place)
        begins = place + HEAD.size
        place = begins + length + CHECKSUM_BYTES
        if level not in (1, 2) or begins + length > len(data):
            break
        attributes.append((name & 0xFFFF, data[begins : begins + length]))
    return attributes


def _take_texts(found: Winmail, properties: dict[int, bytes], code_page: str) -> None:
    codec = code_page
    if len(properties.get(INTERNET_CODE_PAGE, b"")) == 4:
        codec = _codec(_uint32(properties[INTERNET_CODE_PAGE], 0)) or code_page
    if BODY in properties:
        found.text = properties[BODY].decode("utf-8", "replace")
    if BODY_HTML in properties:
        found.html = decode(properties[BODY_HTML].rstrip(b"\0"), codec).text
    if BODY_RTF in properties:
        found.rtf = decompress_rtf(properties[BODY_RTF], LIMITS.text_bytes)


def _take_member(found: Winmail, file: _File, code_page: str, depth: int) -> None:
    content = file.properties.get(CONTENT, b"") or file.data
    if content.startswith(MESSAGE_OBJECT) and depth < DEEPEST:
        inner = read_winmail(content[len(MESSAGE_OBJECT) :], depth + 1)
        found.members += _message_members(inner, _name(file, code_page))
        return
    told = {key: value.decode("utf-8", "replace") for key, value in file.properties.items()
            if key in (MEDIA_TYPE, CONTENT_ID)}  # fmt: skip
    content_id = told.get(CONTENT_ID, "").strip("<> ")
    found.members.append(
        Member(_name(file, code_page), told.get(MEDIA_TYPE, "").lower(), content, content_id)
    )


def _message_members(inner: Winmail, name: str) -> list[Member]:
    """A message inside: its text as a file, then its files."""
    forms = (("text/html", inner.html), ("text/plain", inner.text), ("application/rtf", inner.rtf))
    content_type, text = next(((kind, text) for kind, text in forms if text), ("", ""))
    if not text:
        return inner.members
    endings = {"text/html": ".html", "text/plain": ".txt", "application/rtf": ".rtf"}
    filename = (name or "message") + endings[content_type]
    return [Member(filename, content_type, text.encode("utf-8", "replace"), ""), *inner.members]


def _name(file: _File, code_page: str) -> str:
    """The long name, else the short one, else the title, else what Outlook shows."""
    for key in (LONG_NAME, SHORT_NAME):
        if file.properties.get(key):
            return file.properties[key].decode("utf-8", "replace")
    title = decode(file.title.split(b"\0", 1)[0], code_page).text
    return title or file.properties.get(DISPLAY_NAME, b"").decode("utf-8", "replace")


def _codec(code_page: int) -> str:
    return "utf-8" if code_page == UTF_8_CODE_PAGE else codec_for(f"cp{code_page}")


def _properties(data: bytes, code_page: str, budget: _Budget) -> dict[int, bytes]:
    """MAPI properties that are wanted, the first of each; texts as UTF-8, the rest as it is.

    Raises _Senseless at an unknown type, after which nothing has its place any more.
    """
    found: dict[int, bytes] = {}
    count, place = _uint32(data, 0), 4
    for _ in range(count):
        if place + 4 > len(data):
            break
        budget.take()
        kind_and_name = _uint32(data, place)
        kind, name = kind_and_name & 0xFFFF, kind_and_name >> 16
        place += 4
        if name >= NAMED:
            place = _skip_name(data, place)
        values, place = _values(data, place, kind, budget)
        if name in WANTED and values:
            found.setdefault(name, _as_utf8(values[0], kind & ~MULTIPLE, code_page))
    return found


def _skip_name(data: bytes, place: int) -> int:
    if _uint32(data, place + 16) == 0:
        return place + 24
    return place + 24 + _padded(_uint32(data, place + 20))


def _values(data: bytes, place: int, kind: int, budget: _Budget) -> tuple[list[bytes], int]:
    base = kind & ~MULTIPLE
    count = 1
    if kind & MULTIPLE or base in VARIABLE:
        count = _uint32(data, place)
        place += 4
    if base in FIXED_SIZES:
        size = FIXED_SIZES[base]
        return [data[place : place + size]], place + _padded(size * count)
    if base not in VARIABLE:
        raise _Senseless
    values = []
    for _ in range(count):
        budget.take()
        length = _uint32(data, place)
        values.append(data[place + 4 : place + 4 + length])
        place += 4 + _padded(length)
    return values, place


def _as_utf8(value: bytes, kind: int, code_page: str) -> bytes:
    if kind == UNICODE:
        return value.decode("utf-16-le", "replace").rstrip("\0").encode("utf-8", "replace")
    if kind == TEXT:
        return decode(value.rstrip(b"\0"), code_page).text.encode("utf-8", "replace")
    return value


def _uint32(data: bytes, place: int) -> int:
    if place + 4 > len(data):
        raise _Senseless
    return int(UINT32.unpack_from(data, place)[0])


def _padded(length: int) -> int:
    return (length + 3) & ~3
