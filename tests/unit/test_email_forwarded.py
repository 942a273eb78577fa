"""Who wrote a mail that somebody else passed on."""

import pytest

from servicedesk.channels.email.mail import Envelope, Mail, read_mail
from tests.fakes.mail import make_mail


def read(body: str, subject: str = "Fwd: Offer", headers: str = "") -> Mail:
    return read_mail(make_mail(f"Subject: {subject}\n{headers}", body), Envelope())


@pytest.mark.parametrize(
    "head",
    [
        (
            "---------- Forwarded message ---------\nFrom: Eve Other <eve@x.example>\n"
            "Date: Mon, 2 Mar 2026\nSubject: Offer\nTo: <ann@contact.example>"
        ),
        (
            "Begin forwarded message:\n\nFrom: Eve Other <eve@x.example>\nSubject: Offer\n"
            "Date: 2 March 2026\nTo: ann@contact.example"
        ),
        (
            "-----Original Message-----\nFrom: Eve Other [mailto:eve@x.example]\n"
            "Sent: Monday, March 2, 2026\nTo: Ann\nSubject: Offer"
        ),
        "Von: Eve Other <eve@x.example>\nGesendet: Montag, 2. März 2026\nAn: Ann\nBetreff: Angebot",
        "De : Eve Other <eve@x.example>\nEnvoyé : lundi 2 mars 2026\nÀ : Ann\nObjet : Offre",
        (
            "-------- Weitergeleitete Nachricht --------\nBetreff: Angebot\nDatum: 2.3.2026\n"
            "Von: Eve Other <eve@x.example>\nAn: ann@contact.example"
        ),
        "发件人: Eve Other <eve@x.example>\n发送时间: 2026年3月2日\n收件人: Ann\n主题: 报价",
        "*From:* Eve Other <eve@x.example>\n*Sent:* Monday\n*To:* Ann",
        "From: Eve Other <eve@x.example<mailto:eve@x.example>>\nSent: Monday\nTo: Ann",
    ],
)
def test_head_above_a_forwarded_mail_names_its_author(head: str) -> None:
    author = read(f"Please answer this one.\n\n{head}\n\nWhat does it cost?").original_author
    assert author is not None
    assert (author.name, author.value) == ("Eve Other", "eve@x.example")


@pytest.mark.parametrize(
    "subject", ["FW: Offer", "WG: Angebot", "TR : Offre", "RV: Oferta", "转发：报价", "転送: 見積"]
)
def test_forward_is_known_by_its_subject_in_many_languages(subject: str) -> None:
    head = "From: Eve Other <eve@x.example>\nSent: Monday\nTo: Ann"
    assert read(f"See below.\n\n{head}\n\nHi", subject).original_author is not None


def test_reply_with_the_same_head_has_no_other_author() -> None:
    head = "From: Eve Other <eve@x.example>\nSent: Monday\nTo: Ann\nSubject: Offer"
    assert read(f"I take it.\n\n{head}\n\nHi", "Re: Offer").original_author is None


def test_attached_message_names_its_author() -> None:
    attached = "Content-Type: message/rfc822\n\nFrom: Eve <eve@x.example>\nSubject: Offer\n\nHi"
    mail = read(f"--b\n\nSee there.\n--b\n{attached}\n--b--", "Look",
                "Content-Type: multipart/mixed; boundary=b")  # fmt: skip
    assert mail.original_author is not None
    assert mail.original_author.value == "eve@x.example"
    assert [file.filename for file in mail.attachments] == ["Offer.eml"]


def test_mail_that_came_back_was_not_forwarded() -> None:
    report = (
        "--b\n\nNot delivered.\n--b\nContent-Type: message/delivery-status\n\n"
        "Final-Recipient: rfc822; bob@x\nAction: failed\nStatus: 5.1.1\n\n--b\n"
        "Content-Type: message/rfc822\n\nFrom: desk@desk.example\n\nHi\n--b--"
    )
    headers = "Content-Type: multipart/report; report-type=delivery-status; boundary=b"
    assert read(report, "Undelivered", headers).original_author is None


@pytest.mark.parametrize("body", ["", "From: ", "From: nobody\nSent: x", "Just words"])
def test_forward_that_names_nobody_has_no_author(body: str) -> None:
    assert read(body).original_author is None
