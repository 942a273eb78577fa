"""The five promises of the stamped journal (ARCHITECTURE "The journal")."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

from servicedesk.domain.actors import system_actor
from servicedesk.domain.ids import Position
from servicedesk.kernel import journal
from servicedesk.kernel.bus import LocalBus, Topic
from servicedesk.kernel.config import Settings
from servicedesk.kernel.database import Database
from servicedesk.kernel.journal import Entry
from tests.databases import opened, settings_on_postgres, settings_on_sqlite
from tests.kernel.connections import connected, write_entry
from tests.kernel.storm import Storm, run_storm
from tests.services.postgresql import PostgresServer, create_database

ACTOR = system_actor("test")
ROOT = Path(__file__).resolve().parents[2]


async def read_all(database: Database) -> list[Entry]:
    return await journal.read_after(database.sql, Position(0), 100_000)


def kinds(entries: Sequence[Entry]) -> list[str]:
    return [entry.kind for entry in entries]


async def record(database: Database, kind: str) -> Position:
    async with database.work(ACTOR) as work:
        work.record(kind)
    return work.position


async def test_transaction_held_open_delays_only_its_own_entries(
    postgres_database: Database, postgres_settings: Settings
) -> None:
    async with connected(postgres_settings) as slow:
        held = slow.transaction()
        await held.start()
        await write_entry(slow, "held.open")
        await record(postgres_database, "went.past")
        assert kinds(await read_all(postgres_database)) == ["went.past"]
        await held.commit()
    await postgres_database.stamp()
    assert kinds(await read_all(postgres_database)) == ["went.past", "held.open"]


async def test_transaction_that_began_first_and_inserted_last_is_not_skipped(
    postgres_database: Database, postgres_settings: Settings
) -> None:
    async with connected(postgres_settings) as first:
        early = first.transaction()
        await early.start()
        await first.execute("SELECT txid_current()")  # its transaction id is the oldest now
        seen_up_to = await record(postgres_database, "began.later")
        await write_entry(first, "began.first")
        await early.commit()
    await postgres_database.stamp()
    missed = await journal.read_after(postgres_database.sql, seen_up_to, 10)
    assert kinds(missed) == ["began.first"]


async def test_entry_with_a_smaller_id_that_commits_later_is_not_skipped(
    postgres_database: Database, postgres_settings: Settings
) -> None:
    async with connected(postgres_settings) as other:
        late = other.transaction()
        await late.start()
        late_id = await write_entry(other, "small.id")
        seen_up_to = await record(postgres_database, "large.id")
        (seen,) = await read_all(postgres_database)
        assert seen.id > late_id
        await late.commit()
    await postgres_database.stamp()
    missed = await journal.read_after(postgres_database.sql, seen_up_to, 10)
    assert kinds(missed) == ["small.id"]


async def test_two_changes_of_one_ticket_arrive_in_the_order_of_its_row_lock(
    postgres_database: Database, postgres_settings: Settings
) -> None:
    lock = "UPDATE number_series SET drawn = drawn + 1 WHERE name = 'row'"
    await postgres_database.sql.insert("number_series", [{"name": "row", "drawn": 0}])
    async with connected(postgres_settings) as one, connected(postgres_settings) as two:
        first, second = one.transaction(), two.transaction()
        await second.start()
        await two.execute("SELECT txid_current()")
        await first.start()
        await one.execute(lock)
        waiting = asyncio.create_task(two.execute(lock))
        await write_entry(one, "locked.first")
        await first.commit()  # and dies here: it never stamps
        await waiting
        await write_entry(two, "locked.second")
        await second.commit()
    await postgres_database.stamp()
    assert kinds(await read_all(postgres_database)) == ["locked.first", "locked.second"]


async def test_dump_and_restore_into_a_fresh_server_lose_nothing(
    postgres_database: Database,
    postgres_settings: Settings,
    fresh_postgres_server: PostgresServer,
    tmp_path: Path,
    bus: LocalBus,
) -> None:
    for number in range(20):
        await record(postgres_database, f"entry.{number}")
    async with connected(postgres_settings) as other:
        await write_entry(other, "not.stamped")
    before = await read_all(postgres_database)
    dump = tmp_path / "dump.sql"
    await _run("pg_dump", "--file", str(dump), postgres_settings.database_url)
    await postgres_database.close()

    url = await create_database(fresh_postgres_server)
    await _run("psql", "--quiet", "--set=ON_ERROR_STOP=1", "--file", str(dump), url)
    async with opened(settings_on_postgres(tmp_path, url), bus) as restored:
        assert await read_all(restored) == before
        seen_up_to = before[-1].position
        last = await record(restored, "after.restore")
        after = await journal.read_after(restored.sql, seen_up_to, 10)
        assert kinds(after) == ["not.stamped", "after.restore"]
        assert [entry.position for entry in after] == [seen_up_to + 1, last]


async def test_copied_sqlite_file_goes_on_where_it_was(
    sqlite_database: Database, sqlite_settings: Settings, tmp_path: Path, bus: LocalBus
) -> None:
    for number in range(20):
        await record(sqlite_database, f"entry.{number}")
    before = await read_all(sqlite_database)
    copy = settings_on_sqlite(tmp_path / "copy")
    copy.data_dir.mkdir()
    await sqlite_database.sql.execute("VACUUM INTO $1", f"{copy.data_dir}/servicedesk.sqlite3")
    await sqlite_database.close()
    async with opened(copy, bus) as restored:
        assert await read_all(restored) == before
        assert await record(restored, "after.restore") == before[-1].position + 1


async def test_writer_killed_between_commit_and_stamp_loses_nothing(
    settings: Settings, bus: LocalBus
) -> None:
    command = [sys.executable, "-m", "tests.kernel.unstamped_writer"]
    arguments = [str(settings.data_dir), settings.database_url]
    writer = await asyncio.create_subprocess_exec(
        *command, *arguments, stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    assert writer.stdout is not None
    assert await writer.stdout.readline() == b"committed\n"
    writer.kill()
    await writer.wait()
    async with opened(settings, bus) as database:
        assert await read_all(database) == []
        await database.stamp()  # as each start and the sweep do
        assert kinds(await read_all(database)) == ["ticket.opened"]


async def test_readers_see_every_entry_in_order_while_writers_are_killed(
    postgres_database: Database, postgres_settings: Settings
) -> None:
    storm = Storm(writers=8, readers=3, tickets=5, entries=400, kills=8)
    outcome = await run_storm(postgres_database, postgres_settings, storm)
    assert outcome.killed >= 1
    assert len(outcome.written) >= storm.entries
    for seen in outcome.seen_by_reader:
        assert [entry.id for entry in seen] == outcome.written
        assert [entry.position for entry in seen] == list(range(1, len(seen) + 1))
        assert outcome.is_in_lock_order(seen)


async def test_stories_at_once_give_positions_without_gaps_that_a_listener_sees(
    database: Database, bus: LocalBus
) -> None:
    seen: list[Entry] = []

    async def listen() -> None:
        async with bus.listen(Topic.JOURNAL) as bell:
            while len(seen) < 60:
                seen.extend(
                    await journal.read_after(
                        database.sql, seen[-1].position if seen else Position(0), 7
                    )
                )
                if len(seen) < 60:
                    await bell.wait(0.05)

    listening = asyncio.create_task(listen())
    positions = await asyncio.gather(*(record(database, "ticket.opened") for _ in range(60)))
    await asyncio.wait_for(listening, 15)
    assert [entry.position for entry in seen] == list(range(1, 61))
    assert sorted(positions) == list(range(1, 61))
    if database.on_sqlite:  # whose one writer tells the time after it got the lock
        assert [entry.at for entry in seen] == sorted(entry.at for entry in seen)


async def test_stamping_twice_gives_no_second_position(database: Database) -> None:
    position = await record(database, "ticket.opened")
    assert await database.stamp() == position
    assert await database.stamp() == position
    assert len(await read_all(database)) == 1


async def test_position_is_the_only_thing_that_ever_changes_on_an_entry(
    postgres_database: Database, postgres_settings: Settings
) -> None:
    columns = "id, at, actor, kind, version, ticket_id, order_id, payload, trace"
    async with connected(postgres_settings) as other:
        await write_entry(other, "ticket.opened", uuid4(), '{"number": 1}')
        written = await other.fetchrow(f"SELECT {columns} FROM journal")
        await postgres_database.stamp()
        assert await other.fetchrow(f"SELECT {columns} FROM journal") == written


async def test_payload_and_trace_come_back_as_they_were_recorded(database: Database) -> None:
    ticket_id, order_id = uuid4(), uuid4()
    async with database.work(ACTOR) as work:
        work.record(
            "ticket.opened",
            ticket_id=ticket_id,
            order_id=order_id,
            payload={"number": 7, "queue_id": str(order_id)},
            trace={"why_here": ["no token"]},
        )
    (entry,) = await journal.read_ticket(database.sql, ticket_id, 2**62, 10)
    assert (entry.actor, entry.ticket_id, entry.order_id) == (ACTOR, ticket_id, order_id)
    assert entry.payload == {"number": 7, "queue_id": str(order_id)}
    assert entry.trace == {"why_here": ["no token"]}


async def test_reading_on_uses_the_index_of_positions(postgres_database: Database) -> None:
    await postgres_database.sql.execute(
        "INSERT INTO journal (at, actor, kind, payload) "
        "SELECT now(), 'system:test', 'ticket.opened', '{}' FROM generate_series(1, 5000)"
    )
    await postgres_database.stamp()
    await postgres_database.sql.execute("ANALYZE journal")
    rows = await postgres_database.sql.fetch(
        "EXPLAIN SELECT id FROM journal WHERE position > 4900 ORDER BY position LIMIT 100"
    )
    plan = "\n".join(row["QUERY PLAN"] for row in rows)
    assert "journal_position" in plan
    assert "Sort" not in plan


async def _run(*command: str) -> None:
    done = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    _, said = await done.communicate()
    assert done.returncode == 0, said.decode()
