r"""Rich text of Outlook: decompressed ([MS-OXRTFCP]), and as a page or as plain text.

A page that Outlook wrote as rich text carries its own markup in \*\htmltag groups ([MS-OXRTFEX]);
then that page is what comes out. Else only words, tabs and line ends are taken.
"""

import re
from dataclasses import dataclass, field
from struct import Struct

from servicedesk.channels.email.charsets import decode

HEADER = Struct("<IIII")  # size, raw size, kind, checksum
COMPRESSED, PLAIN = 0x75465A4C, 0x414C454D
WINDOW = 4096
# What the window holds before the first byte ([MS-OXRTFCP] 2.1.2.1).
DICTIONARY = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript "
    rb"\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
TOKEN = re.compile(
    r"\\(?:([a-z]{1,32})(-?\d{1,9})? ?|'([0-9a-fA-F]{2})|([^a-z]))|([{}])|([^\\{}\r\n]+)"
)
NOT_TEXT = frozenset({
    "fonttbl", "colortbl", "stylesheet", "info", "pict", "object", "header", "footer", "listtable",
    "listoverridetable", "themedata", "generator", "mhtmltag",
})  # fmt: skip
LINE_ENDS = frozenset({"par", "line", "row", "sect", "page"})
LETTERS = {
    "tab": "\t", "emdash": "—", "endash": "–", "lquote": "‘", "rquote": "’", "ldblquote": "“",
    "rdblquote": "”", "bullet": "•", "cell": "\t", "emspace": " ", "enspace": " ",
}  # fmt: skip
DEEPEST = 100
MOST_TOKENS = 300_000


def decompress_rtf(data: bytes, most: int) -> str:
    """At most `most` characters of rich text (one byte each); "" if the data is none."""
    if len(data) < HEADER.size:
        return ""
    _, raw_size, kind, _ = HEADER.unpack_from(data)
    body = data[HEADER.size :]
    wanted = min(raw_size, most)
    if kind == PLAIN:
        return body[:wanted].decode("latin-1")
    return _expand(body, wanted).decode("latin-1") if kind == COMPRESSED else ""


def _expand(body: bytes, wanted: int) -> bytes:
    window = bytearray(DICTIONARY.ljust(WINDOW, b"\0"))
    out = bytearray()
    write, place = len(DICTIONARY), 0
    while place < len(body) and len(out) < wanted:
        flags = body[place]
        place += 1
        for bit in range(8):
            if place >= len(body):
                break
            if not flags >> bit & 1:
                copied = body[place : place + 1]
                place += 1
            else:
                reference = int.from_bytes(body[place : place + 2], "big")
                place += 2
                start, length = reference >> 4, (reference & 0xF) + 2
                if start == write:
                    return bytes(out)
                copied = _copy(window, start, length, write)
            for byte in copied:
                window[write] = byte
                write = (write + 1) % WINDOW
            out += copied
    return bytes(out[:wanted])


def _copy(window: bytearray, start: int, length: int, write: int) -> bytes:
    """A piece of the window, which may run into what it is itself writing."""
    distance = (write - start) % WINDOW or WINDOW
    piece = bytes(window[(start + step) % WINDOW] for step in range(min(length, distance)))
    return (piece * (length // len(piece) + 1))[:length]


@dataclass(slots=True)
class _State:
    """One group: whether its words are text, how many letters stand in for a \\u letter."""

    silent: bool = False
    in_tag: bool = False
    stand_ins: int = 1


@dataclass(slots=True)
class _Writer:
    is_page: bool
    codec: str
    out: list[str] = field(default_factory=list)
    raw: bytearray = field(default_factory=bytearray)
    states: list[_State] = field(default_factory=lambda: [_State()])
    skipped: int = 0
    hidden: bool = False

    def write(self, text: str) -> None:
        self.flush()
        self.out.append(text)

    def flush(self) -> None:
        """Bytes of the code page, together: a letter may need two."""
        if self.raw:
            self.out.append(decode(bytes(self.raw), self.codec).text)
            self.raw.clear()

    @property
    def takes_words(self) -> bool:
        state = self.states[-1]
        return not state.silent and (state.in_tag or not self.hidden)


def rtf_to_page(rtf: str) -> tuple[str, bool]:
    """(text, False) or (page, True) when the rich text was made from a page."""
    is_page = "\\fromhtml" in rtf[:2_000]
    code_page = re.search(r"\\ansicpg(\d{3,5})", rtf[:2_000])
    writer = _Writer(is_page, f"cp{code_page[1]}" if code_page else "cp1252")
    for count, token in enumerate(TOKEN.finditer(rtf)):
        if count > MOST_TOKENS:
            break
        word, number, code, sign, brace, text = token.groups()
        if brace:
            _enter_or_leave(writer, brace)
        elif word:
            _take_word(writer, word, int(number) if number else None)
        elif writer.skipped:
            _skip(writer, text)
        elif code and writer.takes_words:
            writer.raw.append(int(code, 16))
        elif sign:
            _take_sign(writer, sign)
        elif text and writer.takes_words:
            writer.write(text)
    writer.flush()
    # Letters beyond the first plane were written in two halves.
    halves = "".join(writer.out).replace("\x00", "").encode("utf-16-le", "surrogatepass")
    return halves.decode("utf-16-le", "replace"), is_page


def _enter_or_leave(writer: _Writer, brace: str) -> None:
    writer.flush()
    writer.skipped = 0
    if brace == "{":
        last = writer.states[-1]
        silent = last.silent or len(writer.states) > DEEPEST
        writer.states.append(_State(silent, last.in_tag, last.stand_ins))
    elif len(writer.states) > 1:
        writer.states.pop()


def _skip(writer: _Writer, text: str | None) -> None:
    """What stands in for a letter that was written as \\u."""
    taken = min(writer.skipped, len(text) if text else 1)
    writer.skipped -= taken
    if text and writer.takes_words:
        writer.write(text[taken:])


def _take_sign(writer: _Writer, sign: str) -> None:
    if sign == "*":
        writer.states[-1].silent = True  # a destination that may be passed over
    elif writer.takes_words and sign in "\\{}":
        writer.write(sign)
    elif writer.takes_words and sign == "~":
        writer.write("\xa0")


def _take_word(writer: _Writer, word: str, number: int | None) -> None:
    state = writer.states[-1]
    if word == "htmltag" and writer.is_page:
        state.silent, state.in_tag = False, True
    elif word == "htmlrtf":
        writer.hidden = number != 0
    elif word in NOT_TEXT:
        state.silent = True
    elif word == "uc":
        state.stand_ins = max(0, min(number or 0, 16))
    elif not writer.takes_words:
        return
    elif word == "u" and number is not None:
        writer.write(chr(number % 0x10000))
        writer.skipped = state.stand_ins
    elif word in LINE_ENDS:
        writer.write("\n")
    elif word in LETTERS:
        writer.write(LETTERS[word])
