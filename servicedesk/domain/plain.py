"""Names and subjects from outside, made safe to show on one line."""

import re

UNSHOWN = re.compile("[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
"""Controls, and the marks that turn the direction of what follows (UAX #9 §2.1 to §2.4): with them
`gpj.exe` reads as `exe.jpg`. The harmless marks U+200E and U+200F stay."""


def one_line(words: str, length: int) -> str:
    """Return the words without controls and overrides of direction, cut to the length."""
    return UNSHOWN.sub("", words.replace("\n", " ").replace("\t", " ")).strip()[:length]
