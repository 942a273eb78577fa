"""Failed recipients: of a delivery report (RFC 3464), and of notices that only look like one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from servicedesk.channels.email.bounce_judge import default_status, is_after_data, reason_of
from servicedesk.channels.email.bounce_notice import Failure, find_failures, is_from_a_system
from servicedesk.channels.email.bounce_reasons import HARD, BounceReason
from servicedesk.channels.email.headers import decode_words, parse_message_ids
from servicedesk.channels.email.limits import LIMITS
from servicedesk.channels.email.mime import Part

STATUS = re.compile(r"(?<![\d.])([245])\.(\d)\.(\d{1,3})(?![\d.])")
REPLY_CODE = re.compile(r"(?<![\d.])([45])[0-5]\d(?=[ \-#]|$)")
REPORT_TYPES = ("message/delivery-status", "message/global-delivery-status")
FAILED_ACTIONS = ("failed", "failure", "delayed", "expired")
FIELDS = frozenset({
    "final-recipient", "original-recipient", "action", "status", "diagnostic-code",
})  # fmt: skip
MOST_RECIPIENTS = 100
MOST_WORDS = 3_000
MOST_JUDGED = 40_000
"""Letters that are judged of one mail, shared by its recipients."""


@dataclass(frozen=True, slots=True)
class Bounce:
    """One recipient that a mail did not reach. `kind`: "hard" (the address is dead) or "soft".
    `delayed`: it is still being tried."""

    recipient: str
    status: str
    kind: str
    reason: str
    diagnostic: str
    original_message_id: str
    delayed: bool = False


def find_bounces(root: Part, text: str, *, by_nobody: bool = False) -> tuple[Bounce, ...]:
    """All failed recipients named by the mail, each once; empty when it is no bounce.

    Only the mail's own report counts, not that of a bounce which a person attaches to their
    question; gateways wrap reports, as systems or with no sender (`by_nobody`).
    """
    wrapped = by_nobody or is_from_a_system(root)
    own = root.walk() if wrapped else own_report_parts(root)
    reports = [part.content() for part in own if part.content_type in REPORT_TYPES]
    noticed = [] if reports else find_failures(root, text)
    if noticed and "final-recipient:" in text.lower():
        reports = [text.encode("utf-8", "replace")]  # a report without its MIME type
    reported = [failure for report in reports for failure in _reported(report)]
    if not reported and not noticed:
        return ()
    original = original_message_id(root)
    more = text[:MOST_WORDS] if reported else ""
    found: dict[str, Bounce] = {}
    failures = (reported or noticed)[:MOST_RECIPIENTS]
    share = MOST_JUDGED // len(failures)
    for failure in failures:
        cut = replace(failure, diagnostic=failure.diagnostic[:share])
        found.setdefault(failure.recipient.lower(), _judge(cut, more, original))
    return tuple(found.values())


def own_report_parts(root: Part) -> Iterator[Part]:
    """The parts of a report (RFC 6522) that the mail itself is, not of one that lies in it."""
    yield root
    if root.content_type == "multipart/report":
        yield from root.children


def original_message_id(root: Part) -> str:
    """The Message-ID of the mail that came back, from its headers in the report."""
    for part in root.walk():
        if part is root:
            continue
        found = parse_message_ids(part.header("message-id"))
        if found:
            return found[0]
        if part.content_type in ("text/rfc822-headers", "message/rfc822-headers"):
            named = re.search(rb"(?im)^message-id:\s*(<[^>\r\n]*>)", part.content()[:100_000])
            if named:
                return next(iter(parse_message_ids(named[1])), "")
    return ""


def _reported(report: bytes) -> Iterator[Failure]:
    """The recipients of one delivery-status part that were not reached."""
    content = report[: LIMITS.header_block_bytes].decode("utf-8", "replace").replace("\r", "")
    for block in re.split(r"\n[ \t]*\n", content, maxsplit=2 * MOST_RECIPIENTS):
        fields = _fields(block)
        recipient = _typed(fields.get("final-recipient") or fields.get("original-recipient", ""))
        action = fields.get("action", "failed").lower().split(" ", 1)[0]
        if not recipient or action not in FAILED_ACTIONS:
            continue
        diagnostic = _typed(fields.get("diagnostic-code", ""))
        status = _status(fields.get("status", ""))
        yield Failure(recipient, diagnostic, status, delayed=action == "delayed")


def _fields(block: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for line in re.sub(r"\n[ \t]+", " ", block).split("\n"):
        name, colon, value = line.partition(":")
        name = name.strip().lower()
        if colon and name in FIELDS:
            fields.setdefault(name, decode_words(value.encode("utf-8", "replace")))
    return fields


def _typed(value: str) -> str:
    """`rfc822; ann@x` and `smtp; 550 …` without their type."""
    kind, semicolon, rest = value.partition(";")
    typed = semicolon and " " not in kind.strip()
    return (rest if typed else value).strip().strip("<>").strip()


def _judge(failure: Failure, more_words: str, original: str) -> Bounce:
    diagnostic = failure.diagnostic or more_words
    status = _best_status(failure.status, diagnostic)
    late = is_after_data(failure.diagnostic) or is_after_data(more_words)
    reason = reason_of(status, diagnostic, refused_after_data=late)
    if reason is BounceReason.UNDEFINED and more_words:
        reason = reason_of(status, more_words, refused_after_data=late)
        status = status or _best_status("", more_words)
    status = status or default_status(reason, delayed=failure.delayed)
    is_hard = reason in HARD and not failure.delayed
    return Bounce(
        recipient=failure.recipient,
        status=status,
        kind="hard" if is_hard else "soft",
        reason=reason.value,
        diagnostic=" ".join(diagnostic.split())[:1_000],
        original_message_id=original,
        delayed=failure.delayed,
    )


def _best_status(reported: str, diagnostic: str) -> str:
    """The report's own status, unless it says nothing (x.0.0) and the server's words say more."""
    if reported and not reported.endswith(".0.0"):
        return reported
    in_words = _status(diagnostic)
    if in_words:
        return in_words
    code = REPLY_CODE.search(diagnostic)
    return reported or (f"{code[1]}.0.0" if code else "")


def _status(text: str) -> str:
    found = STATUS.search(text)
    return found[0] if found and found[1] != "2" else ""
