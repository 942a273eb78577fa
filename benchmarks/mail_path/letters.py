"""Mails as a help desk gets them, made anew for each number: the same for every worker.

They carry what real ones carry: the headers of four hops, signatures of two relays, a page beside
the text, what was written before, a logo. No package beyond the standard library: the peer's
environment reads this file too.
"""

from datetime import datetime, timedelta, timezone
from email.message import EmailMessage
from email.utils import format_datetime

SUPPORT = "support@acme.example"
FIRST = datetime(2027, 3, 1, 8, 0, tzinfo=timezone.utc)  # noqa: UP017  # the peer's Python reads it
PARAGRAPH = (
    "I ordered two pairs of boots on Monday and only one of them has arrived. The parcel was open "
    "at one side. Could you look into it and tell me what happens next?"
)
EARLIER = "Thank you for your order. We will send it within two days, you will hear from us."
LOGO = bytes(range(256)) * 30  # 8 KB
PICTURE = bytes(range(256)) * 200  # 51 KB
STYLE = "font-family:Calibri,Arial,sans-serif;font-size:11pt;color:#1f2937;margin:0 0 8pt 0"
SIGNED = "b=" + "\r\n ".join("Zm9vYmFyYmF6cXV4" * 4 for _ in range(5))


def letter(number: int) -> bytes:
    """Return one of five kinds: plain, with a page, with a picture, with a history, Chinese."""
    mail = EmailMessage()
    mail["From"] = f"Contact {number} <contact{number}@contact{number % 50}.example>"
    mail["To"] = f"Acme Support <{SUPPORT}>"
    mail["Subject"] = f"Order {number}: a parcel is missing"
    mail["Date"] = format_datetime(FIRST + timedelta(minutes=number))
    mail["Message-ID"] = f"<{number}.{number * 7919}@mail.contact{number % 50}.example>"
    KINDS[number % len(KINDS)](mail, number)
    return _transport(number) + mail.as_bytes()


def _transport(number: int) -> bytes:
    """What relays write on top of a mail."""
    hops = "".join(
        f"Received: from mx{hop}.contact.example (mx{hop}.contact.example [192.0.2.{hop}])\r\n"
        f"\tby relay{hop}.acme.example with ESMTPS id {number:08x}{hop}\r\n"
        f"\tfor <{SUPPORT}>; {format_datetime(FIRST + timedelta(minutes=number))}\r\n"
        for hop in range(4)
    )
    signatures = "".join(
        f"{name}: i={place}; a=rsa-sha256; d=contact.example; s=s{place}; "
        f"h=from:to:subject:date;\r\n bh=cXV4cXV4cXV4cXV4cXV4cXV4cXV4cXV4cXU=; {SIGNED}\r\n"
        for place, name in enumerate(
            ("DKIM-Signature", "ARC-Message-Signature", "ARC-Seal", "X-Google-DKIM-Signature")
        )
    )
    rest = (
        "ARC-Authentication-Results: i=1; mx.acme.example; dkim=pass header.d=contact.example;\r\n"
        " spf=pass smtp.mailfrom=contact.example; dmarc=pass header.from=contact.example\r\n"
        f"Return-Path: <contact{number}@contact{number % 50}.example>\r\n"
        "X-Gm-Message-State: AOJu0YxQ1Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4\r\n"
        "X-Received: by 2002:a05:6402:1 with SMTP id e1; Mon, 01 Mar 2027 08:00:00 +0000\r\n"
        "X-MS-Exchange-Organization-SCL: 1\r\nX-Mailer: Microsoft Outlook 16.0\r\n"
        "Thread-Topic: a parcel is missing\r\nAccept-Language: en-GB, de-DE\r\n"
        "Content-Language: en-GB\r\nX-MS-Has-Attach: yes\r\nX-Spam-Status: No, score=-1.2\r\n"
    )
    return (rest + hops + signatures).replace("\r\n", "\n").encode()


def _page(number: int, words: str, earlier: int = 0) -> str:
    """Return a page as a mail program writes it: every paragraph with its own style."""
    said = "".join(f'<p style="{STYLE}"><span lang="EN-GB">{words}</span></p>' for _ in range(6))
    table = "".join(
        f'<tr><td style="{STYLE}">{row}</td><td style="{STYLE}">boots {number}</td></tr>'
        for row in range(15)
    )
    history = "".join(
        f'<blockquote style="border-left:1px solid #ccc"><p style="{STYLE}">{EARLIER}</p>'
        for _ in range(earlier)
    )
    return (
        f"<html><head><style>p {{{STYLE}}}</style></head><body>{said}<table>{table}</table>"
        f'<img src="cid:logo{number}">{history}{"</blockquote>" * earlier}</body></html>'
    )


def _plain(mail: EmailMessage, number: int) -> None:
    mail.set_content(f"{PARAGRAPH}\n\n" * 5 + f"Regards\nContact {number}\n")


def _with_page(mail: EmailMessage, number: int) -> None:
    mail.set_content(f"{PARAGRAPH}\n\n" * 6)
    mail.add_alternative(_page(number, PARAGRAPH), subtype="html")
    _add_logo(mail, number)


def _with_picture(mail: EmailMessage, number: int) -> None:
    mail.set_content(f"{PARAGRAPH}\n")
    mail.add_alternative(_page(number, PARAGRAPH), subtype="html")
    mail.add_attachment(
        PICTURE + number.to_bytes(4, "big"),
        maintype="image",
        subtype="png",
        filename=f"{number}.png",
    )


def _with_history(mail: EmailMessage, number: int) -> None:
    quoted = f"> {EARLIER}\n" * 12
    mail.set_content(
        f"Any news?\n\nOn Mon, 1 Mar 2027 at 09:00, Support <{SUPPORT}> wrote:\n{quoted}{number}\n"
    )
    mail.add_alternative(_page(number, "Any news?", earlier=6), subtype="html")


def _chinese(mail: EmailMessage, number: int) -> None:
    words = f"您好，我的订单 {number} 还没有收到，包裹有一侧是打开的，请帮忙查询一下。谢谢！"
    mail.set_content(f"{words}\n" * 6, charset="gb18030")
    mail.add_alternative(_page(number, words), subtype="html", charset="gb18030")
    _add_logo(mail, number)


def _add_logo(mail: EmailMessage, number: int) -> None:
    page = list(mail.iter_parts())[-1]
    page.add_related(LOGO, maintype="image", subtype="png", cid=f"<logo{number}>")


KINDS = (_plain, _with_page, _with_picture, _with_history, _chinese)
