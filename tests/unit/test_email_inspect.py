"""The JSON of `mail inspect`: its keys are a contract."""

import hashlib
import json

from servicedesk.channels.email.inspect import AUTOMATIC, inspect_mail
from servicedesk.domain.messages import MailClass
from tests.fakes.mail import make_mail

KEYS = [
    "file", "from", "sender", "reply_to", "to", "cc", "subject", "message_id", "in_reply_to",
    "references", "date", "text", "html", "reply_text", "attachments", "automatic", "bounce",
    "defects",
]  # fmt: skip


def test_ordinary_mail_is_told_in_full() -> None:
    raw = make_mail(
        "From: Ann <ann@x>\nTo: b@x\nSubject: S\nMessage-ID: <m@x>\nIn-Reply-To: <a@x>\n"
        "References: <r@x> <a@x>\nDate: Mon, 2 Mar 2026 10:30:00 +0100\n"
        "Content-Type: multipart/mixed; boundary=b",
        "--b\nContent-Type: text/html\n\n<p>New<script>x</script></p>\n--b\n"
        "Content-Type: text/plain; name=a.txt\nContent-Disposition: attachment\n\nfile\n--b--",
    )
    told = inspect_mail(raw, "mail.eml")
    assert list(told) == KEYS
    assert told["from"] == {"name": "Ann", "address": "ann@x"}
    assert told["sender"] is None
    assert told["message_id"] == "m@x"
    assert told["references"] == ["r@x", "a@x"]
    assert told["date"] == "2026-03-02T09:30:00+00:00"
    assert told["html"] == "<p>New</p>"
    assert told["text"] == told["reply_text"] == "New"
    assert told["automatic"] is None
    assert told["bounce"] is None
    assert told["attachments"] == [
        {
            "filename": "a.txt",
            "content_type": "text/plain",
            "size": 4,
            "sha256": hashlib.sha256(b"file").hexdigest(),
            "inline": False,
            "content_id": None,
        }
    ]


def test_no_bytes_at_all_are_an_object_too() -> None:
    told = inspect_mail(b"", "empty")
    assert json.loads(json.dumps(told)) == told
    assert told["from"] is None


def test_every_class_has_a_short_form() -> None:
    assert set(AUTOMATIC) == set(MailClass)
