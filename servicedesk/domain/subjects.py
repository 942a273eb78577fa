"""Subjects without what mailers put around them, so that two of them can be compared (pure).

Reply and forward marks are those of RFC 5322 §3.6.5 and of mailers in other languages, with a count
or not ("Re[2]:"); tags are what lists, gateways and help desks add in brackets.
"""

import re
import unicodedata

_MARK = (
    r"(?:re|aw|antw|antwort|sv|vs|rv|res|ref|odp|ynt|atb|na|bls|rif|fwd?|fw|wg|tr|doorst|enc|pd|vb|"
    r"i|r|回复|回覆|答复|答覆|转发|轉寄|轉發|返信|転送|회신|전달)"
)
_AROUND = re.compile(
    rf"^(?:\s+|{_MARK}\s*(?:\[\d{{1,4}}\]|\(\d{{1,4}}\)|\^\d{{1,4}})?\s*[:：]|\[[^\]]{{0,64}}\])",
    re.IGNORECASE,
)
_BEHIND = re.compile(r"(?:\s+|\(fwd\)|\[[^\]]{0,64}\])$", re.IGNORECASE)
_NUMBER = re.compile(r"\[#(\d{1,15})\]")
LONGEST = 1_000


def bare_subject(subject: str) -> str:
    """Return what the subject is about: without marks and tags, one case, one kind of space.

    "" for a subject that is nothing else. Two subjects of one matter have the same bare subject.
    """
    bare = " ".join(unicodedata.normalize("NFKC", subject[:LONGEST]).split())
    while (cut := _AROUND.sub("", bare, count=1)) != bare:
        bare = cut
    while (cut := _BEHIND.sub("", bare, count=1)) != bare:
        bare = cut
    return bare.casefold()


def tag_of(number: int) -> str:
    """Return the tag that names a ticket in a subject."""
    return f"[#{number}]"


def number_in(subject: str) -> int | None:
    """Return the ticket number of the first tag in the subject, None without one."""
    found = _NUMBER.search(subject[:LONGEST])
    return int(found[1]) if found else None
