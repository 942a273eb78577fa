"""What a person wrote this time, apart from the history and the signature below it.

Works on lines. Each is given a kind; then one rule cuts. Nothing is lost: reply and rest together
are the whole text, and a forwarded mail, which would leave no reply, stays whole.
"""

from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from servicedesk.channels.email.quote_marks import (
    SHARED_LINE,
    introduces_quote,
    is_attribution,
    is_closing,
    is_device_signature,
    is_header_line,
    is_rule,
    is_separator,
    is_signature_mark,
    may_name_writing,
    names_two_headers,
    says_who_and_when,
    starts_attribution,
)

ATTRIBUTION_LINES = 5
CLOSING_LINES = 5
MOST_LINES = 30_000
NAME_LENGTH = 60
WRAPPED_LENGTH = 65


class LineKind(StrEnum):
    TEXT = "text"
    EMPTY = "empty"
    QUOTE = "quote"
    ATTRIBUTION = "attribution"
    HISTORY = "history"
    SIGNATURE = "signature"


QUOTED = (LineKind.QUOTE, LineKind.ATTRIBUTION)
ENDING = (LineKind.HISTORY, LineKind.SIGNATURE)


@dataclass(frozen=True, slots=True)
class SplitText:
    """`reply` is shown, `quoted` folded. Both keep their lines as they were written."""

    reply: str
    quoted: str


def split_reply(text: str) -> SplitText:
    """Split a mail's text.

    If nothing would be left as the reply, all of it is the reply (a forwarded mail), unless it is
    an answer that quotes and says nothing.
    """
    if text.count("\n") > MOST_LINES:
        return SplitText(text, "")
    lines = (SHARED_LINE.sub(r"\1\n\2", text) if " wrote:" in text else text).split("\n")
    kinds = mark_lines(lines)
    kept = _kept(kinds)
    reply = "\n".join(line for line, keep in zip(lines, kept, strict=True) if keep).strip("\n")
    if not reply.strip():
        return SplitText("", text.strip("\n")) if _only_quotes(kinds) else SplitText(text, "")
    quoted = "\n".join(line for line, keep in zip(lines, kept, strict=True) if not keep)
    return SplitText(reply.rstrip(), quoted.strip("\n"))


def _only_quotes(kinds: list[LineKind]) -> bool:
    """ "On …, … wrote:" and nothing but what was written then."""
    written = [kind for kind in kinds if kind not in (LineKind.EMPTY, LineKind.SIGNATURE)]
    return written[:1] == [LineKind.ATTRIBUTION] and set(written) == set(QUOTED)


def mark_lines(lines: list[str]) -> list[LineKind]:
    """A kind for each line; from a HISTORY or SIGNATURE mark on, those that follow are it too."""
    kinds = [_plain_kind(line) for line in lines]
    _mark_wrapped_quotes(lines, kinds)
    text = "\n".join(lines)
    may_attribute = ">:" in text or ">：" in text or may_name_writing(text)
    for index in range(len(lines)):
        if kinds[index] is LineKind.TEXT:
            _mark_from(lines, kinds, index, may_attribute=may_attribute)
        elif kinds[index] is LineKind.QUOTE:
            _mark_above_quote(lines, kinds, index)
    _mark_closing(lines, kinds)
    return kinds


def _plain_kind(line: str) -> LineKind:
    stripped = line.strip()
    if not stripped:
        return LineKind.EMPTY
    is_ornament = stripped.endswith("<")  # >>> look here <<<
    is_quote = stripped.startswith((">", "&gt;")) and not is_ornament
    return LineKind.QUOTE if is_quote else LineKind.TEXT


def _mark_wrapped_quotes(lines: list[str], kinds: list[LineKind]) -> None:
    """The end of a long quoted line that some program wrapped without a new mark."""
    last = max((at for at, kind in enumerate(kinds) if kind is not LineKind.EMPTY), default=0)
    for index in range(1, len(lines)):
        if kinds[index] is not LineKind.TEXT or kinds[index - 1] is not LineKind.QUOTE:
            continue
        follows_long_line = len(lines[index - 1].rstrip()) >= WRAPPED_LENGTH
        goes_on = index + 1 < len(lines) and kinds[index + 1] is LineKind.QUOTE
        is_short = len(lines[index].strip()) < WRAPPED_LENGTH // 2
        if follows_long_line and is_short and (goes_on or index == last):
            kinds[index] = LineKind.QUOTE


