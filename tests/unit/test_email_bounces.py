"""Delivery reports and the notices that only look like one."""

import pytest

from servicedesk.channels.email.bounce_judge import is_after_data, reason_of
from servicedesk.channels.email.mail import Envelope, Mail, read_mail
from servicedesk.domain.messages import MailClass
from tests.fakes.mail import make_mail


def report(fields: str, words: str = "Your mail could not be delivered.") -> Mail:
    body = (
        f"--b\n\n{words}\n--b\nContent-Type: message/delivery-status\n\n"
        f"Reporting-MTA: dns; mx.example\n\n{fields}\n\n--b\nContent-Type: message/rfc822\n\n"
        "Message-ID: <sent@desk>\nTo: bob@x.example\n\nHi\n--b--"
    )
    headers = (
        "From: MAILER-DAEMON@mx.example\nSubject: Undelivered Mail Returned to Sender\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b"
    )
    return read_mail(make_mail(headers, body), Envelope(sender=""))


def notice(body: str, subject: str = "failure notice", author: str = "MAILER-DAEMON@mx.x") -> Mail:
    return read_mail(
        make_mail(f"From: {author}\nTo: desk@d.x\nSubject: {subject}", body), Envelope()
    )


FAILED = "Final-Recipient: rfc822; bob@x.example\nAction: failed\n"


@pytest.mark.parametrize(
    ("fields", "status", "kind", "reason"),
    [
        ("Status: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 User unknown", "5.1.1", "hard",
         "user-unknown"),
        ("Status: 5.1.2\nDiagnostic-Code: dns; Host not found", "5.1.2", "hard", "host-unknown"),
        ("Status: 5.2.2\nDiagnostic-Code: smtp; 552 Mailbox is full", "5.2.2", "soft",
         "mailbox-full"),
        ("Status: 5.0.0\nDiagnostic-Code: smtp; 550 5.7.26 DMARC check failed", "5.7.26", "soft",
         "auth-failure"),
        ("Status: 5.7.1\nDiagnostic-Code: smtp; 554 blocked using zen.spamhaus.org", "5.7.1",
         "soft", "blocked"),
        ("Status: 4.4.7\nDiagnostic-Code: smtp; delivery expired", "4.4.7", "soft", "expired"),
        ("Status: 5.1.6\nDiagnostic-Code: smtp; 550 recipient no longer on server", "5.1.6", "hard",
         "has-moved"),
        ("Status: 5.1.8\nDiagnostic-Code: smtp; 553 Domain of sender address does not exist",
         "5.1.8", "soft", "rejected"),
        ("Diagnostic-Code: smtp; 550 No such user here", "5.0.0", "hard", "user-unknown"),
    ],
)  # fmt: skip
def test_report_says_who_why_and_whether_for_ever(
    fields: str, status: str, kind: str, reason: str
) -> None:
    mail = report(FAILED + fields)
    assert mail.mail_class is (MailClass.BOUNCE_HARD if kind == "hard" else MailClass.BOUNCE_SOFT)
    (bounce,) = mail.bounces
    assert (bounce.recipient, bounce.status, bounce.kind) == ("bob@x.example", status, kind)
    assert bounce.reason == reason
    assert bounce.original_message_id == "sent@desk"


def test_report_names_each_failed_recipient_once() -> None:
    other = "Final-Recipient: rfc822; eve@x.example\nAction: failed\nStatus: 5.2.2"
    mail = report(f"{FAILED}Status: 5.1.1\n\n{other}\n\n{FAILED}Status: 5.1.1")
    assert [bounce.recipient for bounce in mail.bounces] == ["bob@x.example", "eve@x.example"]


def test_report_of_success_is_no_bounce() -> None:
    mail = report("Final-Recipient: rfc822; bob@x.example\nAction: delivered\nStatus: 2.0.0")
    assert mail.bounces == ()
    assert mail.mail_class is MailClass.AUTO_REPLY


def test_delay_is_soft_whatever_its_reason() -> None:
    (bounce,) = report(FAILED.replace("failed", "delayed") + "Status: 4.1.1").bounces
    assert bounce.kind == "soft"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("550 Unknown user (in reply to RCPT TO command)", "user-unknown"),
        ("550 Unknown user (in reply to end of DATA command)", "filtered"),
    ],
)
def test_refusal_after_the_mail_was_seen_does_not_kill_the_address(words: str, reason: str) -> None:
    assert reason_of("5.0.0", words, refused_after_data=is_after_data(words)) == reason


def test_name_of_an_address_is_no_reason() -> None:
    assert reason_of("", "550 <spam-virus@x.example>: mailbox is full") == "mailbox-full"


