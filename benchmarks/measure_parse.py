"""Reading a mail: raw bytes → Inbound, beside what other parsers give for the same bytes.

CPU time, three interleaved rounds, medians. Everybody is asked for the same: headers decoded, text
and page as text, files as bytes. `policy.default` and `compat32` are the standard library's;
mail-parser is the one from PyPI. Here quotes are split as well, bounces judged, the page made into
text, the language told. FOREIGN_CASES adds a second corpus: mails that nobody here wrote.
"""

import email
import email.policy
import logging
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import Message
from pathlib import Path
from typing import Any
from uuid import UUID

import mailparser

from benchmarks.mail_path.letters import letter
from servicedesk.channels.email.parse import parse_mail
from servicedesk.channels.email.tokens import MailMarks
from servicedesk.channels.protocol import ParseFailed
from servicedesk.domain.ids import InboxId
from tests.fakes.mail import FixedSigner
from tests.services.foreign_cases import find_foreign_cases
from tests.services.missing import ServiceMissing

ROUNDS = 3
LETTERS = 200
LEAST_RATIO = 4.0
INBOX = InboxId(UUID("018f3c5e-0000-7000-8000-000000000003"))
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
MARKS = MailMarks(FixedSigner())
FOREIGN_SETS = (
    "mail_mime_stalwart", "mail_mua_zbateson", "mail_chatwoot", "mail_mikel", "mail_cpython",
)  # fmt: skip
# Judged word by word here, and only decoded by the others: told, without a goal.
NOTICES = ("mail_bounce_sisimai",)
HEADERS = ("from", "to", "cc", "subject", "date", "message-id", "in-reply-to", "references")


def by_servicedesk(raw: bytes) -> object:
    try:
        return parse_mail(raw, INBOX, NOW, MARKS)
    except ParseFailed:
        return None


def by_policy_default(raw: bytes) -> object:
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    headers = [_survive(lambda n=name: str(mail[n])) for name in HEADERS]
    leaves = [part for part in mail.walk() if not part.is_multipart()]
    return headers, [_survive(part.get_content) for part in leaves]


def by_compat32(raw: bytes) -> object:
    mail = email.message_from_bytes(raw)
    found: list[object] = [_survive(lambda n=name: _decoded(mail, n)) for name in HEADERS]
    for part in mail.walk():
        if not part.is_multipart():
            content = part.get_payload(decode=True)
            is_text = part.get_content_maintype() == "text" and isinstance(content, bytes)
            charset = part.get_content_charset("utf-8")
            found.append(
                _survive(lambda c=content, s=charset: c.decode(s, "replace"))
                if is_text
                else content
            )
    return found


def _decoded(mail: Message, name: str) -> str:
    return str(make_header(decode_header(mail[name] or "")))


def _survive(work: Callable[[], object]) -> object:
    """The standard library raises on some mails; that is its answer."""
    try:
        return work()
    except (LookupError, ValueError, TypeError, AttributeError, KeyError):
        return None


def by_mail_parser(raw: bytes) -> object:
    return _survive(lambda: _told(mailparser.parse_from_bytes(raw)))


def _told(mail: Any) -> object:
    return mail.from_, mail.to, mail.subject, mail.date, mail.body


PARSERS: dict[str, Callable[[bytes], object]] = {
    "servicedesk": by_servicedesk,
    "policy.default": by_policy_default,
    "mail-parser": by_mail_parser,
    "compat32": by_compat32,
}


def cpu_microseconds(parse: Callable[[bytes], object], mails: Sequence[bytes]) -> float:
    began = time.process_time()
    for raw in mails:
        parse(raw)
    return (time.process_time() - began) / len(mails) * 1_000_000


def measure(mails: Sequence[bytes]) -> dict[str, float]:
    """Median CPU microseconds a mail, by parser."""
    figures: dict[str, list[float]] = {name: [] for name in PARSERS}
    for parse in PARSERS.values():
        cpu_microseconds(parse, mails[:20])
    for _ in range(ROUNDS):
        for name, parse in PARSERS.items():
            figures[name].append(cpu_microseconds(parse, mails))
    return {name: statistics.median(values) for name, values in figures.items()}


def foreign_mails(names: Sequence[str]) -> list[bytes]:
    """Every raw mail of the named foreign sets; empty where they are absent."""
    try:
        root = find_foreign_cases()
    except ServiceMissing:
        return []
    folders = [root / name / "files" for name in names]
    files = [file for folder in folders for file in sorted(folder.rglob("*")) if _is_mail(file)]
    return [file.read_bytes() for file in files]


def _is_mail(file: Path) -> bool:
    return file.is_file() and file.suffix != ".json"


def report(corpus: str, mails: Sequence[bytes]) -> float:
    """Print the figures; the ratio to `policy.default`."""
    figures = measure(mails)
    ours = figures["servicedesk"]
    size = sum(map(len, mails)) / len(mails) / 1_000
    print(f"{corpus}: {len(mails)} mails of {size:.1f} KB in the mean, CPU a mail")
    for name, figure in figures.items():
        print(f"  {name:<16} {figure:8.0f} µs   {figure / ours:5.2f} times ours")
    return figures["policy.default"] / ours


def main() -> int:
    logging.disable(logging.CRITICAL)  # mail-parser tells of every part that it does not know
    ratios = [report("letters made here", [letter(number) for number in range(LETTERS)])]
    if mails := foreign_mails(FOREIGN_SETS):
        ratios.append(report("foreign mails", mails))
    if mails := foreign_mails(NOTICES):
        report("foreign notices of delivery", mails)
    reached = min(ratios) >= LEAST_RATIO
    print(f"policy.default costs at least {min(ratios):.2f} times as much; goal {LEAST_RATIO}")
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
