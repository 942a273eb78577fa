"""What a person wrote this time, apart from the history and the signature below it.

Works on lines. Each is given a kind; then one rule cuts. Nothing is lost: reply and rest together
are the whole text, and a text that would leave no reply stays whole (a forwarded mail).
"""

from dataclasses import dataclass
from enum import StrEnum

from servicedesk.channels.email.quote_marks import (
    is_attribution_end,
    is_device_signature,
    is_header_line,
    is_separator,
    is_signature_mark,
    starts_attribution,
)

ATTRIBUTION_LINES = 5
HEADER_LINES = 3


class LineKind(StrEnum):
    TEXT = "text"
    EMPTY = "empty"
    QUOTE = "quote"
    ATTRIBUTION = "attribution"
    HISTORY = "history"
    SIGNATURE = "signature"


@dataclass(frozen=True, slots=True)
class SplitText:
    """`reply` is shown, `quoted` folded. Both keep their lines as they were written."""

    reply: str
    quoted: str


def split_reply(text: str) -> SplitText:
    """Split a mail's text. If nothing would be left as the reply, all of it is the reply."""
    lines = text.split("\n")
    kinds = mark_lines(lines)
    kept = _kept(kinds)
    reply = "\n".join(line for line, keep in zip(lines, kept, strict=True) if keep).strip("\n")
    if not reply.strip():
        return SplitText(text, "")
    quoted = "\n".join(line for line, keep in zip(lines, kept, strict=True) if not keep)
    return SplitText(reply.rstrip(), quoted.strip("\n"))


def mark_lines(lines: list[str]) -> list[LineKind]:
    """A kind for each line; from a HISTORY or SIGNATURE mark on, those that follow are it too."""
    kinds = [_plain_kind(line) for line in lines]
    for index in range(len(lines)):
        if kinds[index] in (LineKind.TEXT,):
            _mark_from(lines, kinds, index)
    return kinds


def _plain_kind(line: str) -> LineKind:
    stripped = line.strip()
    if not stripped:
        return LineKind.EMPTY
    return LineKind.QUOTE if stripped.startswith((">", "&gt;")) else LineKind.TEXT


def _mark_from(lines: list[str], kinds: list[LineKind], index: int) -> None:
    line = lines[index].strip()
    if is_separator(line) or _starts_header_block(lines, index):
        kinds[index:] = [LineKind.HISTORY] * (len(lines) - index)
        return
    length = _attribution_length(lines, index)
    if length:
        kinds[index : index + length] = [LineKind.ATTRIBUTION] * length
        following = _next_kind(kinds, index + length)
        if following is LineKind.TEXT and any(kind is LineKind.TEXT for kind in kinds[:index]):
            kinds[index:] = [LineKind.HISTORY] * (len(lines) - index)
        return
    if is_signature_mark(lines[index]) or is_device_signature(line):
        _mark_signature(kinds, index)


def _attribution_length(lines: list[str], index: int) -> int:
    """How many lines the "On …, … wrote:" takes from here, 0 if there is none."""
    if not starts_attribution(lines[index]):
        return 0
    joined = ""
    for length in range(1, ATTRIBUTION_LINES + 1):
        if index + length > len(lines):
            return 0
        line = lines[index + length - 1].strip()
        if length > 1 and not line:
            return 0
        joined = f"{joined} {line}".strip()
        if is_attribution_end(joined):
            return length
    return 0


def _starts_header_block(lines: list[str], index: int) -> bool:
    """From:/Sent:/To:/Subject: in three of the next lines, as Outlook puts above what it quotes."""
    if not is_header_line(lines[index]):
        return False
    following = [line for line in lines[index : index + 8] if line.strip()]
    return sum(is_header_line(line) for line in following[:5]) >= HEADER_LINES


def _next_kind(kinds: list[LineKind], index: int) -> LineKind | None:
    return next((kind for kind in kinds[index:] if kind is not LineKind.EMPTY), None)


def _mark_signature(kinds: list[LineKind], index: int) -> None:
    """The signature goes on to the next quoted line or the end."""
    for place in range(index, len(kinds)):
        if kinds[place] is LineKind.QUOTE:
            return
        kinds[place] = LineKind.SIGNATURE


def _kept(kinds: list[LineKind]) -> list[bool]:
    """Quotes with words of the writer behind them are answered line by line: they stay.

    Unless all the words are behind one quote: then it was written below the history.
    """
    cut = len(kinds)
    for place, kind in enumerate(kinds):
        if kind in (LineKind.HISTORY, LineKind.SIGNATURE):
            cut = place
            break
    words = [place for place in range(cut) if kinds[place] is LineKind.TEXT]
    if not words:
        return [kind is LineKind.TEXT for kind in kinds]
    quotes = [p for p in range(cut) if kinds[p] in (LineKind.QUOTE, LineKind.ATTRIBUTION)]
    if quotes and quotes[-1] < words[0]:
        return [words[0] <= place < cut for place in range(len(kinds))]
    return [place <= words[-1] for place in range(len(kinds))]
