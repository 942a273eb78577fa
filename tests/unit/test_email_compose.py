"""What goes out: readable again, threaded, and nothing in it that was not meant."""

from email import message_from_bytes

import pytest

from servicedesk.channels.email.compose import Sending, compose, trim_references
from servicedesk.channels.email.mail import Envelope, read_mail
from servicedesk.domain.errors import BadInput
from servicedesk.domain.messages import Address, MailClass, OutboundAttachment
from tests.fakes.mail import MARKS, NOW, TICKET, make_outbound

FILE = OutboundAttachment("a.pdf", "application/pdf", "sha-a", 3)
PICTURE = OutboundAttachment("p.png", "image/png", "sha-p", 3, inline=True, content_id="pic")
SENDING = Sending(NOW, {"sha-a": b"PDF", "sha-p": b"PNG"})


def composed(**changes: object) -> bytes:
    return compose(make_outbound(**changes), SENDING, MARKS)


def test_answer_finds_home_by_signed_address_and_signed_id() -> None:
    mail = read_mail(composed(), Envelope())
    assert mail.reply_to is not None
    marked = MARKS.read_address(mail.reply_to.value)
    assert marked is not None
    assert marked.ticket_id == TICKET
    named = MARKS.read_message_id(mail.message_id)
    assert named is not None
    assert named[0] == TICKET


def test_plain_reply_address_where_plus_signs_are_not_delivered() -> None:
    sending = Sending(NOW, {}, signed_reply_address=False)
    assert b"Reply-To" not in compose(make_outbound(), sending, MARKS)


def test_second_attempt_has_the_same_bytes() -> None:
    changes = {"html": "<p>x</p>", "attachments": (FILE, PICTURE)}
    assert composed(**changes) == composed(**changes)


def test_page_picture_and_file_stand_in_their_places() -> None:
    message = message_from_bytes(composed(html="<img src=cid:pic>", attachments=(FILE, PICTURE)))
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
        "application/pdf",
    ]


def test_bcc_is_in_no_header() -> None:
    assert b"secret@x.example" not in composed(bcc=(Address("secret@x.example"),))


def test_automatic_mail_asks_for_no_answer() -> None:
    message = message_from_bytes(composed(automatic=True, in_reply_to="a@x"))
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["Precedence"] == "bulk"
    assert "AutoReply" in message["X-Auto-Response-Suppress"]
    assert MARKS.own_hops(message["X-Servicedesk-Loop"]) == 1


def test_person_s_mail_is_not_marked_automatic() -> None:
    message = message_from_bytes(composed())
    assert message["Auto-Submitted"] is None
    assert message["X-Servicedesk-Loop"] is None


@pytest.mark.parametrize(
    ("automatic", "expected"), [(False, MailClass.PERSON), (True, MailClass.OWN_LOOP)]
)
def test_mail_between_two_inboxes_of_this_desk_is_a_person_s_unless_it_was_automatic(
    automatic: bool, expected: MailClass
) -> None:
    raw = composed(automatic=automatic, to=(Address("sales@desk.example"),))
    assert read_mail(raw, Envelope("support@desk.example"), MARKS).mail_class is expected


def test_automatic_mail_counts_how_often_it_went_round() -> None:
    message = message_from_bytes(composed(automatic=True, hops=3))
    assert MARKS.own_hops(message["X-Servicedesk-Loop"]) == 4


@pytest.mark.parametrize("automatic", [True, False])
def test_only_automatic_mail_offers_to_be_taken_off(automatic: bool) -> None:
    headers = {"List-Unsubscribe": "<https://desk.example/off>", "X-Note": "1"}
    message = message_from_bytes(composed(automatic=automatic, headers=headers))
    assert (message["List-Unsubscribe"] is not None) is automatic
    assert message["X-Note"] == "1"


@pytest.mark.parametrize(("given", "kept"), [(3, 3), (10, 10), (11, 10), (500, 10)])
def test_references_keep_the_first_four_and_the_last_six(given: int, kept: int) -> None:
    references = [f"r{number}@x" for number in range(given)]
    trimmed = trim_references(references)
    assert len(trimmed) == kept
    assert trimmed[:3] == references[:3]
    assert trimmed[-1] == references[-1]


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "Hi\r\nBcc: thief@x.example"},
        {"subject": "Hi\r\n\r\nbody of the thief"},
        {"subject": "Hi\u2028Bcc: thief@x.example"},
        {"to": (Address("ann@x.example", "Ann\r\nBcc: thief@x.example"),)},
        {"subject": "=?utf-8?Q?Hi=0D=0ABcc:_thief@x.example?="},
        {"to": (Address("ann@x.example", "=?utf-8?Q?Hi=0D=0ABcc:_thief@x.example?="),)},
        {"in_reply_to": "a@x>\r\nBcc: thief@x.example"},
        {"references": ("a@x\r\nBcc: thief@x.example",)},
        {"external_id": "a@x\r\nBcc: thief@x.example"},
        {"headers": {"X-Note": "a\r\nBcc: thief@x.example"}},
        {"headers": {"Bcc": "thief@x.example"}},
        {"headers": {"X-A: b\r\nBcc": "thief@x.example"}},
        {"attachments": (OutboundAttachment('a"\r\nBcc: thief@x.example', "text/x", "sha-a", 3),)},
        {"attachments": (OutboundAttachment("a", "text/x\r\nBcc: thief@x", "sha-a", 3),)},
        {"attachments": (OutboundAttachment("a", "multipart/mixed", "sha-a", 3),)},
    ],
)
def test_no_value_becomes_a_header_or_body_of_its_own(changes: dict[str, object]) -> None:
    raw = composed(**changes)
    message = message_from_bytes(raw)
    assert message["Bcc"] is None
    assert not any(line.lower().startswith(b"bcc:") for line in raw.split(b"\r\n"))
    assert read_mail(raw, Envelope()).text == "It is on its way."


@pytest.mark.parametrize(
    "value",
    ["", "ann", "ann@", "@x.example", "a b@x.example", "a@x\r\nBcc: b@x", "<a@x>", "a@x..example"],
)
def test_address_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(BadInput):
        composed(to=(Address(value),))


def test_address_beyond_ascii_is_written_as_it_can_travel() -> None:
    raw = composed(to=(Address("ann@bücher.example"), Address("用户@x.example")))
    assert b"xn--bcher-kva.example" in raw
    assert "用户@x.example".encode() in raw


def test_quoted_address_that_cannot_be_kept_as_written_is_refused_not_changed() -> None:
    with pytest.raises(BadInput):
        composed(to=(Address('"john smith"@z.example'),))
    assert b"john.smith@z.example" in composed(to=(Address('"john.smith"@z.example'),))
