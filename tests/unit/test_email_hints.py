"""Who wrote and about what, guessed from the first bytes of a mail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicedesk.channels.email.hints import ENOUGH_BYTES, Hints, read_hints

CASES = {
    "plain": (b"From: Lin <l@a.example>\r\nSubject: Hi\r\n\r\nx", Hints("Lin <l@a.example>", "Hi")),
    "bare address": (b"Subject: Hi\nFrom: lin@a.example\n\nx", Hints("lin@a.example", "Hi")),
    "encoded": (b"Subject: =?utf-8?B?5oKo5aW9?=\n\n", Hints("", "\u60a8\u597d")),
    "folded": (b"Subject: one\n two\n\n", Hints("", "one two")),
    "no mail at all": (b"\x00\xff\xfe", Hints("", "")),
    "nothing": (b"", Hints("", "")),
    "a header of the body": (b"To: a@b.example\n\nSubject: no\n", Hints("", "")),
    "no address in From": (b"From: nobody in particular\n\n", Hints("nobody in particular", "")),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_hints_of(name: str) -> None:
    raw, expected = CASES[name]
    assert read_hints(raw) == expected


def test_what_lies_beyond_the_beginning_is_not_looked_for() -> None:
    raw = b"X-Filler: " + b"x" * ENOUGH_BYTES + b"\nSubject: far away\n\n"
    assert read_hints(raw) == Hints("", "")


@given(st.binary(max_size=2_000))
def test_any_bytes_give_hints(raw: bytes) -> None:
    hints = read_hints(raw)
    assert "\x00" not in hints.sender + hints.subject
