"""Which headers make a mail more than a person's word."""

import pytest

from servicedesk.channels.email.mail import Envelope, read_mail
from servicedesk.domain.messages import MailClass
from tests.fakes.mail import MARKS, make_mail


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ("Subject: My order", MailClass.PERSON),
        ("Subject: Re: out of stock", MailClass.PERSON),
        ("Auto-Submitted: no", MailClass.PERSON),
        ("Auto-Submitted: auto-replied", MailClass.AUTO_REPLY),
        ("Auto-Submitted: auto-generated (failure)", MailClass.AUTO_REPLY),
        ("Auto-Submitted: auto-replied (vacation)", MailClass.OUT_OF_OFFICE),
        ("Subject: Automatic reply: My order", MailClass.OUT_OF_OFFICE),
        ("Subject: Automatische Antwort: Bestellung", MailClass.OUT_OF_OFFICE),
        ("Subject: 自动回复：订单", MailClass.OUT_OF_OFFICE),
        ("X-MS-Exchange-Inbox-Rules-Loop: ann@x", MailClass.OUT_OF_OFFICE),
        ("X-Autoreply: yes", MailClass.AUTO_REPLY),
        ("X-Autoreply: no", MailClass.PERSON),
        ("X-Auto-Response-Suppress: All", MailClass.AUTO_REPLY),
        ("X-Auto-Response-Suppress: DR", MailClass.PERSON),
        ("Precedence: auto_reply", MailClass.AUTO_REPLY),
        ("Precedence: bulk", MailClass.MAILING_LIST),
        ("List-Id: <talk.x>", MailClass.MAILING_LIST),
        ("X-Spam-Flag: YES", MailClass.SPAM),
        ("X-Spam-Status: No, score=1", MailClass.PERSON),
        ("X-Spam-Status: Yes, score=9.1 required=5.0", MailClass.SPAM),
        ("X-MS-Exchange-Organization-SCL: 5", MailClass.SPAM),
        ("X-MS-Exchange-Organization-SCL: -1", MailClass.PERSON),
        ("X-Forefront-Antispam-Report: CIP:192.0.2.1;CTRY:US;SFV:SPM;H:x", MailClass.SPAM),
        ("X-Forefront-Antispam-Report: CIP:192.0.2.1;SFV:NSPM", MailClass.PERSON),
        ("X-Bogosity: Ham, tests=bogofilter", MailClass.PERSON),
        ("X-DSPAM-Result: Innocent", MailClass.PERSON),
        (f"X-Servicedesk-Loop: {MARKS.loop_header(1)}", MailClass.OWN_LOOP),
        ("X-Servicedesk-Loop: other.aaaaaaaaaaaaaaaa; hops=1", MailClass.PERSON),
        ("Content-Type: multipart/report; report-type=disposition-notification; boundary=b",
         MailClass.AUTO_REPLY),
    ],
)  # fmt: skip
def test_headers_decide_the_class(headers: str, expected: MailClass) -> None:
    mail = read_mail(make_mail(headers), Envelope(sender="ann@contact.example"), MARKS)
    assert mail.mail_class is expected


@pytest.mark.parametrize(
    ("raw", "sender", "expected"),
    [
        (b"\r\nhi\r\n", "", MailClass.AUTO_REPLY),
        (make_mail("Subject: My order"), "", MailClass.AUTO_REPLY),
        (make_mail("List-Id: <talk.x>"), "", MailClass.MAILING_LIST),
        (make_mail("Subject: My order"), None, MailClass.PERSON),
    ],
)
def test_mail_with_the_null_sender_is_never_a_person_s(
    raw: bytes, sender: str | None, expected: MailClass
) -> None:
    assert read_mail(raw, Envelope(sender=sender), MARKS).mail_class is expected
