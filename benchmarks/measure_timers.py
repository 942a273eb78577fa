"""A million open tickets with running clocks in PostgreSQL: what it costs to fire what is due.

    rows by INSERT … SELECT ──▶ VACUUM ANALYZE ──▶ 100 and 1,000 due, several rounds ──▶ the plan
    ──▶ 50 events per second beside the timers, breaches all along: how late did each fire?

Wall time, the database and this process on one machine. A row holds what a ticket of the desk holds
(two promises, a ladder of two steps), so that reading and writing it costs what it costs there.
"""

import asyncio
import random
import statistics
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from servicedesk.app.roles.due import act_when_due
from servicedesk.app.schema import MIGRATIONS, TABLES
from servicedesk.domain.actors import system_actor
from servicedesk.domain.tickets import Priority, TicketStatus
from servicedesk.kernel.bus import LocalBus, Topic
from servicedesk.kernel.database import Database
from servicedesk.kernel.migrate import migrate
from servicedesk.kernel.sql import as_uuid
from servicedesk.sla import escalate
from servicedesk.sla.clock.following import Seen, follow
from servicedesk.sla.events import AgentReplied, ContactWrote
from servicedesk.sla.policies import create_policy
from servicedesk.sla.policy.documents import read_document
from servicedesk.sla.policy.matching import match_policies, promises_of
from servicedesk.sla.records import kept_record
from servicedesk.sla.setup import Mark, load_mark, load_setup
from servicedesk.sla.track import Measured, follow_story, load_world
from tests.databases import opened, settings_on_postgres
from tests.services.postgresql import (
    PostgresServer,
    create_database,
    drop_database,
    postgres_server_for_tests,
)

TICKETS = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
OPENED = timedelta(days=12)
DUE = (100, 1_000)
ROUNDS = 15
EVENTS_PER_SECOND = 50
SECONDS = 20
BREACHES_PER_SECOND = 10
TARGET_SECONDS = 3_600
RESOLUTION_SECONDS = 3_600_000
MOST_MS = 20.0
MOST_LATE_MS = 1_000.0
ACTOR = system_actor("bench")
TEAM = UUID(int=7)
EventMaker = type[ContactWrote] | type[AgentReplied]
WRITTEN: tuple[EventMaker, ...] = (ContactWrote, AgentReplied)
FILL = """
    INSERT INTO ticket_clocks (ticket_id, record, next_at, due_at, revision)
    SELECT (lpad(to_hex(floor(extract(epoch FROM $11::timestamptz) * 1000)::bigint
                + floor(random() * $12::float8 * 1000)::bigint), 12, '0')
            || '7' || substr(md5(random()::text), 1, 3) || '8'
            || substr(md5(random()::text), 1, 15))::uuid,
        replace(replace(replace($1, $2, to_char(moment.due, $5)),
            $3, to_char(moment.due - $6 * second.long, $5)),
            $4, to_char(moment.due + ($7 - $6) * second.long, $5)),
        moment.due, moment.due, 1
    FROM (SELECT $8::timestamptz + number * make_interval(secs => $9) AS due
          FROM generate_series(1, $10::int) AS number) AS moment,
        (SELECT interval '1 second' AS long) AS second
"""
# Ids as tickets have them: UUIDv7, of moments between $11 and $12 seconds later.
FORMAT = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
EARLY = datetime(2001, 1, 1, tzinfo=UTC)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder, postgres_server_for_tests() as server:
        return asyncio.run(_run(server, Path(folder)))


async def _run(server: PostgresServer, folder: Path) -> int:
    url = await create_database(server)
    settings = settings_on_postgres(folder, url)
    await migrate(settings, TABLES, MIGRATIONS)
    try:
        async with opened(settings, bus := LocalBus()) as database:
            return await _measure(database, bus)
    finally:
        await drop_database(server, url)


async def _measure(database: Database, bus: LocalBus) -> int:
    template = await _promise(database)
    began = time.perf_counter()
    far = await database.now() + timedelta(days=1)
    await _fill(database, template, Batch(far, TICKETS, 1.0, OPENED))
    await database.sql.execute("VACUUM ANALYZE ticket_clocks")
    await database.sql.execute("CHECKPOINT")
    print(f"tickets             {TICKETS:,} with running clocks ({_since(began):.0f} s to write)")
    costs = {count: await _fire_rounds(database, template, count) for count in DUE}
    for count, found in costs.items():
        goal = f" (goal: below {MOST_MS:.0f} ms)" if count == DUE[0] else ""
        print(f"{count:>5,} due           {statistics.median(found):.1f} ms to find and fire{goal}")
        print(f"                    best of {ROUNDS} rounds {min(found):.1f} ms")
    nothing = await _fire_rounds(database, template, 0)
    print(f"nothing due         {statistics.median(nothing):.2f} ms")
    await _show_plan(database)
    late = await _under_load(database, bus, template)
    print(f"breaches under load {len(late):,} at {EVENTS_PER_SECOND} events/s")
    print(f"late, median        {statistics.median(late):.0f} ms")
    print(f"late, most          {max(late):.0f} ms (goal: below {MOST_LATE_MS:.0f} ms)")
    return int(statistics.median(costs[DUE[0]]) >= MOST_MS or max(late) >= MOST_LATE_MS)


