"""Header values → text and values (RFC 5322, 2047, 2231, 6532), forgiving as mail needs it."""

import binascii
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from servicedesk.channels.email.charsets import decode
from servicedesk.channels.email.limits import LIMITS
from servicedesk.channels.email.transfer import decode_base64
from servicedesk.domain.storable import storable

FOLD = re.compile(rb"\r?\n|\r(?=[ \t])")
# Its text may hold a question mark, which RFC 2047 forbids and programs write.
ENCODED_WORD = re.compile(
    r"=\?([^?\s*]{1,40})(?:\*[^?\s]{0,40})?\?([BbQq])\?((?:[^?\n]|\?(?!=))*)\?="
)
# A fold inside of an encoded word is no space of its text.
FOLD_IN_WORD = re.compile(r" (?=_|=20)|(?<=_) ")
PARAMETER = re.compile(r";\s*([^\s=;\"]+?)\s*=\s*(\"(?:[^\"\\]|\\.)*\"?|[^;]*)", re.DOTALL)
SECTION = re.compile(r"^(.+?)(?:\*(\d{1,3}))?(\*)?$")
MEDIA_TYPE = re.compile(r"^\s*([\w!#$&^.+-]+)\s*/\s*([\w!#$&^.+-]+)")
MESSAGE_ID = re.compile(r"<([^<>]*)>")
COMMENT = re.compile(r"\([^()]*\)")
# EST5EDT: the hours to the west of Greenwich are in the name.
POSIX_ZONE = re.compile(r"\b[A-Z]{3}(\d)[A-Z]{3}\b")
OFTEN_SEEN_LENGTH = 60
AS_BYTES = ("utf-8", "surrogateescape")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class Parameters(dict[str, str]):
    """Parameters of a header by lower-case name, decoded (RFC 2231, 2047). Never changed."""


def to_text(raw: bytes) -> str:
    """Unfold and decode as text; 8-bit bytes are UTF-8 (RFC 6532) or guessed."""
    if not raw:
        return ""
    raw = unfold(raw)
    if raw.isascii() and b"\x1b" not in raw:
        return storable(raw.decode("ascii"))
    return decode(raw).text


def unfold(raw: bytes) -> bytes:
    """Lines joined by one space each, whatever white space stood at the fold."""
    if b"\n" not in raw and b"\r" not in raw:
        return raw
    lines = (line.strip(b" \t\r") for line in FOLD.split(raw))
    return b" ".join(line for line in lines if line)


def decode_words(raw: bytes) -> str:
    """An unstructured header (Subject): encoded words decoded, folds undone."""
    return clean(decode_text_words(to_text(raw)))


def clean(text: str) -> str:
    """No control characters, no white space at the ends."""
    if text.isascii() and text.isprintable():
        return text.strip()
    return CONTROL.sub("", text.replace("\n", " ").replace("\t", " ")).strip()


def decode_text_words(text: str) -> str:
    """Decode RFC 2047 words. Neighbours are joined first: a character may be torn between two."""
    if "=?" not in text:
        return text
    out: list[str] = []
    run: list[re.Match[str]] = []
    end = 0
    for word in ENCODED_WORD.finditer(text):
        between = text[end : word.start()]
        if not run or between.strip() or run[-1][1].lower() != word[1].lower():
            out.append(_decode_run(run))
            out.append(between if not run or between.strip() else "")
            if between.endswith(("]", ")", ":")):  # a filter put its tag before the subject
                out.append(" ")
            run = []
        run.append(word)
        end = word.end()
    return "".join((*out, _decode_run(run), text[end:]))


def _decode_run(run: list[re.Match[str]]) -> str:
    """Decode neighbours of one charset together; base64 may be torn between them, too."""
    if not run:
        return ""
    data, letters = bytearray(), b""
    for word in run:
        if word[2] in "Bb":
            letters += word[3].encode(*AS_BYTES)
            if len(letters) % 4:
                continue
        if letters:
            data += decode_base64(letters)
        else:
            data += binascii.a2b_qp(FOLD_IN_WORD.sub("", word[3]).encode(*AS_BYTES), header=True)
        letters = b""
    data += decode_base64(letters)
    return decode(bytes(data), run[0][1]).text


