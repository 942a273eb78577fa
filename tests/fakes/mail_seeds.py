"""Small mails of every kind that is read in a way of its own: what a fuzzer starts from."""

import base64

from tests.fakes.mail import MARKS, make_mail
from tests.fakes.winmail import binary, file_attributes, make_winmail, message_attribute, text

RICH_TEXT = rb"{\rtf1\ansi\fromhtml1 {\*\htmltag64 <p>}Hi \u20320?\'fc\htmlrtf x\htmlrtf0}"
STORED_RICH_TEXT = (
    (len(RICH_TEXT) + 12).to_bytes(4, "little") + len(RICH_TEXT).to_bytes(4, "little")
    + (0x414C454D).to_bytes(4, "little") + b"\0\0\0\0" + RICH_TEXT
)  # fmt: skip
WINMAIL = make_winmail(
    message_attribute(text(0x1000, "Words"), binary(0x1009, STORED_RICH_TEXT)),
    *file_attributes(text(0x3707, "a.pdf"), binary(0x3701, b"%PDF"), text(0x3712, "a@x")),
)


def multipart(kind: str, *parts: str, parameters: str = "") -> tuple[str, str]:
    body = "".join(f"--b\n{part}\n" for part in parts)
    return f"Content-Type: multipart/{kind}; boundary=b{parameters}", f"{body}--b--"


PLAIN = "Content-Type: text/plain; charset=utf-8\n\nHello,\n\nthank you.\n\n-- \nAnn"
HTML = (
    "Content-Type: text/html; charset=gb18030\nContent-Transfer-Encoding: quoted-printable\n\n"
    '<style>p{color:red}</style><p>=C4=E3</p><img src=3D"cid:pic@x"><blockquote>old</blockquote>'
)
FILE = (
    "Content-Type: image/png; name*0*=utf-8''%E4%BD; name*1*=%A0.png\nContent-ID: <pic@x>\n"
    "Content-Disposition: inline\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo="
)
REPORT = (
    "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.x\n\n"
    "Final-Recipient: rfc822; bob@x\nAction: failed\nStatus: 5.1.1\n"
    "Diagnostic-Code: smtp; 550 5.1.1 User unknown"
)
NESTED = "Content-Type: message/rfc822\n\nFrom: Eve <eve@x>\nMessage-ID: <m@x>\nSubject: Old\n\nOld"
CALENDAR = (
    "Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:A\\, b\n"
    'DTSTART;TZID=Europe/Berlin:20260715T100000\nATTENDEE;CN="Ann";PARTSTAT=ACCEPTED:mailto:a@x\n'
    "END:VEVENT\nEND:VCALENDAR"
)
REPLY = (
    "I agree.\n\nKind regards,\nAnn\n\nOn Mon, 2 Mar 2026, Bob <b@x>\nwrote:\n> Shall we?\n"
    "-----Original Message-----\nFrom: Bob\nSent: Monday\nTo: Ann\nSubject: x\n\nold"
)
HEADERS = (
    'From: =?gb2312?B?xOO6ww==?= <ann@x.example>\nTo: Team: "B, b" <b@x>, c@x (C);\n'
    "Subject: =?utf-8?q?Gr=C3=BC?= =?utf-8?q?=C3=9Fe?=\nDate: 2 Mar 2026 10:30:00 +0100 (CET)\n"
    "References: <a@x>\n <b@x>\nIn-Reply-To: <b@x>\nMessage-ID: <c@x>\n"
    "Authentication-Results: mx.desk; dmarc=pass (p=none) header.from=x.example\n"
    f"X-Servicedesk-Loop: {MARKS.loop_header(2)}\nList-Id: <l.x>\nAuto-Submitted: no"
)
SEEDS: tuple[bytes, ...] = (
    make_mail(HEADERS, "Hello"),
    make_mail("Subject: Re: x", REPLY),
    make_mail("Subject: Fwd: x", REPLY),
    make_mail(*multipart("alternative", PLAIN, HTML)),
    make_mail(*multipart("related", HTML, FILE)),
    make_mail(*multipart("mixed", PLAIN, FILE, NESTED)),
    make_mail(*multipart("mixed", PLAIN, CALENDAR)),
    make_mail(*multipart("signed", PLAIN, "Content-Type: application/pgp-signature\n\nsig")),
    make_mail(
        *multipart("report", PLAIN, REPORT, NESTED, parameters="; report-type=delivery-status")
    ),
    make_mail(
        "From: MAILER-DAEMON@mx.x\nSubject: failure notice",
        "Sorry:\n<bob@x.example>:\n550 no such user\n--- Below this line is a copy\n\nSubject: x",
    ),
    make_mail(
        "Content-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64",
        base64.encodebytes(WINMAIL),
    ),
    make_mail(
        "Content-Type: application/ms-tnef\nContent-Transfer-Encoding: binary", WINMAIL
    ),
    make_mail("Subject: uu", "Words\nbegin 644 a.txt\n#86)C\n`\nend\nWords"),
    make_mail("Content-Type: text/plain; format=flowed; delsp=yes", "One \ntwo\n>three \n>four"),
    make_mail("Content-Type: text/plain; charset=utf-7", "Gr+APwA3w-e"),
    make_mail("Content-Type: text/plain; charset=iso-2022-jp", b"\x1b$BF|K\\\x1b(B"),
    make_mail("Content-Type: application/pkcs7-mime; smime-type=enveloped-data", "MIAG"),
)  # fmt: skip