QMAIL = (
    "Hi. This is the qmail-send program at mx.x.\n"
    "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
    "\n"
    "<bob@x.example>:\n192.0.2.1 does not like recipient.\n"
    "Remote host said: 550 5.1.1 User unknown\n\n"
    "<eve@x.example>:\nRemote host said: 552 5.2.2 Mailbox full\n\n"
    "--- Below this line is a copy of the message.\n"
    "\nReturn-Path: <desk@d.x>\nTo: other@x.example\n"
)


def test_notice_without_report_names_recipients_with_their_own_words() -> None:
    found = [(bounce.recipient, bounce.status, bounce.kind) for bounce in notice(QMAIL).bounces]
    assert found == [("bob@x.example", "5.1.1", "hard"), ("eve@x.example", "5.2.2", "soft")]


@pytest.mark.parametrize(
    ("author", "subject", "body"),
    [
        ("Ann <ann@x.example>", "failure notice", QMAIL),
        ("Ann <ann@x.example>", "Undelivered parcel", "My parcel was returned to sender."),
        ("postmaster@x.example", "Question about your relay", "Could you look at this log?"),
        ("root@x.example", "Cron", "backup failed: rejected"),
    ],
)
def test_person_who_writes_about_a_failure_is_a_person(
    author: str, subject: str, body: str
) -> None:
    mail = notice(body, subject, author)
    assert mail.bounces == ()
    assert mail.mail_class is MailClass.PERSON


def test_vacation_responder_without_sender_is_no_bounce() -> None:
    headers = "From: Ann <ann@x.example>\nReturn-Path: <>\nSubject: Out of office: My order"
    mail = read_mail(make_mail(headers, "I cannot be reached until Monday."), Envelope(sender=""))
    assert mail.bounces == ()
    assert mail.mail_class is MailClass.OUT_OF_OFFICE


def test_feedback_report_is_told_from_a_bounce() -> None:
    raw = make_mail(
        "Content-Type: multipart/report; report-type=feedback-report; boundary=b",
        "--b\n\nabuse\n--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n--b--",
    )
    assert read_mail(raw, Envelope()).mail_class is MailClass.FEEDBACK_REPORT


ATTACHED = (
    "--x\n\nSince Monday I get the attached mail. What is wrong?\n--x\n"
    "Content-Type: message/rfc822\n\nFrom: MAILER-DAEMON@mx.example\nSubject: Undelivered Mail\n"
    "Content-Type: multipart/report; report-type=delivery-status; boundary=y\n\n"
    "--y\n\nsorry\n--y\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n"
    f"{FAILED}Status: 5.1.1\n\n--y--\n--x--"
)
BESIDE = (
    "--x\n\nI cannot reach you, see this.\n--x\nContent-Type: message/delivery-status\n\n"
    f"Reporting-MTA: dns; mx\n\n{FAILED}Status: 5.1.1\n\n--x--"
)


@pytest.mark.parametrize("body", [ATTACHED, BESIDE])
@pytest.mark.parametrize(
    ("author", "sender", "expected"),
    [
        ("Ann <ann@c.example>", "ann@c.example", MailClass.PERSON),
        ("Ann <ann@c.example>", None, MailClass.PERSON),
        ("MAILER-DAEMON@gateway.example", None, MailClass.BOUNCE_HARD),
        ("Gateway <mail@gateway.example>", "", MailClass.BOUNCE_HARD),
    ],
)
def test_bounce_in_a_person_s_mail_is_no_bounce_of_theirs(
    body: str, author: str, sender: str | None, expected: MailClass
) -> None:
    headers = (
        f"From: {author}\nSubject: My mails come back\nContent-Type: multipart/mixed; boundary=x"
    )
    mail = read_mail(make_mail(headers, body), Envelope(sender))
    assert mail.mail_class is expected
    assert bool(mail.bounces) is (expected is not MailClass.PERSON)


def test_complaint_in_a_person_s_mail_is_no_complaint_of_theirs() -> None:
    body = (
        "--x\n\nLook:\n--x\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n\n--x--"
    )
    headers = "From: ann@c.example\nSubject: x\nContent-Type: multipart/mixed; boundary=x"
    assert read_mail(make_mail(headers, body), Envelope()).mail_class is MailClass.PERSON


@pytest.mark.parametrize(
    ("path", "sender", "expected"),
    [
        ("<>", None, MailClass.AUTO_REPLY),
        ("<ann@c.example>", None, MailClass.PERSON),
        ("<>", "ann@c.example", MailClass.PERSON),
    ],
)
def test_null_sender_of_a_mail_from_a_mailbox_stands_in_return_path(
    path: str, sender: str | None, expected: MailClass
) -> None:
    headers = f"Return-Path: {path}\nFrom: Ann <ann@c.example>\nSubject: I am away"
    assert read_mail(make_mail(headers, "until Monday"), Envelope(sender)).mail_class is expected
