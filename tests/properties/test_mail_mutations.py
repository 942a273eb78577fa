"""Mails of every kind, damaged at random: each is read, told as JSON and stored."""

import json
from dataclasses import asdict

from hypothesis import given, settings
from hypothesis import strategies as st

from servicedesk.channels.email.inspect import inspect_mail
from servicedesk.channels.email.mail import Envelope
from servicedesk.channels.email.parse import parse_mail
from servicedesk.channels.email.sanitize import page, sanitize
from tests.fakes.mail import INBOX, MARKS, NOW
from tests.fakes.mail_seeds import SEEDS
from tests.properties.test_mail_properties import texts_in

PIECES = (
    b"", b"\n", b"\r\n", b"\n\n", b"--b", b"--b--", b"\0", b"\xff", b"=", b'"', b"<", b">", b";",
    b":",
    b"(", b"=?utf-8?q?", b"?=", b"\x1b$B", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"{", b"}",
    b"\\",
    b"Content-Type: message/rfc822\n\n", b"Content-Transfer-Encoding: base64\n", b"begin 644 x\n",
)  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A seed with up to eight cuts, copies, swaps of bytes and pieces from elsewhere."""
    raw = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(1, 8))):
        start = draw(st.integers(0, len(raw)))
        end = min(len(raw), start + draw(st.integers(0, 40)))
        piece = draw(
            st.one_of(
                st.sampled_from(PIECES),
                st.binary(max_size=6),
                st.just(raw[start:end] * 2),
                st.sampled_from(SEEDS),
            )
        )
        raw = raw[:start] + piece + raw[end:]
    return raw


@given(damaged())
@settings(max_examples=600, deadline=None)
def test_damaged_mail_is_read_told_and_stored(raw: bytes) -> None:
    inbound = parse_mail(raw, INBOX, NOW, MARKS, Envelope("ann@x.example", trusted_hosts=("mx",)))
    for words in texts_in(asdict(inbound)):
        assert "\x00" not in words
        words.encode("utf-8")
    told = inspect_mail(raw, "damaged")
    assert json.loads(json.dumps(told)) == told
    if inbound.html is not None:
        assert "<script" not in page(sanitize(inbound.html)).lower()
