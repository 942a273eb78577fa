"""Whose Authentication-Results are believed, and what they say."""

import pytest

from servicedesk.channels.email.authentication import is_authenticated, read_results
from servicedesk.channels.email.mail import Envelope
from servicedesk.channels.email.parse import parse_mail
from servicedesk.domain.messages import MailClass
from tests.fakes.mail import INBOX, MARKS, NOW, make_mail

TRUSTED = ("mx.desk.example",)


def verdict(*headers: str, address: str = "ann@contact.example") -> bool | None:
    split = [line.split(": ", 1) for line in headers]
    return is_authenticated(
        [(name.lower(), value.encode()) for name, value in split], TRUSTED, address
    )


def results(text: str, host: str = "mx.desk.example") -> str:
    return f"Authentication-Results: {host}; {text}"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (results("dmarc=pass (p=REJECT) header.from=contact.example"), True),
        (results("dmarc=fail (p=NONE) header.from=contact.example; spf=pass"), False),
        (results("dkim=pass header.d=contact.example"), True),
        (results("dkim=pass header.i=@mail.contact.example header.s=k1"), True),
        (results("dkim=pass header.d=thief.example"), False),
        (results("dkim=pass header.d=example"), False),
        (results("spf=pass (mx: domain of a@contact.example) smtp.mailfrom=a@contact.example"),
         True),
        (results("spf=pass smtp.mailfrom=bounce@list.example"), False),
        (results("spf=fail smtp.mailfrom=ann@contact.example; dkim=none"), False),
        (results("spf=none; dkim=none; dmarc=none"), None),
        (results("none"), None),
        (results("dmarc=pass header.from=other.example"), False),
        (results("dmarc=pass header.from=contact.example", "mx.thief.example"), None),
        (results("dmarc=pass header.from=contact.example", "MX.Desk.Example 1"), True),
        (results("x=(dmarc=pass header.from=contact.example)"), None),
        ("Subject: nothing said", None),
    ],
)  # fmt: skip
def test_only_what_a_trusted_host_says_of_the_sender_s_domain_counts(
    header: str, expected: bool | None
) -> None:
    assert verdict(header) is expected


def test_results_below_the_trusted_hop_are_not_read() -> None:
    outer = results("spf=softfail smtp.mailfrom=ann@contact.example")
    forged = results("dmarc=pass header.from=contact.example")
    assert verdict("Received: x", outer, "Received: y", forged) is False
    assert verdict(outer, forged) is True


def test_header_is_taken_apart_with_its_comments() -> None:
    host, found = read_results("h.example 1 (c (c)); spf=pass (a; b=c) smtp.mailfrom=x.example")
    assert host == "h.example"
    assert [(one.method, one.verdict, one.domain) for one in found] == [
        ("spf", "pass", "x.example")
    ]


def test_inbound_carries_the_verdict_of_named_hosts_only() -> None:
    raw = make_mail(results("dmarc=pass header.from=contact.example"))
    told = parse_mail(raw, INBOX, NOW, MARKS, Envelope(trusted_hosts=TRUSTED))
    assert told.authenticated is True
    assert parse_mail(raw, INBOX, NOW, MARKS).authenticated is None


OURS = "Received: from evil.example (evil.example [192.0.2.1]) by mx.desk.example with ESMTP id 1"
INNER = "Received: from mx.desk.example by imap.desk.example with LMTP"
BARE = "Received: by 2002:a05:6402:1 with SMTP id x"
THEIRS = "Received: from laptop by mail.evil.example with ESMTPS"
DISGUISED = "Received: from by (evil.example) by mx.desk.example with SMTP"
PASSES = results("dmarc=pass header.from=contact.example")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ((PASSES, OURS, THEIRS), True),
        ((OURS, PASSES, THEIRS), True),
        ((INNER, OURS, PASSES), True),
        ((INNER, PASSES, OURS), True),
        ((BARE, OURS, PASSES), True),
        ((OURS, THEIRS, PASSES), None),
        ((OURS, "Received: from a by mx.desk.example", PASSES), None),
        ((OURS, "Received: from a", PASSES), None),
        ((THEIRS, PASSES), None),
        ((INNER, THEIRS, PASSES), None),
        ((DISGUISED, BARE, PASSES), None),
    ],
)
def test_what_the_sender_may_have_written_is_no_result_of_ours(
    headers: tuple[str, ...], expected: bool | None
) -> None:
    assert verdict(*headers) is expected


@pytest.mark.parametrize(
    ("headers", "trusted", "expected"),
    [
        (("X-Spam-Flag: YES", OURS, THEIRS), TRUSTED, MailClass.SPAM),
        ((OURS, "X-Spam-Flag: YES", THEIRS), TRUSTED, MailClass.SPAM),
        ((OURS, THEIRS, "X-Spam-Flag: YES"), TRUSTED, MailClass.PERSON),
        (("X-Spam-Flag: NO", OURS, THEIRS, "X-Spam-Flag: YES"), TRUSTED, MailClass.PERSON),
        ((OURS, THEIRS, "X-Spam-Flag: YES"), (), MailClass.SPAM),
    ],
)
def test_the_sender_s_own_spam_filter_decides_nothing_once_we_know_ours(
    headers: tuple[str, ...], trusted: tuple[str, ...], expected: MailClass
) -> None:
    raw = make_mail("\n".join((*headers, "From: ann@contact.example")))
    told = parse_mail(raw, INBOX, NOW, MARKS, Envelope("ann@contact.example", (), trusted))
    assert told.mail_class is expected
