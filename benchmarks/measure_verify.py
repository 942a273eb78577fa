"""A month of finished clocks in PostgreSQL: what signing them costs, and what `sla verify` does.

    made-up days of tickets ──▶ journal and finished clocks ──▶ sign all ──▶ verify the month

Wall time and CPU seconds of this process; the database runs on the same machine.
"""

import asyncio
import random
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from servicedesk.app.schema import MIGRATIONS, TABLES
from servicedesk.domain.actors import system_actor
from servicedesk.domain.tickets import Priority, TicketStatus
from servicedesk.kernel.bus import LocalBus
from servicedesk.kernel.database import Database
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.migrate import migrate
from servicedesk.kernel.secrets import Secrets
from servicedesk.kernel.work import Work
from servicedesk.sla import clock_rows, telling
from servicedesk.sla.audit import month_of, verify_month
from servicedesk.sla.calendar.hours import WEEKDAYS
from servicedesk.sla.calendar.reading import CalendarDocument
from servicedesk.sla.calendars import NewCalendar, create_calendar
from servicedesk.sla.certificates import sign_finished
from servicedesk.sla.clock.machine import Turn, apply, open_ticket
from servicedesk.sla.clock.states import Calendars
from servicedesk.sla.events import AgentReplied, Event, Opened, StatusSet
from servicedesk.sla.policies import create_policy
from servicedesk.sla.policy.documents import read_document
from servicedesk.sla.policy.matching import match_policies, promises_of
from servicedesk.sla.promises import Promise
from servicedesk.sla.setup import load_mark, load_setup
from servicedesk.sla.track import load_world
from tests.databases import opened, settings_on_postgres
from tests.services.postgresql import (
    PostgresServer,
    create_database,
    drop_database,
    postgres_server_for_tests,
)

CLOCKS = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
CLOCKS_OF_A_TICKET = 2
PORTION = 500
MONTH = "2026-03"
BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)
ACTOR = system_actor("bench")
OFFICE = CalendarDocument(
    time_zone="Europe/Berlin", week={day: [("09:00", "17:00")] for day in WEEKDAYS[:5]}
)


@dataclass(frozen=True, slots=True)
class World:
    """What every ticket is promised, and the calendars to count it by."""

    promises: tuple[Promise, ...]
    calendars: Calendars


def main() -> int:
    with tempfile.TemporaryDirectory() as folder, postgres_server_for_tests() as server:
        return asyncio.run(_run(server, Path(folder)))


async def _run(server: PostgresServer, folder: Path) -> int:
    url = await create_database(server)
    settings = settings_on_postgres(folder, url)
    await migrate(settings, TABLES, MIGRATIONS)
    try:
        async with opened(settings, LocalBus()) as database:
            return await _measure(database)
    finally:
        await drop_database(server, url)


async def _measure(database: Database) -> int:
    await _fill(database, await _promise(database), random.Random(1))
    await database.sql.execute("VACUUM ANALYZE finished_clock")
    await database.sql.execute("VACUUM ANALYZE journal")
    secrets = Secrets({"bench": bytes(range(32))})
    began, cpu = time.perf_counter(), time.process_time()
    signed = await sign_finished(database, secrets)
    _say(f"{signed:,} clocks signed", began, cpu)
    began, cpu = time.perf_counter(), time.process_time()
    clocks = disagreements = 0
    async for found in verify_month(database.sql, secrets, *month_of(MONTH)):
        clocks += found.clocks
        disagreements += len(found.disagreements)
    _say(f"{clocks:,} clocks verified", began, cpu)
    print(f"disagreements       {disagreements}")
    return int(disagreements > 0 or clocks != CLOCKS or signed != CLOCKS)


async def _promise(database: Database) -> World:
    new = NewCalendar("Office", OFFICE, is_default=True)
    await create_calendar(database, ACTOR, new)
    targets = [
        {"metric": metric, "priority": 2, "seconds": seconds, "counting": counting}
        for metric, seconds, counting in (
            ("first_reply", 3_600, "business_time"),
            ("total_resolution", 86_400, "calendar_time"),
        )
    ]
    await create_policy(database, ACTOR, "Gold", read_document({"targets": targets}))
    setup = await load_setup(database.sql, await load_mark(database.sql))
    match = match_policies(setup.policies, {}, BEGIN)
    promises = promises_of(match, Priority.NORMAL, setup.calendar_of(None))
    calendars, _ = await load_world(database.sql, [], promises)
    return World(promises, calendars)


async def _fill(database: Database, world: World, dice: random.Random) -> None:
    """Write what stories would have written of tickets that were opened, answered and solved."""
    for _ in range(0, CLOCKS, PORTION * CLOCKS_OF_A_TICKET):
        async with database.work(ACTOR) as work:
            for _ in range(PORTION):
                await _write_ticket(work, world, dice)


async def _write_ticket(work: Work, world: World, dice: random.Random) -> None:
    ticket_id = UUID(str(new_id()))
    at = BEGIN + dice.random() * timedelta(days=20)
    replied = at + dice.random() * timedelta(hours=30)
    solved = replied + dice.random() * timedelta(hours=30)
    begun = Opened(at, TicketStatus.NEW, world.promises, at)
    events: list[Event] = [
        AgentReplied(replied),
        StatusSet(replied, TicketStatus.PENDING),
        StatusSet(solved, TicketStatus.SOLVED),
    ]
    clock_set = open_ticket(begun, world.calendars).clock_set
    telling.tell_events(work, ticket_id, [begun], ())
    for event in events:
        applied = apply(clock_set, event, world.calendars)
        clock_set = applied.clock_set
        telling.tell_events(work, ticket_id, [event], ())
        ended = [one.clock for one in applied.changes if one.turn is Turn.ENDED]
        await clock_rows.add_finished(work, [(ticket_id, clock) for clock in ended])


def _say(what: str, began: float, cpu: float) -> None:
    wall = time.perf_counter() - began
    print(f"{what:<28} {wall:.1f} s, of them {time.process_time() - cpu:.1f} s CPU here")


if __name__ == "__main__":
    sys.exit(main())