async def _promise(database: Database) -> str:
    """Make a policy with a ladder; return the record of a ticket just opened under it."""
    step = {"do": "notify", "groups": ["supervisors"], "ways": ["console"]}
    document = {
        "targets": [
            {
                "metric": metric,
                "priority": 2,
                "seconds": seconds,
                "counting": "calendar_time",
            }
            for metric, seconds in (
                ("first_reply", TARGET_SECONDS),
                ("total_resolution", RESOLUTION_SECONDS),
            )
        ],
        "ladder": [
            {"id": "due", "metrics": ["first_reply"], "offset_seconds": 0, "actions": [step]},
            {"id": "day", "metrics": ["first_reply"], "offset_seconds": 86_400, "actions": [step]},
        ],
    }
    await create_policy(database, ACTOR, "Gold", read_document(document))
    setup = await load_setup(database.sql, await load_mark(database.sql))
    match = match_policies(setup.policies, {}, EARLY)
    promises = promises_of(match, Priority.NORMAL, None)
    world = await load_world(database.sql, [], promises)
    seen = Seen(TicketStatus.NEW, TEAM, EARLY, promises)
    return kept_record(follow(None, seen, (), EARLY, world).kept)


@dataclass(frozen=True, slots=True)
class Batch:
    """`count` tickets whose first reply is due from `due` on, so many seconds apart.

    They were `opened` at random moments within that time before now, and have ids of then.
    """

    due: datetime
    count: int
    spread_seconds: float
    opened: timedelta = timedelta(hours=8)


async def _fill(database: Database, template: str, batch: Batch) -> None:
    await database.sql.execute(
        FILL,
        template,
        _text(EARLY + timedelta(seconds=TARGET_SECONDS)),
        _text(EARLY),
        _text(EARLY + timedelta(seconds=RESOLUTION_SECONDS)),
        FORMAT,
        float(TARGET_SECONDS),
        float(RESOLUTION_SECONDS),
        batch.due,
        batch.spread_seconds,
        batch.count,
        await database.now() - batch.opened,
        batch.opened.total_seconds(),
    )


def _text(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


async def _fire_rounds(database: Database, template: str, count: int) -> list[float]:
    """Return the milliseconds of firing so many breaches, each with its step, in each round."""
    costs = []
    for _ in range(ROUNDS):
        if count:
            due = await database.now() - timedelta(seconds=60)
            await _fill(database, template, Batch(due, count, 0.001))
        began = time.perf_counter()
        fired = await escalate.fire_due(database)
        costs.append(_since(began) * 1_000)
        if fired != count:
            raise SystemExit(f"{fired} tickets fired, not {count}")
    return costs


async def _show_plan(database: Database) -> None:
    rows = await database.sql.fetch(
        "EXPLAIN SELECT ticket_id FROM ticket_clocks WHERE next_at < now() "
        "AND next_at IS NOT NULL ORDER BY next_at, ticket_id LIMIT 200"
    )
    lines = (row["QUERY PLAN"].strip().removeprefix("->").strip() for row in rows)
    scan = next(line for line in lines if "Scan" in line)
    print(f"plan                {scan.partition('  ')[0]}")


async def _under_load(database: Database, bus: LocalBus, template: str) -> list[float]:
    """Return how late each breach fired, in milliseconds, while stories run beside the timers."""
    start = await database.now() + timedelta(seconds=1)
    count = BREACHES_PER_SECOND * SECONDS
    await _fill(database, template, Batch(start, count, 1 / BREACHES_PER_SECOND))

    async def fire() -> None:
        await escalate.fire_due(database)

    async def next_due() -> datetime | None:
        return await escalate.next_due(database.sql)

    timers = asyncio.create_task(act_when_due(database, bus, Topic.TIMERS, fire, next_due))
    await _tell_events(database)
    await asyncio.sleep(2)
    timers.cancel()
    with suppress(asyncio.CancelledError):
        await timers
    rows = await database.sql.fetch(
        "SELECT extract(epoch FROM at - (payload->>'due_at')::timestamptz) * 1000 AS late "
        "FROM journal WHERE kind = 'clock.breached' AND (payload->>'due_at')::timestamptz >= $1",
        start,
    )
    if len(rows) < count:
        raise SystemExit(f"{len(rows)} breaches fired, not {count}")
    return [float(row["late"]) for row in rows]


async def _tell_events(database: Database) -> None:
    """Tell clocks of other tickets what happens to them, at an even pace."""
    rows = await database.sql.fetch(
        "SELECT ticket_id, record FROM ticket_clocks ORDER BY next_at DESC LIMIT 500"
    )
    mark = await load_mark(database.sql)
    records = {as_uuid(row["ticket_id"]): row["record"] for row in rows}
    dice = random.Random(1)
    tasks = []
    for _ in range(EVENTS_PER_SECOND * SECONDS):
        ticket_id = dice.choice(list(records))
        tasks.append(asyncio.create_task(_tell(database, ticket_id, mark, dice.choice(WRITTEN))))
        await asyncio.sleep(1 / EVENTS_PER_SECOND)
    await asyncio.gather(*tasks)


async def _tell(database: Database, ticket_id: UUID, mark: Mark, event_of: EventMaker) -> None:
    async with database.work(ACTOR) as work:
        row = await work.sql.fetch_one(
            "SELECT record FROM ticket_clocks WHERE ticket_id = $1 FOR UPDATE", ticket_id
        )
        assert row is not None
        event = event_of(work.now)
        measured = Measured(
            ticket_id=ticket_id,
            status=TicketStatus.OPEN,
            priority=Priority.NORMAL,
            team_id=TEAM,
            waiting_since=work.now if isinstance(event, ContactWrote) else None,
            calendar_id=None,
            facts={},
            record=row["record"],
            mark=mark,
        )
        await follow_story(work, measured, (event,))


def _since(began: float) -> float:
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