def _mark_from(lines: list[str], kinds: list[LineKind], index: int, *, may_attribute: bool) -> None:
    line = lines[index].strip()
    if is_separator(line) or _starts_header_block(lines, index):
        start = _with_rule_above(lines, index)
        kinds[start:] = [LineKind.HISTORY] * (len(lines) - start)
        return
    length = _attribution_length(lines, index) if may_attribute else 0
    if length and _next_kind(kinds, index + length) is LineKind.QUOTE:
        kinds[index : index + length] = [LineKind.ATTRIBUTION] * length
        return
    if length and any(kinds[place] is LineKind.TEXT for place in range(index)):
        kinds[index:] = [LineKind.HISTORY] * (len(lines) - index)
        return
    if is_signature_mark(lines[index]) or is_device_signature(line):
        _mark_signature(kinds, index)


def _mark_above_quote(lines: list[str], kinds: list[LineKind], index: int) -> None:
    """A rule, or a line that says whose words follow, belongs to the quote below it."""
    rule = _with_rule_above(lines, index)
    if rule < index:
        kinds[rule] = LineKind.QUOTE
        return
    above = index - 1
    while above >= 0 and kinds[above] is LineKind.EMPTY:
        above -= 1
    if above >= 0 and kinds[above] is LineKind.TEXT and introduces_quote(lines[above]):
        kinds[above] = LineKind.ATTRIBUTION


def _attribution_length(lines: list[str], index: int) -> int:
    """How many lines the "On …, … wrote:" takes from here, 0 if there is none."""
    if not starts_attribution(lines[index]):
        return 0
    window = " ".join(lines[index : index + ATTRIBUTION_LINES])
    if "<" not in window and not may_name_writing(window):
        return 0
    joined = ""
    for length in range(1, ATTRIBUTION_LINES + 1):
        if index + length > len(lines):
            return 0
        line = lines[index + length - 1].strip()
        if length > 1 and (not line or line.startswith(">")):
            return 0
        joined = f"{joined} {line}".strip()
        if is_attribution(joined):
            return length
    return 0


def _starts_header_block(lines: list[str], index: int) -> bool:
    """From:/Sent:/To:/Subject: one below the other, as Outlook puts them above what it quotes."""
    if not is_header_line(lines[index]):
        return False
    if names_two_headers(lines[index]) and _with_rule_above(lines, index) < index:
        return says_who_and_when([lines[index]])
    following = [line for line in lines[index : index + 8] if line.strip()][:5]
    headers = [line for line in following if is_header_line(line)]
    if len(headers) >= 3:
        return True
    return len(headers) == 2 and headers == following[:2] and says_who_and_when(headers)


def _with_rule_above(lines: list[str], index: int) -> int:
    """Where a line of dashes right above the history begins: it belongs to the history."""
    above = index - 1
    while above >= 0 and not lines[above].strip():
        above -= 1
    return above if above >= 0 and is_rule(lines[above]) else index


def _next_kind(kinds: list[LineKind], index: int) -> LineKind | None:
    while index < len(kinds) and kinds[index] is LineKind.EMPTY:
        index += 1
    return kinds[index] if index < len(kinds) else None


def _mark_signature(kinds: list[LineKind], index: int) -> None:
    """The signature goes on to the next quoted line or the end."""
    for place in range(index, len(kinds)):
        if kinds[place] is LineKind.QUOTE:
            return
        kinds[place] = LineKind.SIGNATURE


def _mark_closing(lines: list[str], kinds: list[LineKind]) -> None:
    """ "Kind regards," and the few short lines below it, at the end of the person's words."""
    end = next((p for p, kind in enumerate(kinds) if kind in (*QUOTED, *ENDING)), len(kinds))
    words = [place for place in range(end) if kinds[place] is LineKind.TEXT]
    for place in words[1:][-CLOSING_LINES:]:
        below = [lines[later].strip() for later in words if later > place]
        if below and is_closing(lines[place]) and all(len(line) <= NAME_LENGTH for line in below):
            kinds[place:end] = [LineKind.SIGNATURE] * (end - place)
            return


def _kept(kinds: list[LineKind]) -> list[bool]:
    """Which lines are the reply.

    Several quotes with words between them are answered line by line: they stay. A single one goes,
    with the line that introduces it, whether the words stand above it, below it or around it.
    """
    cut = next((place for place, kind in enumerate(kinds) if kind in ENDING), len(kinds))
    words = [place for place in range(cut) if kinds[place] is LineKind.TEXT]
    if not words:
        return [kind is LineKind.TEXT for kind in kinds]
    between = [kind in QUOTED for kind in kinds[: words[-1]] if kind is not LineKind.EMPTY]
    blocks = sum(quoted for quoted, _ in groupby(between))
    first = words[0] if blocks == 1 and between[0] else 0
    return [
        first <= place <= words[-1] and not (blocks == 1 and kind in QUOTED)
        for place, kind in enumerate(kinds)
    ]
