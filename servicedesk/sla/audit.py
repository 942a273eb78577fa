"""A month's results, worked out again from the journal by the independent verifier.

Clocks are believed in nothing here: what they were told comes from the journal, whether they were
told everything is looked up in what the desk's own stories wrote there.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from servicedesk.domain.actors import ActorKind
from servicedesk.domain.errors import BadInput
from servicedesk.domain.messages import MailClass
from servicedesk.kernel.sql import Row, Sql, as_dict, as_time, as_time_or_none, as_uuid
from servicedesk.sla.calendar.hours import Hours
from servicedesk.sla.certificate import SignatureChecker, read_certificate
from servicedesk.sla.certificates import read_told
from servicedesk.sla.events import AgentReplied, ContactWrote, Event, Moved, Opened, Promised
from servicedesk.sla.promises import CalendarVersion
from servicedesk.sla.questions import instant_text
from servicedesk.sla.setup import load_calendars
from servicedesk.sla.verifier.recount import Recount, recount

PORTION = 500
FIELDS = ("outcome", "started_at", "ended_at", "due_at", "breached_at", "counted_us", "dodges")
_MICROSECOND = timedelta(microseconds=1)
ClockName = tuple[str, str, int]
"""Metric, audience and instance: names a clock of one ticket."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """What one clock says and what the verifier finds. `field` is "missing" for a whole clock,
    "certificate" for a signature or record that does not fit, "unheard" for an event that no clock
    was told."""

    ticket_id: UUID
    clock: ClockName | None
    field: str
    clock_says: str
    verifier_says: str


@dataclass(frozen=True, slots=True)
class Dodge:
    """A ticket was set to stand still while its contact waited for an answer."""

    ticket_id: UUID
    clock: ClockName
    at: datetime


@dataclass(frozen=True, slots=True)
class Findings:
    """Of the tickets of one portion."""

    clocks: int
    disagreements: tuple[Disagreement, ...]
    dodges: tuple[Dodge, ...]


async def verify_month(
    sql: Sql, checker: SignatureChecker, start: datetime, end: datetime
) -> AsyncIterator[Findings]:
    """Yield the findings on every ticket of which a clock ended in [start, end), in portions."""
    after = UUID(int=0)
    while True:
        rows = await sql.fetch(
            "SELECT DISTINCT ticket_id FROM finished_clock "
            "WHERE ended_at >= $1 AND ended_at < $2 AND ticket_id > $3 "
            "ORDER BY ticket_id LIMIT $4",
            start,
            end,
            after,
            PORTION,
        )
        ticket_ids = [as_uuid(row["ticket_id"]) for row in rows]
        if not ticket_ids:
            return
        yield await verify_tickets(sql, checker, ticket_ids, (start, end))
        after = ticket_ids[-1]


async def verify_tickets(
    sql: Sql,
    checker: SignatureChecker,
    ticket_ids: Sequence[UUID],
    month: tuple[datetime, datetime],
) -> Findings:
    """Compare what the clocks of these tickets came to in the month with a second opinion."""
    told = await read_told(sql, ticket_ids)
    hours = await _hours(sql, (event for events in told.values() for event in events))
    finished = await _load_finished(sql, ticket_ids, month)
    written = await _load_written(sql, ticket_ids, month)
    found: list[Disagreement] = []
    dodges: list[Dodge] = []
    for ticket_id in ticket_ids:
        events, rows = told.get(ticket_id, []), finished.get(ticket_id, {})
        second = _recounted(events, hours, month)
        found += _compare(ticket_id, rows, second, checker)
        found += _unheard(ticket_id, events, written.get(ticket_id, []))
        dodges += [Dodge(ticket_id, name, at) for name, one in second.items() for at in one.dodges]
    count = sum(len(rows) for rows in finished.values())
    return Findings(count, tuple(found), tuple(dodges))


def month_of(text: str) -> tuple[datetime, datetime]:
    """Read YYYY-MM as the month in UTC: from, until. Raises BadInput."""
    try:
        start = datetime.fromisoformat(f"{text}-01T00:00:00+00:00")
    except ValueError:
        raise BadInput(f"{text!r} is no month: write YYYY-MM, such as 2027-03.") from None
    return start, (start + timedelta(days=32)).replace(day=1)


async def _hours(sql: Sql, events: Iterable[Event]) -> dict[CalendarVersion, Hours]:
    versions = {
        promise.calendar
        for event in events
        if isinstance(event, Opened | Promised | Moved)
        for promise in event.promises
        if promise.calendar is not None
    }
    calendars = await load_calendars(sql, versions)
    return {version: calendar.hours for version, calendar in calendars.items()}


def _recounted(
    events: Sequence[Event],
    hours: dict[CalendarVersion, Hours],
    month: tuple[datetime, datetime],
) -> dict[ClockName, Recount]:
    if not events:
        return {}
    start, end = month
    return {
        (one.metric.value, one.audience.value, one.instance): one
        for one in recount(events, hours, end)
        if one.ended_at is not None and start <= one.ended_at < end
    }


def _compare(
    ticket_id: UUID,
    rows: dict[ClockName, Row],
    second: dict[ClockName, Recount],
    checker: SignatureChecker,
) -> list[Disagreement]:
    found = []
    for name in sorted({*rows, *second}):
        if name not in rows or name not in second:
            ours = "there is one" if name in rows else "there is none"
            theirs = "there is one" if name in second else "there is none"
            found.append(Disagreement(ticket_id, name, "missing", ours, theirs))
            continue
        one, other = _of_row(rows[name]), _of_recount(second[name])
        found += [
            Disagreement(ticket_id, name, field, one[field], other[field])
            for field in FIELDS
            if one[field] != other[field]
        ]
        found += _check_certificate(ticket_id, name, rows[name], checker)
    return found


def _check_certificate(
    ticket_id: UUID, name: ClockName, row: Row, checker: SignatureChecker
) -> list[Disagreement]:
    """Is what was signed what the row says? A clock that is not certified yet is not wrong."""
    if row["certificate"] is None:
        return []
    try:
        record = read_certificate(row["certificate"], checker)
    except BadInput as error:
        return [Disagreement(ticket_id, name, "certificate", str(error), "")]
    signed = {
        "outcome": str(record["outcome"]),
        "started_at": str(record["started_at"]),
        "ended_at": str(record["ended_at"]),
        "due_at": str(record["due_at"]),
        "counted_us": str(record["counted_us"]),
    }
    ours = _of_row(row)
    return [
        Disagreement(ticket_id, name, "certificate", f"{field} {ours[field]}", value)
        for field, value in signed.items()
        if ours[field] != value
    ]


def _of_row(row: Row) -> dict[str, str]:
    return {
        "outcome": row["outcome"],
        "started_at": _text(as_time(row["started_at"])),
        "ended_at": _text(as_time(row["ended_at"])),
        "due_at": _text(as_time_or_none(row["due_at"])),
        "breached_at": _text(as_time_or_none(row["breached_at"])),
        "counted_us": str(row["counted_us"]),
        "dodges": str(row["dodges"]),
    }


def _of_recount(one: Recount) -> dict[str, str]:
    return {
        "outcome": str(one.outcome),
        "started_at": _text(one.started_at),
        "ended_at": _text(one.ended_at),
        "due_at": _text(one.due_at),
        "breached_at": _text(one.breached_at),
        "counted_us": str(one.counted // _MICROSECOND),
        "dodges": str(len(one.dodges)),
    }


def _text(at: datetime | None) -> str:
    return "None" if at is None else instant_text(at)


def _unheard(
    ticket_id: UUID, events: Sequence[Event], written: Sequence[tuple[str, datetime]]
) -> list[Disagreement]:
    """Whoever wrote on the ticket must have been heard by its clocks at that instant.

    The ticket may have been new to its clocks then: its first message opens it.
    """
    heard = {(type(event), event.at) for event in events}
    found = []
    for kind, at in written:
        wanted = ContactWrote if kind == "message.received" else AgentReplied
        if (wanted, at) not in heard and (Opened, at) not in heard:
            says = f"{kind} at {instant_text(at)}"
            found.append(Disagreement(ticket_id, None, "unheard", "nothing", says))
    return found


async def _load_finished(
    sql: Sql, ticket_ids: Sequence[UUID], month: tuple[datetime, datetime]
) -> dict[UUID, dict[ClockName, Row]]:
    rows = await sql.fetch(
        "SELECT ticket_id, metric, audience, instance, outcome, started_at, ended_at, due_at, "
        "breached_at, counted_us, dodges, certificate FROM finished_clock "
        f"WHERE {sql.member('ticket_id', 1)} AND ended_at >= $2 AND ended_at < $3",
        list(ticket_ids),
        *month,
    )
    found: dict[UUID, dict[ClockName, Row]] = {}
    for row in rows:
        name = (row["metric"], row["audience"], int(row["instance"]))
        found.setdefault(as_uuid(row["ticket_id"]), {})[name] = row
    return found


async def _load_written(
    sql: Sql, ticket_ids: Sequence[UUID], month: tuple[datetime, datetime]
) -> dict[UUID, list[tuple[str, datetime]]]:
    """Return when persons wrote and agents answered, by what the stories themselves recorded."""
    rows = await sql.fetch(
        "SELECT ticket_id, kind, at, actor, payload FROM journal "
        f"WHERE {sql.member('ticket_id', 1)} AND at >= $2 AND at < $3 "
        "AND kind IN ('message.received', 'message.queued') ORDER BY id",
        list(ticket_ids),
        *month,
    )
    found: dict[UUID, list[tuple[str, datetime]]] = {}
    for row in rows:
        if _is_by_person(row):
            told = (row["kind"], as_time(row["at"]))
            found.setdefault(as_uuid(row["ticket_id"]), []).append(told)
    return found


def _is_by_person(row: Row) -> bool:
    """Mail of a person who belongs to the ticket; an answer that a user wrote, when it was new."""
    payload = as_dict(row["payload"])
    if row["kind"] == "message.queued":
        is_new = not payload.get("again") and not payload.get("automatic")
        return is_new and str(row["actor"]).startswith(f"{ActorKind.USER.value}:")
    return payload.get("mail_class") == MailClass.PERSON and not payload.get("unverified")