def parse_content_type(raw: bytes, default_type: str) -> tuple[str, Parameters]:
    """("text/plain", parameters). No or a senseless type gives `default_type` (RFC 2045 §5.2)."""
    if not raw:
        return default_type, Parameters()
    if len(raw) > OFTEN_SEEN_LENGTH:
        return _parse_content_type(raw, default_type)
    return _parse_often_seen(raw, default_type)


@lru_cache(maxsize=256)
def _parse_often_seen(raw: bytes, default_type: str) -> tuple[str, Parameters]:
    """Most parts of most mails have one of a few dozen types, to the letter."""
    return _parse_content_type(raw, default_type)


def _parse_content_type(raw: bytes, default_type: str) -> tuple[str, Parameters]:
    text = to_text(raw)
    media_type = MEDIA_TYPE.match(COMMENT.sub("", text))
    parameters = parse_parameters(text)
    if media_type is None:
        first = text.split(";", 1)[0].strip().lower()
        return ("text/plain" if first == "text" else default_type), parameters
    return f"{media_type[1]}/{media_type[2]}".lower(), parameters


def parse_parameters(text: str) -> Parameters:
    """The `; name=value` list of Content-Type and Content-Disposition, sections joined."""
    sections: dict[str, dict[int, tuple[str, bool]]] = {}
    for name, value in _raw_parameters(text):
        found = SECTION.match(name)
        if found is None:
            continue
        place = int(found[2] or 0)
        sections.setdefault(found[1].lower(), {}).setdefault(place, (value, bool(found[3])))
    return Parameters({name: _join_sections(parts) for name, parts in sections.items()})


def _raw_parameters(text: str) -> Iterator[tuple[str, str]]:
    for found in PARAMETER.finditer(text if ";" in text else ";" + text):
        value = found[2].strip()
        if value.startswith('"'):
            value = re.sub(r"\\(.)", r"\1", value.strip('"') if value != '"' else "")
        else:
            value = COMMENT.sub("", value).strip()
        yield found[1], value


def _join_sections(sections: dict[int, tuple[str, bool]]) -> str:
    """RFC 2231: numbered sections in order; charset'language' before the first, percent-encoded."""
    ordered = [sections[number] for number in sorted(sections)]
    if not any(encoded for _, encoded in ordered):
        return clean(decode_text_words("".join(value for value, _ in ordered)))
    charset, data = "", bytearray()
    for index, (value, encoded) in enumerate(ordered):
        if index == 0 and encoded and value.count("'") >= 2:
            charset, _, value = value.split("'", 2)
        raw = value.encode(*AS_BYTES)
        data += unquote_to_bytes(raw) if encoded else raw
    return clean(decode(bytes(data), charset).text)


def parse_message_ids(raw: bytes) -> tuple[str, ...]:
    """Ids without brackets, in the order of the header; bare ids with an @ count too."""
    if not raw:
        return ()
    text = to_text(raw)
    found = [joined for match in MESSAGE_ID.findall(text) if (joined := "".join(match.split()))]
    if not found:
        found = [word for word in text.replace(",", " ").split() if "@" in word]
    return tuple(found[: LIMITS.message_ids])


def parse_date(raw: bytes) -> datetime | None:
    """The Date header as aware UTC, None if it says no instant that exists."""
    text = to_text(raw).rpartition(";")[2]  # a Received header has its date at the end
    if "(" in text:
        for _ in range(3):  # comments may nest
            text = COMMENT.sub(" ", text)
    text = POSIX_ZONE.sub(r"-0\g<1>00", " ".join(text.split())[:200])
    try:
        fields = parsedate_tz(text)
        if fields is None:
            return None
        offset = timezone(timedelta(seconds=fields[9] or 0))
        seconds = min(fields[5], 59)  # a leap second is written :60
        return datetime(*fields[:5], seconds, tzinfo=offset).astimezone(UTC)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
