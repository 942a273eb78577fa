"""Names from outside on one line."""

import pytest

from servicedesk.domain.plain import one_line


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("invoice.pdf", "invoice.pdf"),
        ("y\u202egpj.exe", "ygpj.exe"),
        ("\u2067abc\u2069", "abc"),
        ("שלום\u200f!", "שלום\u200f!"),
        ("a\tb\nc", "a b c"),
        ("nul\x00l", "null"),
        ("发票 2026", "发票 2026"),
        ("  spaced  ", "spaced"),
        ("abcdef", "abcdef"),
    ],
)
def test_what_could_mislead_is_not_shown(words: str, shown: str) -> None:
    assert one_line(words, 100) == shown


def test_it_is_cut_to_its_length() -> None:
    assert one_line("x" * 300, 200) == "x" * 200
