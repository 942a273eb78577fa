"""What must hold for any mail in the world."""

import random
from dataclasses import asdict
from email import message_from_bytes
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servicedesk.channels.email.compose import Sending, compose
from servicedesk.channels.email.mail import Envelope, content_hash, external_id, read_mail
from servicedesk.channels.email.mime import read_tree
from servicedesk.channels.email.parse import parse_mail
from servicedesk.channels.email.quotes import LineKind, mark_lines, split_reply
from servicedesk.channels.protocol import ParseFailed
from servicedesk.domain.ids import MessageId, TicketId
from servicedesk.domain.messages import Address
from tests.fakes.mail import INBOX, MARKS, NOW, make_outbound

PIECES = st.sampled_from(
    [
        b"From: a@x\r\n", b"To: <", b"Subject: =?utf-8?q?", b"?=", b"\r\n", b"\n", b"\r",
        b"\r\n\r\n",
        b"Content-Type: multipart/mixed; boundary=b\r\n", b"Content-Type: message/rfc822\r\n",
        b"--b", b"--b--", b"Content-Transfer-Encoding: base64\r\n", b"=",
        b"Content-Type: text/html",
        b"Content-Type: multipart/alternative; boundary=\"b\"\r\n", b"<div><blockquote>", b"> ",
        b"On Mon, a@b wrote:", b"charset=gb2312;", b"\x1b$B", b"\xff\xfe", b"(", b")", b"\"", b"\\",
        b"Content-Disposition: attachment; filename*0*=utf-8''%", b"-- \n", b":", b";", b",", b"@",
        b"Content-Type: message/delivery-status\r\n", b"Final-Recipient: rfc822;",
        b"Action: failed",
        b"Content-Type: text/plain; charset=utf-7\r\n", b"+2AA-", b"=?utf-7?q?+2AA-?=",
        b"References: <", b"Message-ID: <", b"=00", b"=?utf-8?q?=00?=", b"&#0;&#xd800;",
        b"In-Reply-To: a\x00@b\r\n", b"Content-ID: <", b"filename*=utf-7''+2AA-",
        b"begin 644 a\n", b"From: ", b"Sent: ", b"&#x", b"<a href=", b"\x00",
    ]
)  # fmt: skip
MAILS = st.one_of(
    st.binary(max_size=2_000),
    st.lists(st.one_of(PIECES, st.binary(max_size=8)), max_size=60).map(b"".join),
)


@given(MAILS)
@settings(max_examples=400, deadline=None)
def test_any_bytes_are_read_without_an_exception(raw: bytes) -> None:
    mail = read_mail(raw, Envelope(), MARKS)
    assert external_id(mail, content_hash(mail))


@given(MAILS)
@settings(max_examples=400, deadline=None)
def test_no_text_of_a_mail_is_one_that_a_database_cannot_hold(raw: bytes) -> None:
    try:
        inbound = parse_mail(raw, INBOX, NOW, MARKS, Envelope("ann@x.example"))
    except ParseFailed:
        return
    for text in texts_in(asdict(inbound)):
        assert "\x00" not in text
        text.encode("utf-8")


@pytest.mark.parametrize(
    "raw",
    [
        b"From: a@x\r\nContent-Type: text/plain; charset=utf-7\r\n\r\n+2AA- hi",
        b"From: =?utf-7?q?+2AA-?= <a@x>\r\nSubject: =?utf-7?q?+2AA-?=\r\n\r\nhi",
        b"From: a@x\r\nReferences: <a\x00b@c>\r\nIn-Reply-To: <a\x00b@c>\r\n\r\nhi",
        b"From: a@x\r\nMessage-ID: <\x00\xff@c>\r\n\r\nhi",
        b"From: a@x\r\nContent-Type: text/html; charset=utf-7\r\n\r\n<p>+2AA- &#xd800;&#0;</p>",
        b"From: a@x\r\nContent-Type: application/x; name*=utf-7''+2AA-\r\n\r\nhi",
    ],
)
def test_odd_letters_that_were_met_are_stored(raw: bytes) -> None:
    for text in texts_in(asdict(parse_mail(raw, INBOX, NOW, MARKS))):
        assert "\x00" not in text
        text.encode("utf-8")


