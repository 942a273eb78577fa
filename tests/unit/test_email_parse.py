"""Raw mail → Inbound: what the desk gets to know beside the words."""

from servicedesk.channels.email.mail import Envelope
from servicedesk.channels.email.parse import parse_mail
from servicedesk.domain.messages import Address, FailedRecipient, Inbound, MailClass
from tests.fakes.mail import INBOX, MARKS, NOW, make_mail


def parse(headers: str, body: str = "Hello", envelope: Envelope | None = None) -> Inbound:
    return parse_mail(make_mail(headers, body), INBOX, NOW, MARKS, envelope or Envelope())


def test_bounce_names_its_failed_recipients_one_by_one() -> None:
    inbound = parse(
        "From: MAILER-DAEMON@mx.x\nSubject: Undelivered\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b",
        "--b\n\nSorry.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.x\n\n"
        "Final-Recipient: rfc822; Ann@x.example\nAction: failed\nStatus: 5.1.1\n"
        "Diagnostic-Code: smtp; 550 5.1.1 User unknown\n\n"
        "Final-Recipient: rfc822; bob@x.example\nAction: failed\nStatus: 5.2.2\n"
        "Diagnostic-Code: smtp; 552 Mailbox full\n\n--b\nContent-Type: message/rfc822\n\n"
        "Message-ID: <sent@desk>\n\nHi\n--b--",
    )
    assert inbound.mail_class is MailClass.BOUNCE_HARD
    assert inbound.failures == (
        FailedRecipient(
            "ann@x.example", "5.1.1", True, "user-unknown", "550 5.1.1 User unknown", "sent@desk"
        ),
        FailedRecipient(
            "bob@x.example", "5.2.2", False, "mailbox-full", "552 Mailbox full", "sent@desk"
        ),
    )


def test_mail_of_a_person_has_neither_failures_nor_hops() -> None:
    inbound = parse("Subject: Hello")
    assert inbound.failures == ()
    assert inbound.hops == 0


def test_mail_that_passed_here_says_how_often() -> None:
    inbound = parse(f"X-Servicedesk-Loop: {MARKS.loop_header(3)}")
    assert inbound.hops == 3
    assert inbound.mail_class is MailClass.OWN_LOOP


def test_name_that_only_repeats_the_address_is_none() -> None:
    assert parse('From: "Ann@x.example" <ann@x.example>').sender == Address("ann@x.example")


def test_list_is_known_by_the_id_between_its_brackets() -> None:
    assert parse("List-Id: Our list <Users.List.example>").list_id == "users.list.example"
    assert parse("Subject: none").list_id == ""
