"""mail_headers_stalwart: header values, each inside a mail of its own."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from tests.foreign.mail_cases import MailCases, Row, Told
from tests.foreign.mail_scores import Score

SET = "mail_headers_stalwart"
CARRIED_BY = {"address": "To", "date": "Date", "id": "References", "unstructured": "Subject"}


def score_headers(cases: MailCases) -> list[Score]:
    rows = [row for row in cases.rows(SET) if row["kind"] in CARRIED_BY]
    told = cases.inspect({row["id"]: _mail(row) for row in rows})
    scores: dict[str, Score] = defaultdict(lambda: Score(SET, ""))
    for row in rows:
        score = scores[row["kind"]]
        score.measure = row["kind"]
        wanted, found = _wanted(row), _found(row["kind"], told[row["id"]])
        score.judge(right=wanted == found, miss=f"{row['id']}: {found!r} for {wanted!r}")
    return list(scores.values())


def _mail(row: Row) -> bytes:
    value = (row["case"].get("header") or row["case"].get("input", "")).rstrip("\r\n")
    sender = "" if row["kind"] == "address" else "From: ann@contact.example\n"
    return f"{sender}{CARRIED_BY[row['kind']]}: {value}\n\nHello\n".encode("utf-8", "surrogatepass")


def _wanted(row: Row) -> Any:
    expected = row["case"]["expected"]
    match row["kind"]:
        case "address":
            return addresses_of(expected)
        case "date":
            return instant_of(expected)
        case "id":
            return [expected] if isinstance(expected, str) else expected or []
    return (expected or "").strip()


def addresses_of(expected: Any) -> list[tuple[str, str]]:
    """(name, address) of all mailboxes in a golden address value, those of groups too."""
    if not expected:
        return []
    if "Group" in expected:
        mailboxes = [one for group in expected["Group"] for one in group["addresses"]]
    else:
        mailboxes = expected.get("List", [expected])
    return [
        (" ".join((one["name"] or "").split()), one["address"].lower())
        for one in mailboxes
        if one["address"]
    ]


def instant_of(expected: Any) -> datetime | None:
    if not expected:
        return None
    offset = timedelta(hours=expected["tz_hour"], minutes=expected["tz_minute"])
    zone = timezone(-offset if expected["tz_before_gmt"] else offset)
    names = ("year", "month", "day", "hour", "minute", "second")
    year, month, day, hour, minute, second = (int(expected[name]) for name in names)
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=zone).astimezone(UTC)
    except ValueError:  # a day that does not exist, as the golden repeats it
        return None


def _found(kind: str, told: Told) -> Any:
    match kind:
        case "address":
            return [(one["name"], one["address"].lower()) for one in told["to"]]
        case "date":
            return datetime.fromisoformat(told["date"]) if told["date"] else None
        case "id":
            return told["references"]
    return told["subject"]
