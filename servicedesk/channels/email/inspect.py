"""What the desk understands of one mail, as JSON: `servicedesk mail inspect`.

The keys are a contract with people who look at mails from outside of this project; the code that
reads the mail is the one that the running desk uses.
"""

import hashlib
from collections.abc import Mapping

from servicedesk.channels.email.mail import Envelope, Mail, read_mail
from servicedesk.channels.email.sanitize import sanitize
from servicedesk.domain.messages import Address, InboundAttachment, MailClass

JsonObject = dict[str, object]

AUTOMATIC: Mapping[MailClass, str | None] = {
    MailClass.PERSON: None,
    MailClass.OVERSIZE: None,
    MailClass.AUTO_REPLY: "auto-reply",
    MailClass.OUT_OF_OFFICE: "auto-reply",
    MailClass.BOUNCE_HARD: "bounce",
    MailClass.BOUNCE_SOFT: "bounce",
    MailClass.FEEDBACK_REPORT: "bounce",
    MailClass.MAILING_LIST: "mailing-list",
    MailClass.SPAM: "bulk",
    MailClass.OWN_LOOP: "loop",
}


def inspect_mail(raw: bytes, file: str) -> JsonObject:
    """One object for one raw mail. Never raises; what was repaired is in `defects`."""
    mail = read_mail(raw, Envelope())
    return {
        "file": file,
        "from": _address(mail.author),
        "sender": _address(mail.sender),
        "reply_to": _address(mail.reply_to),
        "to": [_address(address) for address in mail.to],
        "cc": [_address(address) for address in mail.cc],
        "subject": mail.subject,
        "message_id": mail.message_id or None,
        "in_reply_to": next(iter(mail.in_reply_to), None),
        "references": list(mail.references),
        "date": mail.sent_at.isoformat() if mail.sent_at else None,
        "text": mail.text,
        "html": sanitize(mail.html).html if mail.html is not None else None,
        "reply_text": mail.reply_text,
        "attachments": [_attachment(attachment) for attachment in mail.attachments],
        "automatic": AUTOMATIC[mail.mail_class],
        "bounce": _bounces(mail),
        "defects": list(mail.defects),
    }


def _address(address: Address | None) -> JsonObject | None:
    return {"name": address.name, "address": address.value} if address else None


def _attachment(attachment: InboundAttachment) -> JsonObject:
    return {
        "filename": attachment.filename,
        "content_type": attachment.content_type,
        "size": len(attachment.content),
        "sha256": hashlib.sha256(attachment.content).hexdigest(),
        "inline": attachment.inline,
        "content_id": attachment.content_id or None,
    }


def _bounces(mail: Mail) -> list[JsonObject] | None:
    if not mail.bounces:
        return None
    return [
        {
            "recipient": bounce.recipient,
            "status": bounce.status,
            "kind": bounce.kind,
            "reason": bounce.reason,
            "diagnostic": bounce.diagnostic,
            "original_message_id": bounce.original_message_id or None,
        }
        for bounce in mail.bounces
    ]
