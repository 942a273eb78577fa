"""Address headers (RFC 5322 §3.4, 6532): mailboxes, groups, comments, and what passes for them.

One pass over tokens; whatever the sender wrote, each piece with an @ becomes an address.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from servicedesk.channels.email.headers import clean, decode_text_words, to_text
from servicedesk.channels.email.limits import LIMITS
from servicedesk.domain.messages import Address

TOKEN = re.compile(
    r"""
    "((?:[^"\\]|\\.)*)"?  # 1: a quoted string, closed or not
  | <((?:[^<>"]|"(?:[^"\\]|\\.){0,100}")*)>  # 2: an address in angle brackets
  | <([^<>]*)>?         # 3: the same with a quote left open, or not closed
  | \\(.)              # 4: a quoted pair outside of quotes
  | ([,;:()])           # 5: a mark
  | ([^",;:()<\\]+)     # 6: words
    """,
    re.DOTALL | re.VERBOSE,
)
COMMENT_IN_ANGLE = re.compile(r"\(([^()]*)\)")
# It begins where a word does: asked at each letter of a long word, it would take its square.
BARE = re.compile(r"(?<![^\s<>()\[\]\\,;:\"'])[^\s<>()\[\]\\,;:\"']+@[^\s<>()\\,;:\"']+")


QUOTED_LOCAL = re.compile(r'("(?:[^"\\]|\\.)*")(.*)', re.DOTALL)


@dataclass(slots=True)
class _Mailbox:
    """What has been read of one mailbox so far."""

    words: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    angle: str | None = None


def parse_addresses(raw: bytes) -> tuple[Address, ...]:
    """All mailboxes in order, those of groups too. `value` is lower case and without brackets.

    The encoded words of a display name are decoded after the structure is read (RFC 2047 §5), so a
    name cannot smuggle in an address. A comment belongs to the name: "Ann (Sales)".
    """
    if not raw:
        return ()
    found: list[Address] = []
    for mailbox in _mailboxes(to_text(raw)):
        address = _finish(mailbox)
        if address is not None:
            found.append(address)
        if len(found) >= LIMITS.addresses:
            break
    return tuple(found)


def first_address(raw: bytes) -> Address | None:
    return next(iter(parse_addresses(raw)), None)


def _mailboxes(text: str) -> Iterator[_Mailbox]:
    current, depth = _Mailbox(), 0
    for token in TOKEN.finditer(text):
        quoted, closed, open_angle, escaped, mark, word = token.groups()
        angle = closed if closed is not None else open_angle
        if mark in ("(", ")") or depth:
            depth = _read_comment(current, token, depth)
        elif mark in (",", ";"):
            yield current
            current = _Mailbox()
        elif current.angle is not None and token[0].strip():
            yield current  # a comma was forgotten
            current = _Mailbox([word or quoted or ""], angle=angle)
        elif mark == ":":
            current = _after_colon(current)
        elif angle is not None:
            current.angle = angle
        elif quoted is not None:
            current.words.append(_unquote(current, quoted, text[token.end() : token.end() + 1]))
        else:
            current.words.append(word or escaped or "")
    yield current


def _read_comment(current: _Mailbox, token: re.Match[str], depth: int) -> int:
    """Take a piece of a comment; return how deep in comments the next token is."""
    mark = token[5]
    if depth == 0:
        if mark == "(":
            current.comments.append("")
            return 1
        return 0
    if mark == ")" and depth == 1:
        return 0
    current.comments[-1] += token[4] or token[0]
    return depth + (mark == "(") - (mark == ")")


def _after_colon(current: _Mailbox) -> _Mailbox:
    """A group's name ends here; an address with a colon in it (mailto:, a route) goes on."""
    words = "".join(current.words)
    if "@" in words and not words.startswith("@"):
        current.words.append(":")
        return current
    return _Mailbox()


def _unquote(current: _Mailbox, quoted: str, following: str) -> str:
    """A quoted string is a name, or the local part of an address when an @ follows."""
    if following == "@":
        return f'"{quoted}"'
    text = re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL)
    return f" {text} " if current.words and not current.words[-1].endswith(" ") else f"{text} "


def _finish(mailbox: _Mailbox) -> Address | None:
    words = "".join(mailbox.words)
    if mailbox.angle is not None:
        angle = mailbox.angle
        if not angle.startswith('"'):
            mailbox.comments += COMMENT_IN_ANGLE.findall(angle)
            angle = COMMENT_IN_ANGLE.sub("", angle)
        value = _address_of(angle)
        name = words
        if not value:
            value = _bare_address(words)
            name = "" if value else words
    else:
        value = _bare_address(words)
        name = words.replace(_original(words), "", 1) if value else words
    if not value:
        return None
    name = _with_comments(_name(name), mailbox.comments)
    return Address(value=value, name=name)


def _with_comments(name: str, comments: list[str]) -> str:
    comment = _name(" ".join(comments))
    if not comment:
        return name
    return f"{name} ({comment})" if name else comment


def _name(text: str) -> str:
    name = " ".join(clean(decode_text_words(text)).split())
    if len(name) > 1 and name[0] == name[-1] == "'":
        name = name[1:-1].strip()
    return name.strip('"').strip()


def _address_of(angle: str) -> str:
    """What stands in <…>: white space and a source route are taken off."""
    decoded = decode_text_words(angle)
    text = decoded if decoded.count("@") == angle.count("@") else angle
    text = clean(text) if text.startswith('"') else "".join(clean(text).split())
    if text.startswith("@") and ":" in text:
        text = text.split(":", 1)[1]
    return text.strip("'").lower()


def _original(words: str) -> str:
    found = BARE.search(words)
    return found[0] if found else words


def _bare_address(words: str) -> str:
    if "@" not in words:
        return ""
    quoted = QUOTED_LOCAL.match(words.lstrip())
    if quoted is not None:  # white space in the quotes is part of the address
        return f"{quoted[1]}{''.join(quoted[2].split())}".lower()
    if "=?" in words:  # not allowed there (RFC 2047 §5), but some programs do
        decoded = decode_text_words(words)
        words = decoded if decoded.count("@") == words.count("@") else words
    joined = re.sub(r"[ \t]*([@.])[ \t]*", r"\1", words)
    found = BARE.search(joined)
    return found[0].strip(".").lower() if found else ""
