"""Header values as people and programs write them."""

from datetime import UTC, datetime

import pytest

from servicedesk.channels.email.addresses import parse_addresses
from servicedesk.channels.email.headers import (
    decode_words,
    parse_content_type,
    parse_date,
    parse_message_ids,
)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"My order", "My order"),
        (b"=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        (b"=?UTF-8?B?5L2g5aW9?=", "你好"),
        (b"=?gb2312?B?xOO6ww==?=", "你好"),
        (b"=?ISO-2022-JP?B?GyRCRnxLXBsoQg==?=", "日本"),
        (b"=?utf-8?q?one?=\r\n =?utf-8?q?_two?=", "one two"),
        (b"=?utf-8?b?5L2g5a?=\r\n =?utf-8?b?W9?=", "你好"),
        (b"plain =?utf-8?q?word?= plain", "plain word plain"),
        (b"folded\r\n  line", "folded line"),
        (b"Caf\xe9 latin", "Café latin"),
        ("Grüße roh".encode(), "Grüße roh"),
        (b"=?x-unknown-charset?q?caf=C3=A9?=", "café"),
        (b"[SPAM]=?utf-8?q?real?=", "[SPAM] real"),
        (b"=?utf-8*en?q?hello?=", "hello"),
        (b"a\x00b\x07c", "abc"),
        (b"=?utf-8?Q?What?_now?=", "What? now"),
        (b"=?utf-8?Q?Hello\r\n _there!?=", "Hello there!"),
        (b"white space \t\r\n \t at a fold", "white space at a fold"),
        (b"two  spaces", "two  spaces"),
    ],
)
def test_unstructured_header_becomes_text(raw: bytes, text: str) -> None:
    assert decode_words(raw) == text


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"ann@x.example", [("", "ann@x.example")]),
        (b"<Ann@X.example>", [("", "ann@x.example")]),
        (b'"John Smith"@z.example', [("", '"john smith"@z.example')]),
        (b'<"John Smith"@z.example>', [("", '"john smith"@z.example')]),
        (b'"John"@z. example', [("", '"john"@z.example')]),
        (b"Ann Example <ann@x.example>", [("Ann Example", "ann@x.example")]),
        (b'"Example, Ann" <ann@x.example>', [("Example, Ann", "ann@x.example")]),
        (b"ann@x.example (Ann Example)", [("Ann Example", "ann@x.example")]),
        (b"Ann (Sales) <ann@x.example>", [("Ann (Sales)", "ann@x.example")]),
        (b"a@x.example, B <b@x.example>", [("", "a@x.example"), ("B", "b@x.example")]),
        (b"Team: a@x.example, b@x.example;", [("", "a@x.example"), ("", "b@x.example")]),
        (b"undisclosed-recipients:;", []),
        (b"=?utf-8?q?J=C3=BCrgen?= <j@x.example>", [("Jürgen", "j@x.example")]),
        (b'"=?utf-8?q?J=C3=BCrgen?=" <j@x.example>', [("Jürgen", "j@x.example")]),
        (b"<@relay.example:ann@x.example>", [("", "ann@x.example")]),
        (b"'Ann' <ann@x.example>", [("Ann", "ann@x.example")]),
        (b"A <a@x.example> B <b@x.example>", [("A", "a@x.example"), ("B", "b@x.example")]),
        (b'"ann@x.example" <ann@x.example>', [("ann@x.example", "ann@x.example")]),
        (b'<"a <b> (c)"@x.example>', [("", '"a <b> (c)"@x.example')]),
        (b'<"a b@x.example>', [("", '"a b@x.example')]),
        (b"=?utf-8?Q?thief?Q?ann?=@x.example", [("", "thief?q?ann@x.example")]),
        (b"", []),
    ],
)
def test_address_header_becomes_addresses(raw: bytes, expected: list[tuple[str, str]]) -> None:
    assert [(address.name, address.value) for address in parse_addresses(raw)] == expected


def test_encoded_word_in_a_name_cannot_smuggle_in_an_address() -> None:
    raw = b"=?utf-8?q?boss=40bank.example_=3Cboss=40bank.example=3E=2C?= <thief@x.example>"
    assert [address.value for address in parse_addresses(raw)] == ["thief@x.example"]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"Mon, 2 Mar 2026 10:30:00 +0100", datetime(2026, 3, 2, 9, 30, tzinfo=UTC)),
        (b"2 Mar 26 10:30 EST", datetime(2026, 3, 2, 15, 30, tzinfo=UTC)),
        (b"Thu, 10 Jul 1997 14:53:31 EST5EDT", datetime(1997, 7, 10, 19, 53, 31, tzinfo=UTC)),
        (b"Mon, 2 Mar 2026 10:30:00 +0100 (CET)", datetime(2026, 3, 2, 9, 30, tzinfo=UTC)),
        (b"Sat, 30 Jun 2012 23:59:60 +0000", datetime(2012, 6, 30, 23, 59, 59, tzinfo=UTC)),
        (b"Fri, 31 Feb 2026 10:30:00 +0000", None),
        (b"yesterday", None),
        (b"Mon, 2 Mar 2026 10:30:00 +9999999", None),
        (b"", None),
    ],
)
def test_date_header_becomes_an_instant_or_none(raw: bytes, expected: datetime | None) -> None:
    assert parse_date(raw) == expected


@pytest.mark.parametrize(
    ("raw", "content_type", "parameters"),
    [
        (b"text/html; charset=utf-8", "text/html", {"charset": "utf-8"}),
        (b'Multipart/Mixed; boundary="a;b"', "multipart/mixed", {"boundary": "a;b"}),
        (b"application/pdf; name*=utf-8''%C3%A4.pdf", "application/pdf", {"name": "ä.pdf"}),
        (b"image/png; name*0=a; name*1=b.png", "image/png", {"name": "ab.png"}),
        (b"image/png; name*0*=utf-8''%C3%A4; name*1=b", "image/png", {"name": "äb"}),
        (b'image/png; name="=?utf-8?q?=C3=A4.png?="', "image/png", {"name": "ä.png"}),
        (b"text", "text/plain", {}),
        (b"nonsense", "text/x-default", {}),
        (b"", "text/x-default", {}),
    ],
)
def test_content_type_becomes_type_and_parameters(
    raw: bytes, content_type: str, parameters: dict[str, str]
) -> None:
    assert parse_content_type(raw, "text/x-default") == (content_type, parameters)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"<a@x>", ("a@x",)),
        (b"<a@x> <b@x>\r\n <c@x>", ("a@x", "b@x", "c@x")),
        (b"<a\r\n @x>", ("a@x",)),
        (b"a@x b@x", ("a@x", "b@x")),
        (b"Your message of Monday", ()),
        (b"<>", ()),
    ],
)
def test_ids_come_without_brackets_in_order(raw: bytes, expected: tuple[str, ...]) -> None:
    assert parse_message_ids(raw) == expected
