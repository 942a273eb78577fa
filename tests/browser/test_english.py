"""What counts as English on a Chinese screen."""

import pytest

from tests.browser.english import is_english


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("Not the folder", True),
        ("已连接", False),
        ("Ctrl K", False),
        ("help@acme.example", False),
        ("Europe/Berlin", False),
        ("Your order", False),
        ("Your order is late", True),
    ],
)
def test_english_is_known_when_it_is_seen(text: str, english: bool) -> None:
    assert is_english(text, ["Your order"]) is english
