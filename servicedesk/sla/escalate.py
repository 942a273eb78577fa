"""What fell due by itself: breaches and steps of ladders, found by index and fired once.

    rows with next_at < now, locked ──▶ pure: what is due by now ──▶ rows, journal, effects, commit

A row that is locked is left to who holds it: another worker that fires it, or a story that is about
to change it and fires what was overdue itself. Dying before the commit changes nothing, dying
after it leaves effects that anybody runs.

A portion that fails is fired ticket by ticket; the one at fault is parked, and tried again hourly.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from servicedesk.domain.actors import system_actor
from servicedesk.domain.errors import Unavailable
from servicedesk.kernel.database import Database
from servicedesk.kernel.sql import Sql, as_time_or_none
from servicedesk.kernel.work import Work
from servicedesk.sla import clock_rows, telling
from servicedesk.sla.clock.climbing import DueStep, LadderOf, climb
from servicedesk.sla.clock.following import Kept
from servicedesk.sla.clock.machine import Change, pass_time
from servicedesk.sla.clock.states import Calendars
from servicedesk.sla.clock_rows import DueTicket, PassedRow
from servicedesk.sla.questions import instant_text
from servicedesk.sla.records import read_kept
from servicedesk.sla.track import fire, load_world

ACTOR = system_actor("timers")
AT_ONCE = 200
PARKED = timedelta(hours=1)
log = structlog.get_logger(__name__)


_NOBODYS_FAULT = (OSError, Unavailable)
"""The database is away: no ticket is to blame, and the role waits."""


@dataclass(frozen=True, slots=True)
class _Passed:
    row: PassedRow
    breaches: tuple[Change, ...]
    steps: tuple[DueStep, ...]


async def fire_due(database: Database, at_once: int = AT_ONCE) -> int:
    """Fire everything that is due, a portion in each transaction; return on how many tickets."""
    total = 0
    while True:
        found: list[DueTicket] = []
        try:
            async with database.work(ACTOR) as work:
                found = await clock_rows.lock_due(work.sql, work.now, at_once)
                if found:
                    await _fire(work, found)
        except Exception as error:
            if not found or isinstance(error, _NOBODYS_FAULT):
                raise
            for ticket in found:
                await _fire_alone(database, ticket.ticket_id)
        total += len(found)
        if len(found) < at_once:
            return total


async def next_due(sql: Sql) -> datetime | None:
    """Return when the next breach or step is due; None if no clock runs."""
    row = await sql.fetch_one(
        "SELECT next_at FROM ticket_clocks WHERE next_at IS NOT NULL "
        "ORDER BY next_at, ticket_id LIMIT 1"
    )
    return as_time_or_none(row["next_at"]) if row else None


async def _fire_alone(database: Database, ticket_id: UUID) -> None:
    try:
        async with database.work(ACTOR) as work:
            found = await clock_rows.lock_due_of(work.sql, work.now, ticket_id)
            if found:
                await _fire(work, found)
    except Exception as error:
        if isinstance(error, _NOBODYS_FAULT):
            raise
        log.exception("clock_parked", ticket_id=str(ticket_id))
        await _park(database, ticket_id, type(error).__name__)


async def _park(database: Database, ticket_id: UUID, error: str) -> None:
    async with database.work(ACTOR) as work:
        until = work.now + PARKED
        await clock_rows.park(work.sql, ticket_id, until)
        payload = {"error": error, "again_at": instant_text(until)}
        work.record("clock.parked", ticket_id=ticket_id, payload=payload)


async def _fire(work: Work, found: Sequence[DueTicket]) -> None:
    due = [(ticket.ticket_id, read_kept(ticket.record)) for ticket in found]
    world = await load_world(work.sql, [kept.clock_set for _, kept in due])
    passed = [_pass(ticket_id, kept, work.now, world) for ticket_id, kept in due]
    for one in passed:
        telling.tell_changes(work, one.row.ticket_id, one.breaches)
    await fire(work, [(one.row.ticket_id, step) for one in passed for step in one.steps])
    await clock_rows.save_passed(work.sql, [one.row for one in passed])


def _pass(
    ticket_id: UUID, before: Kept, now: datetime, world: tuple[Calendars, LadderOf]
) -> _Passed:
    applied = pass_time(before.clock_set, now)
    climbed = climb(applied.clock_set, before.fired, world, now)
    fired = before.fired | {step.fired for step in climbed.due}
    kept = Kept(applied.clock_set, before.team_id, fired)
    row = PassedRow(ticket_id, kept, climbed.next_at)
    return _Passed(row, applied.changes, climbed.due)
