"""Many writers and readers on one journal, whose backends are killed as they go."""

import asyncio
import json
import random
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import asyncpg

from servicedesk.domain.ids import Position
from servicedesk.kernel import journal
from servicedesk.kernel.config import Settings
from servicedesk.kernel.database import Database
from servicedesk.kernel.journal import Entry
from tests.kernel.connections import connected, write_entry

READ_AT_ONCE = 50
LOST = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what asyncpg says if the backend dies between two statements
    OSError,
)


@dataclass(frozen=True, slots=True)
class Storm:
    """How wild. `entries`: how many commits are known to have worked before it ends."""

    writers: int
    readers: int
    tickets: int
    entries: int
    kills: int


@dataclass(slots=True)
class Outcome:
    """`written` holds the ids that the journal has in the end, in the order of position."""

    killed: int = 0
    committed: list[int] = field(default_factory=list)
    written: list[int] = field(default_factory=list)
    seen_by_reader: list[list[Entry]] = field(default_factory=list)

    def is_in_lock_order(self, seen: Iterable[Entry]) -> bool:
        """Does every ticket count up? Its number was drawn under its row lock."""
        last: dict[UUID | None, int] = {}
        for entry in seen:
            if entry.payload["number"] <= last.get(entry.ticket_id, 0):
                return False
            last[entry.ticket_id] = entry.payload["number"]
        return True


async def run_storm(database: Database, settings: Settings, storm: Storm) -> Outcome:
    """Run until enough is committed, then check nothing: the caller does."""
    outcome, done = Outcome(), asyncio.Event()
    tickets = [uuid4() for _ in range(storm.tickets)]
    rows = [{"name": _series(ticket), "drawn": 0} for ticket in tickets]
    await database.sql.insert("number_series", rows)
    async with asyncio.TaskGroup() as tasks:
        readers = [tasks.create_task(_read(database, done)) for _ in range(storm.readers)]
        tasks.create_task(_kill(settings, storm, outcome))
        tasks.create_task(_sweep(database, done))
        writers = [
            asyncio.create_task(_write(settings, storm, tickets, outcome))
            for _ in range(storm.writers)
        ]
        await asyncio.gather(*writers)
        await database.stamp()
        done.set()
    outcome.seen_by_reader = [reader.result() for reader in readers]
    found = await database.sql.fetch("SELECT id FROM journal ORDER BY position")
    outcome.written = [row["id"] for row in found]
    assert set(outcome.committed) <= set(outcome.written)
    return outcome


def _series(ticket: UUID) -> str:
    return str(ticket)[-32:]


async def _write(settings: Settings, storm: Storm, tickets: list[UUID], outcome: Outcome) -> None:
    """Write until there is enough; after a lost connection, as a new process would."""
    while _is_unfinished(storm, outcome):
        with suppress(*LOST):
            async with connected(settings) as connection:
                await connection.execute("SET application_name = 'storm-writer'")
                while _is_unfinished(storm, outcome):
                    await _one_story(connection, random.choice(tickets), outcome)


def _is_unfinished(storm: Storm, outcome: Outcome) -> bool:
    return len(outcome.committed) < storm.entries or outcome.killed < storm.kills


async def _one_story(connection: asyncpg.Connection, ticket: UUID, outcome: Outcome) -> None:
    async with connection.transaction():
        number = await connection.fetchval(
            "UPDATE number_series SET drawn = drawn + 1 WHERE name = $1 RETURNING drawn",
            _series(ticket),
        )
        entry_id = await write_entry(
            connection, "ticket.changed", ticket, json.dumps({"number": number})
        )
        if random.random() < 0.2:
            await connection.execute("SELECT pg_sleep(0.01)")
    outcome.committed.append(entry_id)
    await connection.execute("SELECT journal_stamp()")


async def _kill(settings: Settings, storm: Storm, outcome: Outcome) -> None:
    async with connected(settings) as connection:
        while outcome.killed < storm.kills:
            await connection.execute("SELECT pg_sleep(0.05)")
            outcome.killed += await connection.fetchval(
                "SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity "
                "WHERE application_name = 'storm-writer' AND datname = current_database() "
                "ORDER BY random() LIMIT 1) AS victim"
            )


async def _sweep(database: Database, done: asyncio.Event) -> None:
    """The safety net that every process runs, here more often than each second."""
    while not done.is_set():
        await database.stamp()
        with suppress(TimeoutError):
            await asyncio.wait_for(done.wait(), 0.2)


async def _read(database: Database, done: asyncio.Event) -> list[Entry]:
    """Read on from the last position, as a console's process does; once more after the end."""
    seen: list[Entry] = []
    while True:
        is_last = done.is_set()
        after = seen[-1].position if seen else Position(0)
        found = await journal.read_after(database.sql, after, READ_AT_ONCE)
        seen += found
        if is_last and not found:
            return seen
        if not found:
            await asyncio.sleep(0.001)
