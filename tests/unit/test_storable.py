"""What a database cannot hold is taken out of text, and nothing else."""

import pytest

from servicedesk.domain.storable import storable


@pytest.mark.parametrize(
    ("text", "longest", "expected"),
    [
        ("550 no such user", None, "550 no such user"),
        ("Größe 尺寸 📦", None, "Größe 尺寸 📦"),
        ("550 utilisateur refus\udce9", None, "550 utilisateur refus?"),
        ("\ud83d\udce6", None, "??"),
        ("a\x00b", None, "ab"),
        ("ä\x00b", None, "äb"),
        ("abcdef", 6, "abcdef"),
        ("abcdefg", 6, "abcde…"),
    ],
)
def test_text_becomes_storable(text: str, longest: int | None, expected: str) -> None:
    assert storable(text, longest) == expected
