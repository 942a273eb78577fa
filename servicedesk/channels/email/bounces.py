"""Failed recipients of a delivery report (RFC 3464), and of notices that only look like one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from servicedesk.channels.email.headers import decode_words, parse_message_ids
from servicedesk.channels.email.mime import Part

STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
FAILED_ACTIONS = ("failed", "delayed")
LIMIT_RECIPIENTS = 100


@dataclass(frozen=True, slots=True)
class Bounce:
    """One recipient that a mail did not reach. `kind`: "hard" (never will) or "soft"."""

    recipient: str
    status: str
    kind: str
    reason: str
    diagnostic: str
    original_message_id: str


def find_bounces(root: Part, text: str) -> tuple[Bounce, ...]:
    """All failed recipients named by the mail; empty when it is no bounce."""
    original = original_message_id(root)
    found = []
    for part in root.walk():
        if part.content_type in ("message/delivery-status", "message/global-delivery-status"):
            found += [_from_fields(fields, original) for fields in _failed_groups(part)]
    return tuple(found[:LIMIT_RECIPIENTS])


def original_message_id(root: Part) -> str:
    """The Message-ID of the mail that came back, from its headers in the report."""
    for part in root.walk():
        if part is root:
            continue
        found = parse_message_ids(part.header("message-id"))
        if found:
            return found[0]
    return ""


def _failed_groups(part: Part) -> Iterator[dict[str, str]]:
    for block in re.split(
        r"\n[ \t]*\n", part.content().decode("utf-8", "replace").replace("\r", "")
    ):
        fields: dict[str, str] = {}
        for line in re.sub(r"\n[ \t]+", " ", block).split("\n"):
            name, colon, value = line.partition(":")
            if colon:
                fields.setdefault(name.strip().lower(), decode_words(value.encode()))
        if fields.get("action", "failed").lower().split(" ")[0] not in FAILED_ACTIONS:
            continue
        if "final-recipient" in fields or "original-recipient" in fields:
            yield fields


def _from_fields(fields: dict[str, str], original: str) -> Bounce:
    diagnostic = fields.get("diagnostic-code", "")
    status = _status(fields.get("status", "")) or _status(diagnostic)
    delayed = fields.get("action", "").lower().startswith("delayed")
    recipient = fields.get("final-recipient") or fields.get("original-recipient", "")
    return Bounce(
        recipient=recipient.partition(";")[2].strip() or recipient.strip(),
        status=status,
        kind="soft" if delayed or status.startswith("4") else "hard",
        reason="",
        diagnostic=diagnostic.partition(";")[2].strip() or diagnostic,
        original_message_id=original,
    )


def _status(text: str) -> str:
    found = STATUS.search(text)
    return found[0] if found else ""
