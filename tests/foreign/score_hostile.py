"""hostile_html through `servicedesk sanitize`, hostile_strings in and out of mails."""

from __future__ import annotations

import re
from email import message_from_bytes
from html.parser import HTMLParser

from servicedesk.channels.email.compose import Sending, compose
from servicedesk.channels.email.sanitize import sanitize
from servicedesk.domain.messages import Address
from tests.fakes.mail import MARKS, NOW, make_outbound
from tests.foreign.mail_cases import MailCases, squeeze, wrap
from tests.foreign.mail_scores import Score

PAGES, STRINGS = "hostile_html", "hostile_strings"
UTF_8 = "text/plain; charset=utf-8"
FORBIDDEN_TAGS = frozenset({"script", "iframe", "object", "embed", "form", "base", "meta", "link"})
FORBIDDEN_URL = re.compile(r"^[\s\x00-\x20]*(?:javascript|vbscript|data:text/html)", re.IGNORECASE)
FORBIDDEN_CSS = re.compile(r"expression\s*\(|url\s*\(|@import|-moz-binding|behavior", re.IGNORECASE)


class _Judge(HTMLParser):
    """Collects what must not be in a cleaned page, and its visible text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in FORBIDDEN_TAGS:
            self.found.append(tag)
        for name, value in attrs:
            value = value or ""
            if name.startswith("on") or FORBIDDEN_URL.match(value):
                self.found.append(f"{tag} {name}={value}")
            if name == "style" and FORBIDDEN_CSS.search(value):
                self.found.append(f"{tag} style={value}")

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def score_pages(cases: MailCases) -> list[Score]:
    harmless = Score(PAGES, "nothing left that could run")
    same = Score(PAGES, "visible text kept")
    for row in cases.rows(PAGES):
        judge = _Judge()
        judge.feed(sanitize(row["payload"]).html)
        harmless.judge(right=not judge.found, miss=f"{row['id']}: {judge.found}")
        if "text" in row:
            text = squeeze("".join(judge.text))
            same.judge(right=text == squeeze(row["text"]), miss=f"{row['id']}: {text!r}")
    return [harmless, same]


def score_strings(cases: MailCases) -> list[Score]:
    rows = cases.rows(STRINGS)
    texts = [row for row in rows if row["kind"] in ("naughty", "unicode")]
    told = cases.inspect({row["id"]: wrap(row["value"], UTF_8) for row in texts})
    read = Score(STRINGS, "text read as it was written")
    for row in texts:
        written = row["value"].replace("\x00", "").removeprefix("\ufeff")  # a byte order mark
        right = squeeze(told[row["id"]]["text"]) == squeeze(written)
        read.judge(right=right, miss=f"{row['id']}: {told[row['id']]['text']!r:.100}")
    return [read, _score_addresses(cases), _score_injection(cases)]


def _score_addresses(cases: MailCases) -> Score:
    """Valid ones are read; what fuzzdb calls invalid is often valid, and a mail came from it."""
    rows = [row for row in cases.rows(STRINGS) if row["kind"] == "email_valid"]
    told = cases.inspect({row["id"]: f"From: <{row['value']}>\n\nHi".encode() for row in rows})
    score = Score(STRINGS, "valid addresses read")
    for row in rows:
        found = told[row["id"]]["from"]
        right = found is not None and found["address"] == row["value"].lower()
        score.judge(right=right, miss=f"{row['id']}: {found} for {row['value']!r}")
    return score


def _score_injection(cases: MailCases) -> Score:
    score = Score(STRINGS, "no header or body injected into outgoing mail")
    for row in cases.rows(STRINGS):
        if row["kind"] not in ("crlf", "mail_header_injection"):
            continue
        value = row["value"]
        outbound = make_outbound(
            subject=value, to=(Address("ann@x.example", value),), text="Plain words"
        )
        message = message_from_bytes(compose(outbound, Sending(NOW, {}), MARKS))
        names = [name.lower() for name in message.keys()]  # noqa: SIM118  # a Message is no dict
        expected = {"from", "to", "reply-to", "subject", "date", "message-id", "mime-version",
                    "x-servicedesk-loop", "content-type", "content-transfer-encoding"}  # fmt: skip
        right = set(names) <= expected and len(names) == len(set(names))
        body = message.get_payload(decode=True)
        right = right and isinstance(body, bytes) and body.strip() == b"Plain words"
        score.judge(right=right, miss=f"{row['id']}: {names}")
    return score
