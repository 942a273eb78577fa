"""Mails of 25 MB that were made to cost much, each for another part of the reading."""

import base64
import struct
from collections.abc import Callable

from tests.fakes.winmail import BEGIN_FILE, FILE, make_properties, make_winmail, text

SIZE = 25_000_000
HEAD = b"From: a@x\r\nSubject: large\r\n"
MIXED = HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n"
PAGE = HEAD + b"Content-Type: text/html\n\n"
TEXT = HEAD + b"Content-Type: text/plain\n\n"
REPORT = HEAD + b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"


def fill(head: bytes, piece: bytes, size: int = SIZE) -> bytes:
    return head + piece * ((size - len(head)) // len(piece))


def numbered(head: bytes, pattern: bytes, count: int) -> bytes:
    return head + b"".join(pattern % ((n,) * pattern.count(b"%d")) for n in range(count))


def packed(stream: bytes) -> bytes:
    """A stream as winmail.dat."""
    head = HEAD + b"Content-Type: application/ms-tnef\nContent-Transfer-Encoding: base64\n\n"
    return head + base64.encodebytes(stream[: SIZE * 7 // 10])


def values(count: int, kind: int = 0x101E) -> bytes:
    """One property that says it has `count` values, all empty."""
    return struct.pack("<IHHI", 1, kind, 0x3707, count) + b"\0" * (4 * count)


def nested_streams() -> bytes:
    stream = b"x" * 15_000_000
    for _ in range(8):
        inner = bytes.fromhex("0703020000000000c000000000000046") + stream
        stream = make_winmail(BEGIN_FILE, (FILE, 0x69005, make_properties([(0x0D, 0x3701, inner)])))
    return stream


SENT_BACK = b"From: MAILER-DAEMON@b.example\nReturn-Path: <>\nSubject: Undelivered Mail\n"


def report_of(recipients: int, words: bytes, field: bytes = b"") -> bytes:
    """A delivery report with a text of its own, and `field` in each recipient's block."""
    blocks = b"Final-Recipient: rfc822; a%d@x\nAction: failed\nStatus: 5.0.0\n" + field + b"\n"
    return (
        REPORT + b"--b\n\n" + words + b"\n"
        + numbered(b"--b\nContent-Type: message/delivery-status\n\n", blocks, recipients)
    )  # fmt: skip


# Small mails that took half a minute: patterns that looked for the end of a word from each letter.
SMALL: dict[str, Callable[[], bytes]] = {
    "subject of deliver": lambda: HEAD[:11] + fill(b"Subject: ", b"deliver", 98_000) + b"\n\nhi",
    "subject of zustell": lambda: HEAD[:11] + fill(b"Subject: ", b"zustell", 98_000) + b"\n\nhi",
    "subject of mail": lambda: HEAD[:11] + fill(b"Subject: ", b"mail ", 98_000) + b"\n\nhi",
    "recipients without words": lambda: report_of(100, b"a-" * 1_500),
    "recipients with reasons": lambda: report_of(100, b"user=" * 600, b"Diagnostic-Code: smtp; %d"
                                                 + b"user=" * 800 + b"\n"),
    "recipients with long words": lambda: report_of(100, b"user " * 600, b"Diagnostic-Code: x; %d"
                                                    + b"no host a-" * 400 + b"\n"),
    "notice of at signs": lambda: SENT_BACK + b"\n" + b"@" * 20_000,
    "notice of one word": lambda: SENT_BACK + b"\n" + b"a" * 20_000,
    "notice of word and space": lambda: SENT_BACK + b"\na@x.example "
    + b"abcd" * 2_000 + b" " * 9_000 + b".",
    "notice of deliver": lambda: SENT_BACK[:-26] + b"Subject: x\n\n" + b"deliver" * 2_800,
    "notice to many": lambda: SENT_BACK + numbered(b"X-Failed-Recipients: ", b"a%d@x, ", 400)
    + b"\n\n" + b"to: " + b"a1@x " * 4_000,
    "forwarded spaces": lambda: HEAD[:11] + b"Subject: fw" + b"\xc2\xa0" * 40_000 + b"x\n\nhi",
    "calendar parameters": lambda: HEAD + b"Content-Type: text/calendar; method=REQUEST\n\n"
    + b"BEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\nATTENDEE" + b";ab" * 40 + b"\nEND:VEVENT\n",
    "style of dashes": lambda: PAGE + b"<p style=\"color:" + b"-" * 100_000 + b"\">x",
    "bare address": lambda: fill(b"To: ", "é".encode(), 98_000) + b"[@\n" + HEAD + b"\nhi",
}  # fmt: skip

GIANTS: dict[str, Callable[[], bytes]] = {
    "empty lines": lambda: fill(HEAD, b"\n"),
    "one line": lambda: fill(TEXT, b"x"),
    "spaces": lambda: fill(TEXT, b" "),
    "headers": lambda: fill(b"", b"A: b\n"),
    "header without end": lambda: fill(b"Subject: ", b"x "),
    "folds": lambda: fill(b"Subject: a", b"\n b"),
    "encoded words": lambda: fill(b"Subject: ", b"=?utf-8?q?a?= "),
    "encoded word without end": lambda: fill(b"Subject: ", b"=?utf-8?q?"),
    "addresses": lambda: fill(b"To: ", b"a@x, "),
    "quotes in angles": lambda: fill(b"From: ", b'<"'),
    "comments": lambda: fill(b"From: a@x ", b"("),
    "groups": lambda: fill(b"To: ", b"a:"),
    "references": lambda: fill(b"References: ", b"<a@x> "),
    "parameters": lambda: fill(b"Content-Type: text/plain", b"; a*1*=b"),
    "quoted history": lambda: fill(TEXT, b"> a\n"),
    "attributions": lambda: fill(TEXT, b"On 1 wrote "),
    "attribution lines": lambda: fill(TEXT, b"On Monday, 1.2.2026 <a@x>\n"),
    "attributions with quotes": lambda: fill(TEXT, b"On 1.2.2026 Bob wrote:\n> long\n"),
    "wrapped quotes": lambda: fill(TEXT, b"> " + b"x" * 70 + b"\nb\n"),
    "signatures": lambda: fill(TEXT, b"-- \n> a\n"),
    "heads": lambda: fill(TEXT, b"From: a@x\nSent: 1\n"),
    "rules": lambda: fill(TEXT, b"-----------------------------\n"),
    "dashes": lambda: fill(TEXT, b"-- a wrote"),
    "closings": lambda: fill(TEXT, b"Regards,\n"),
    "forward marks": lambda: fill(HEAD + b"Subject: Fwd: x\n\n", b"From: \n"),
    "flowed": lambda: fill(HEAD + b"Content-Type: text/plain; format=flowed\n\n", b">a \n"),
    "base64": lambda: fill(HEAD + b"Content-Transfer-Encoding: base64\n\n", b"QUJDRA==\n"),
    "base64 with spaces": lambda: fill(HEAD + b"Content-Transfer-Encoding: base64\n\n", b"= a"),
    "quoted-printable": lambda: fill(
        HEAD + b"Content-Transfer-Encoding: quoted-printable\n\n", b"=3D=\n"
    ),
    "uuencoded lines": lambda: fill(TEXT + b"begin 644 a\n", b"#ABCD\n"),
    "uuencoded files": lambda: fill(TEXT, b"begin 644 a\n#ABCD\nend\n"),
    "uuencoded files without end": lambda: fill(TEXT, b"begin 644 a\n#ABCD\n"),
    "utf-7": lambda: fill(HEAD + b"Content-Type: text/plain; charset=utf-7\n\n", b"+2AA-"),
    "iso-2022-jp": lambda: fill(HEAD + b"\n", b"\x1b$B$\x22\x1b(B"),
    "8-bit bytes": lambda: fill(TEXT, bytes(range(128, 256))),
    "chinese": lambda: fill(TEXT, "退信 配信 写道：".encode()),
    "delimiters": lambda: fill(MIXED, b"--b\n\n"),
    "almost delimiters": lambda: fill(MIXED, b"--bx\n"),
    "parts": lambda: fill(MIXED, b"--b\nContent-Type: text/html\n\n<p>a\n"),
    "files": lambda: fill(MIXED, b"--b\nContent-Disposition: attachment; filename=a\n\nx\n"),
    "nested messages": lambda: fill(b"", b"Content-Type: message/rfc822\n\n"),
    "encoded nested messages": lambda: fill(
        b"", b"Content-Type: message/rfc822\nContent-Transfer-Encoding: quoted-printable\n\n"
    ),
    "nested multiparts": lambda: fill(
        numbered(b"", b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", 20_000), b"x\n"
    ),
    "page": lambda: fill(PAGE, b"<div>&a"),
    "open tags": lambda: fill(PAGE, b"<b><p>"),
    "attributes": lambda: fill(PAGE + b"<p ", b"a=b "),
    "tables": lambda: fill(PAGE, b"<table><tr><td>"),
    "blockquotes": lambda: fill(PAGE, b"<blockquote>a"),
    "styles": lambda: fill(PAGE, b"<style>p{color:red}</style>"),
    "style without end": lambda: fill(PAGE, b"<style>"),
    "comments of a page": lambda: fill(PAGE, b"<!--"),
    "pictures": lambda: fill(PAGE, b"<img src=cid:a>"),
    "report": lambda: fill(HEAD + b"Content-Type: message/delivery-status\n\n",
                           b"Action: failed\n\n"),
    "recipients of a report": lambda: fill(
        REPORT + b"--b\nContent-Type: message/delivery-status\n\n",
        b"Final-Recipient: rfc822; a@x\nAction: failed\nStatus: 5.1.1\n\n",
    ),
    "notice": lambda: fill(
        b"From: MAILER-DAEMON\nSubject: Undelivered Mail\n\n", b"a@x user unknown "
    ),
    "calendar": lambda: fill(
        HEAD + b"Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VEVENT\n",
        b"ATTENDEE;CN=\"a:mailto:a@x\n",
    ),
    "winmail attributes": lambda: packed(fill(make_winmail(), b"\2\5\x90\6\0\0\0\0\0\0\0")),
    "winmail files": lambda: packed(make_winmail(*[BEGIN_FILE] * 600_000)),
    "winmail properties": lambda: packed(
        make_winmail(BEGIN_FILE, (FILE, 0x69005, make_properties([text(0x3707, "")] * 900_000)))
    ),
    "winmail values": lambda: packed(
        make_winmail(BEGIN_FILE, (FILE, 0x69005, values(4_000_000)))
    ),
    "winmail in winmail": lambda: packed(nested_streams()),
    "rich text": lambda: packed(
        make_winmail((1, 0x69003, make_properties([(0x102, 0x1009, struct.pack(
            "<IIII", 17_000_000, 2**31, 0x75465A4C, 0) + b"\xff" * 17_000_000)])))
    ),
    "plain rich text": lambda: packed(
        make_winmail((1, 0x69003, make_properties([(0x102, 0x1009, struct.pack(
            "<IIII", 17_000_000, 2**31, 0x414C454D, 0) + b"{\\u1?" * 3_000_000)])))
    ),
}  # fmt: skip
