"""No value of a mail that goes out begins a header or a body of its own, wherever it stands.

The standard library decodes encoded words (RFC 2047) in headers that it has no parser for, and
writes the line ends in them as they are.
"""

import base64
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servicedesk.channels.email.compose import Sending, compose, require_only_own_headers
from servicedesk.domain.errors import BadInput
from servicedesk.domain.messages import Address, Outbound, OutboundAttachment
from tests.fakes.mail import MARKS, NOW, make_outbound

SMUGGLED = "\r\nBcc: thief@evil.example\r\nContent-Type: text/html\r\n\r\n<h1>evil</h1>"
IN_BASE64 = base64.b64encode(SMUGGLED.encode()).decode()
WORDS = (
    f"=?utf-8?b?{IN_BASE64}?=",
    f"=?us-ascii?B?{IN_BASE64}?=",
    "=?utf-8?q?=0D=0ABcc:_thief@evil.example=0D=0A=0D=0Aevil?=",
    "=?utf-8*en?Q?=0ABcc:thief@evil.example?=",
    f"=\x00?utf-8?b?{IN_BASE64}?=",
    f"=>?utf-8?b?{IN_BASE64}?\t=",
    f"==??=?utf-8?b?{IN_BASE64}?=?=",
    f"a@x =?utf-8?b?{IN_BASE64}?=",
    SMUGGLED,
)
PLACES = (
    "external_id", "in_reply_to", "references", "subject", "text", "html", "name", "address",
    "domain", "from_name", "from_address", "reply_to", "filename", "content_id", "content_type",
    "header",
)  # fmt: skip
EXPECTED = {
    "from", "to", "reply-to", "subject", "date", "message-id", "in-reply-to", "references",
    "mime-version", "content-type", "content-transfer-encoding", "x-note",
}  # fmt: skip
OF_PARTS = {
    "content-type", "content-transfer-encoding", "content-disposition", "content-id",
    "mime-version",
}  # fmt: skip


def outbound_with(place: str, value: str) -> Outbound:
    """A mail that has the value in one place."""
    file = {"filename": "a.png", "content_type": "image/png", "content_id": "p"}
    of_mail: dict[str, dict[str, object]] = {
        "external_id": {"external_id": value},
        "in_reply_to": {"in_reply_to": value},
        "references": {"references": ("a@x", value, "b@x"), "in_reply_to": "b@x"},
        "name": {"to": (Address("ann@x.example", value),)},
        "address": {"to": (Address(f"{value}@x.example"),)},
        "domain": {"to": (Address(f"ann@{value}"),)},
        "from_name": {"from_address": Address("support@desk.example", value)},
        "from_address": {"from_address": Address(f"{value}@desk.example")},
        "reply_to": {"reply_to": Address(f"{value}@desk.example")},
        "header": {"headers": {"X-Note": value}},
    }
    changes = of_mail.get(place, {} if place in file else {place: value})
    if place in file:
        file[place] = value
    picture = OutboundAttachment(
        file["filename"], file["content_type"], "h", 1, inline=True, content_id=file["content_id"]
    )
    return make_outbound(**{"html": "<p>x</p>", "attachments": (picture,), **changes})


def names_of(raw: bytes) -> tuple[set[str], set[str]]:
    """The names in the head of the mail, and in the heads of its parts, in lower case."""
    head, *parts = message_from_bytes(raw).walk()
    inner = {name.lower() for part in parts for name in part.keys()}  # noqa: SIM118
    return {name.lower() for name in head.keys()}, inner  # noqa: SIM118  # a Message is no dict


def require_nothing_smuggled(place: str, value: str) -> None:
    try:
        raw = compose(outbound_with(place, value), Sending(NOW, {"h": b"x"}), MARKS)
    except BadInput:
        return
    head, inner = names_of(raw)
    assert head <= EXPECTED
    assert inner <= OF_PARTS
    kind = message_from_bytes(raw).get_content_type()
    assert kind in ("multipart/alternative", "multipart/mixed")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("word", WORDS, ids=range(len(WORDS)))
def test_no_encoded_word_becomes_a_header(place: str, word: str) -> None:
    require_nothing_smuggled(place, word)


PIECES = st.sampled_from((*WORDS, "=?", "?=", "=", "?", "\x00", "<", ">", "@", "a", " ", "\r\n"))


@given(st.sampled_from(PLACES), st.lists(PIECES, max_size=5).map("".join))
@settings(max_examples=300, deadline=None)
def test_no_mixture_of_pieces_becomes_a_header(place: str, value: str) -> None:
    require_nothing_smuggled(place, value)


@pytest.mark.parametrize("name", ["In-Reply-To", "X-Note"])
def test_header_that_found_another_way_is_seen_in_the_bytes(name: str) -> None:
    message = EmailMessage(policy=SMTP)
    message["Subject"] = "Refund"
    message[name] = f"<{WORDS[0]}>"
    message.set_content("text")
    with pytest.raises(BadInput):
        require_only_own_headers(message, message.as_bytes())
