"""From a server's words and code to a reason; the pure part of judging a bounce."""

import re
from functools import lru_cache

from servicedesk.channels.email.bounce_reasons import CODES, DECISIVE_CODES, TEMPORARY, BounceReason
from servicedesk.channels.email.bounce_words import WORDS

NO_WORDS = re.compile(
    r"(?<![^\s<>()\[\]\\,;:\"'=])[^\s<>()\[\]\\,;:\"'=]+@[\w.-]+|"
    r"https?://\S+|5\.1\.0 - unknown address error",
    re.IGNORECASE,
)
LONG_WORD = re.compile(r"\S{80}(?=\S)")
MOST_LETTERS = 4_000
AFTER_DATA = re.compile(
    r"(?:in reply to|after|following) (?:the )?(?:end of )?data|>>> data\b(?! for)|"
    r"smtp command data|"
    r"\[(?:end of )?data\]|data command"
)


def reason_of(status: str, diagnostic: str, *, refused_after_data: bool = False) -> BounceReason:
    """The reason by the server's words, else by its code; UNDEFINED if neither says.

    Addresses and links are taken out first: spam@x.example names no reason. A server that had taken
    the recipient, and refused when it saw the mail, did not say that the address is dead.
    """
    if status[2:] in DECISIVE_CODES:
        return DECISIVE_CODES[status[2:]]
    text = NO_WORDS.sub(" ", " ".join(diagnostic.split())[:MOST_LETTERS].lower())
    reason = _reason_by_words(within_words(text))
    if reason is None:
        return CODES.get(status[2:], BounceReason.UNDEFINED)
    is_late = refused_after_data and not status.endswith(".1.1")
    unsure = is_late and reason is BounceReason.USER_UNKNOWN
    return BounceReason.FILTERED if unsure else reason


def within_words(text: str) -> str:
    """The text with a space into every word of more than 80 letters: patterns that look for the end
    of a word from each place in it take the square of its length."""
    return LONG_WORD.sub(r"\g<0> ", text)


@lru_cache(maxsize=128)
def _reason_by_words(text: str) -> BounceReason | None:
    """A notice about a hundred recipients says the same of most of them."""
    return next((reason for reason, words in WORDS if words.search(text)), None)


def is_after_data(words: str) -> bool:
    """Does the notice say that the server refused at the end of the mail, not at RCPT?"""
    lower = words.lower()
    return "data" in lower and AFTER_DATA.search(" ".join(lower.split())) is not None


def default_status(reason: BounceReason, *, delayed: bool) -> str:
    """A status for a notice that names none: 4 while the server still tries, 5 once it gave up."""
    return "4.0.0" if delayed or reason in TEMPORARY else "5.0.0"