def texts_in(value: object) -> list[str]:
    """Every str anywhere in a value."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for one in value.values() for text in texts_in(one)]
    if isinstance(value, list | tuple):
        return [text for one in value for text in texts_in(one)]
    return []


@given(MAILS)
@settings(max_examples=150, deadline=None)
def test_same_bytes_always_have_the_same_id_and_hash(raw: bytes) -> None:
    first, second = (read_mail(raw, Envelope()) for _ in range(2))
    assert content_hash(first) == content_hash(second)
    assert external_id(first, content_hash(first)) == external_id(second, content_hash(second))


LINES = st.sampled_from(
    ["Hello", "", "> quoted", "On Mon, 2 Mar 2026, Bob <b@x> wrote:", "-- ", "From: Bob <b@x>",
     "Sent: Monday", "To: Ann", "Subject: x", "-----Original Message-----", "Sent from my iPhone",
     "Am 2.3.26 schrieb Bob:", "发件人: Bob", "________________________________", "see you"]
)  # fmt: skip
ANSWERED = {LineKind.ATTRIBUTION, LineKind.SIGNATURE}


@given(st.lists(LINES, max_size=25).map("\n".join))
def test_no_word_is_lost_between_reply_and_rest(text: str) -> None:
    split = split_reply(text)
    lines = text.split("\n")
    first = next((n for n, line in enumerate(lines) if line.strip() and line != "-- "), 0)
    # An attribution may be folded over two lines, and be known by what follows it.
    kinds = {mark_lines(lines)[first], mark_lines([lines[first], "> x"])[0]}
    assert sorted(f"{split.reply}\n{split.quoted}".split()) == sorted(text.split())
    assert split.reply.strip() or not text.strip() or kinds & ANSWERED


@given(
    st.text(), st.text(), st.text(), st.text(), st.dictionaries(st.text(), st.text(), max_size=3)
)
@settings(deadline=None)
def test_no_text_of_a_person_becomes_a_header(
    subject: str, name: str, text: str, answered: str, headers: dict[str, str]
) -> None:
    outbound = make_outbound(
        subject=subject,
        to=(Address("ann@x.example", name),),
        text=text,
        in_reply_to=answered,
        headers=headers,
    )
    expected = {"from", "to", "reply-to", "subject", "date", "message-id", "in-reply-to",
                "references", "x-servicedesk-loop", "mime-version", "content-type",
                "content-transfer-encoding"}  # fmt: skip
    message = message_from_bytes(compose(outbound, Sending(NOW, {}), MARKS))
    written = {key.lower() for key in message.keys()}  # noqa: SIM118  # a Message is no dict
    assert written <= expected | {key.lower() for key in headers}
    assert message.get_content_type() == "text/plain"
    assert message.defects == []


@given(st.uuids(), st.uuids())
def test_marks_are_read_back(ticket: UUID, message: UUID) -> None:
    address = MARKS.reply_address("support@desk.example", TicketId(ticket))
    found = MARKS.read_address(address)
    assert found is not None
    assert found.ticket_id == ticket
    message_id = MARKS.message_id(TicketId(ticket), MessageId(message), "x")
    assert MARKS.read_message_id(message_id) == (ticket, message)


@given(st.uuids(), st.integers(0, 38), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_no_altered_mark_is_believed(ticket: UUID, place: int, letter: str) -> None:
    local, _, domain = MARKS.reply_address("s@desk.example", TicketId(ticket)).partition("@")
    position = len(local) - 39 + place
    altered = f"{local[:position]}{letter}{local[position + 1 :]}@{domain}"
    found = MARKS.read_address(altered)
    # The last letter carries spare bits of base32 beside the MAC: they name nothing.
    assert found is None or (
        found.ticket_id == ticket and (place == 38 or altered == f"{local}@{domain}")
    )


@pytest.mark.parametrize("seed", range(25))
def test_well_formed_trees_are_read_as_the_standard_library_reads_them(seed: int) -> None:
    """Oracle: email.message_from_bytes on nested multiparts made at random."""
    dice = random.Random(seed)

    def entity(depth: int) -> bytes:
        if depth == 0 or dice.random() < 0.4:
            return b"Content-Type: text/x-%d\r\n\r\nwords %d" % (dice.randrange(9), depth)
        boundary = b"b%d-%d" % (depth, dice.randrange(10**9))
        parts = b"".join(
            b"--%s\r\n%s\r\n" % (boundary, entity(depth - 1)) for _ in range(dice.randint(1, 4))
        )
        return b"Content-Type: multipart/mixed; boundary=%s\r\n\r\n%s--%s--\r\n" % (
            boundary, parts, boundary,
        )  # fmt: skip

    raw = b"From: a@x\r\n" + entity(4)
    ours = [
        (part.content_type, b"" if part.children else part.content())
        for part in read_tree(raw, []).walk()
    ]
    theirs = [
        (part.get_content_type(), b"" if part.is_multipart() else part.get_payload(decode=True))
        for part in message_from_bytes(raw).walk()
    ]
    assert ours == theirs
