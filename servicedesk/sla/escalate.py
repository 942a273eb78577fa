"""What fell due by itself: breaches and steps of ladders, found by index and fired once.

    rows with next_at < now, locked ──▶ pure: what is due by now ──▶ rows, journal, effects, commit

A row that is locked is left to who holds it: another worker that fires it, or a story that is about
to change it and fires what was overdue itself. Dying before the commit changes nothing, dying
after it leaves effects that anybody runs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from servicedesk.domain.actors import system_actor
from servicedesk.kernel.database import Database
from servicedesk.kernel.sql import Sql, as_time_or_none
from servicedesk.kernel.work import Work
from servicedesk.sla import clock_rows, telling
from servicedesk.sla.clock.climbing import DueStep, LadderOf, climb
from servicedesk.sla.clock.following import Kept
from servicedesk.sla.clock.machine import Change, pass_time
from servicedesk.sla.clock.states import Calendars
from servicedesk.sla.clock_rows import DueTicket, PassedRow
from servicedesk.sla.track import fire, load_world

ACTOR = system_actor("timers")
AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class _Passed:
    row: PassedRow
    breaches: tuple[Change, ...]
    steps: tuple[DueStep, ...]


async def fire_due(database: Database, at_once: int = AT_ONCE) -> int:
    """Fire everything that is due, a portion in each transaction; return on how many tickets."""
    total = 0
    while True:
        async with database.work(ACTOR) as work:
            found = await clock_rows.lock_due(work.sql, work.now, at_once)
            if found:
                await _fire(work, found)
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


async def _fire(work: Work, found: Sequence[DueTicket]) -> None:
    world = await load_world(work.sql, [ticket.kept.clock_set for ticket in found])
    passed = [_pass(ticket, work.now, world) for ticket in found]
    for one in passed:
        telling.tell_changes(work, one.row.ticket_id, one.breaches)
    await fire(work, [(one.row.ticket_id, step) for one in passed for step in one.steps])
    await clock_rows.save_passed(work.sql, [one.row for one in passed])


def _pass(ticket: DueTicket, now: datetime, world: tuple[Calendars, LadderOf]) -> _Passed:
    applied = pass_time(ticket.kept.clock_set, now)
    climbed = climb(applied.clock_set, ticket.kept.fired, world, now)
    fired = ticket.kept.fired | {step.fired for step in climbed.due}
    kept = Kept(applied.clock_set, ticket.kept.team_id, fired)
    row = PassedRow(ticket.ticket_id, kept, climbed.next_at)
    return _Passed(row, applied.changes, climbed.due)
