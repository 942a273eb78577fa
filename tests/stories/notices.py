"""Notices about delivery as mail servers write them (RFC 3464), and complaints (RFC 5965)."""

from servicedesk.kernel.ids import new_id
from tests.stories.company import SUPPORT


def bounce(
    message_id: str,
    recipient: str,
    status: str = "5.1.1",
    words: str = "550 5.1.1 no such user here",
    to: str = SUPPORT,
) -> bytes:
    """A notice that a message did not arrive; `message_id` "" leaves the original out."""
    original = f"Message-ID: <{message_id}>\r\n" if message_id else ""
    lines = f"""\
From: Mail Delivery System <MAILER-DAEMON@mx.contact.example>
To: {to}
Subject: Undelivered Mail Returned to Sender
Message-ID: <{new_id()}@mx.contact.example>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.contact.example

Final-Recipient: rfc822; {recipient}
Action: failed
Status: {status}
Diagnostic-Code: smtp; {words}

--B
Content-Type: text/rfc822-headers

From: {SUPPORT}
To: {recipient}
{original}Subject: Re: Refund

--B--
"""
    return lines.replace("\r\n", "\n").replace("\n", "\r\n").encode()


def complaint(message_id: str, recipient: str) -> bytes:
    """What a mailbox provider sends when somebody says "this is spam"."""
    lines = f"""\
From: feedback@provider.example
To: {SUPPORT}
Subject: complaint
Message-ID: <{new_id()}@provider.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="B"

--B
Content-Type: text/plain

This is an email abuse report.

--B
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: Provider/1.0
Version: 1
Original-Rcpt-To: <{recipient}>

--B
Content-Type: message/rfc822

From: {SUPPORT}
To: {recipient}
Message-ID: <{message_id}>
Subject: Re: Refund

Hello.

--B--
"""
    return lines.replace("\n", "\r\n").encode()
