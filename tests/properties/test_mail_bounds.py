"""Input made to be slow or large costs no more than ordinary input of its size."""

import time

import pytest

from servicedesk.channels.email.html_bounds import within_bounds
from servicedesk.channels.email.mail import Envelope, read_mail
from servicedesk.channels.email.sanitize import sanitize

MEGABYTES = 1_000_000
HEAD = b"From: a@x\r\nSubject: large\r\n"


@pytest.mark.parametrize(
    "page_text",
    [
        "<div>" * 100_000,
        "<b>x<p>" * 100_000,
        "<font size=1><p>x" * 50_000,
        "&a" * 500_000,
        "&nbsp;a" * 100_000,
        "<a " + " ".join(f"a{number}" for number in range(100_000)) + ">x",
        "<a " + "/".join(f"a{number}" for number in range(100_000)) + ">x",
        "<table><td>" * 50_000,
        "<" * 1_000_000,
        "<!--" * 200_000,
    ],
    ids=lambda text: text[:12],
)
def test_page_made_to_be_slow_is_cleaned_in_bounded_size(page_text: str) -> None:
    bounded = within_bounds(page_text)
    assert bounded.count("<div>") <= 300
    assert bounded.count("&") <= 20_000
    assert len(sanitize(page_text).html) < 10 * len(page_text)


LARGE = {
    "empty lines": HEAD + b"\n" * 24 * MEGABYTES,
    "one line": HEAD + b"\n" + b"x" * 24 * MEGABYTES,
    "headers": b"A: b\n" * (4 * MEGABYTES),
    "one header": b"Subject: " + b"=?utf-8?q?a?= " * (MEGABYTES + MEGABYTES // 2),
    "addresses": b"To: " + b"a@x, " * (4 * MEGABYTES),
    "quotes": HEAD + b"\n" + b"> a\n" * (6 * MEGABYTES),
    "base64": HEAD + b"Content-Transfer-Encoding: base64\n\n" + b"QUJDRA==\n" * (2 * MEGABYTES),
    "delimiters": HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n"
    + b"--b\n\n" * (4 * MEGABYTES),
    "almost delimiters": HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n"
    + b"--bx\n" * (4 * MEGABYTES),
    "nested messages": b"Content-Type: message/rfc822\n\n" * 800_000,
    "nested multiparts": b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(20_000)
    ) + b"x\n" * (10 * MEGABYTES),
    "page": HEAD + b"Content-Type: text/html\n\n" + b"<div>&a" * (3 * MEGABYTES),
    "attribution": HEAD + b"\n" + b"On 1 wrote " * (2 * MEGABYTES),
    "report": HEAD + b"Content-Type: message/delivery-status\n\n"
    + b"Action: failed\n\n" * MEGABYTES,
}  # fmt: skip


@pytest.mark.parametrize("raw", LARGE.values(), ids=LARGE.keys())
def test_largest_mail_is_read_in_bounded_time(raw: bytes) -> None:
    """The goal is 2 s of one core (issue 2); twice that fails, so that a busy machine does not."""
    began = time.process_time()
    read_mail(raw, Envelope())
    assert time.process_time() - began < 4.0
