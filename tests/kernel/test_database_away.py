"""A database that goes away and comes back: callers hear Unavailable, and nothing is leaked."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import pytest
import pytest_asyncio

from servicedesk.domain.actors import system_actor
from servicedesk.domain.errors import StorageFull, Unavailable
from servicedesk.domain.ids import Position
from servicedesk.kernel import journal
from servicedesk.kernel.bus import LocalBus
from servicedesk.kernel.config import Settings
from servicedesk.kernel.database import Database
from tests.databases import opened
from tests.fakes.proxy import CuttableProxy, cuttable
from tests.kernel.connections import connected

ACTOR = system_actor("test")


async def record(database: Database, kind: str) -> Position:
    async with database.work(ACTOR) as work:
        work.record(kind)
    return work.position


async def kinds(database: Database) -> list[str]:
    return [entry.kind for entry in await journal.read_after(database.sql, Position(0), 1_000)]


@pytest_asyncio.fixture
async def proxy(postgres_settings: Settings) -> AsyncIterator[CuttableProxy]:
    async with cuttable(postgres_settings.database_url) as found:
        yield found


@pytest_asyncio.fixture
async def far_database(
    postgres_settings: Settings, proxy: CuttableProxy, bus: LocalBus
) -> AsyncIterator[Database]:
    """A database behind a wire that can be cut, with a pool of three connections."""
    url = proxy.url_through(postgres_settings.database_url)
    settings = postgres_settings.model_copy(update={"database_url": url, "database_connections": 3})
    async with opened(settings, bus) as database:
        yield database


async def test_story_hears_unavailable_while_the_database_is_away_and_works_after(
    far_database: Database, proxy: CuttableProxy
) -> None:
    await record(far_database, "before")
    await proxy.cut()
    with pytest.raises(Unavailable):
        await record(far_database, "meanwhile")
    await proxy.start()
    await record(far_database, "after")
    assert await kinds(far_database) == ["before", "after"]


async def test_stories_that_failed_leave_no_connection_taken(
    far_database: Database, proxy: CuttableProxy
) -> None:
    await record(far_database, "before")
    await proxy.cut()
    for _ in range(10):
        with pytest.raises(Unavailable):
            await record(far_database, "meanwhile")
    await proxy.start()
    stories = (record(far_database, "after") for _ in range(10))
    await asyncio.wait_for(asyncio.gather(*stories), 15)
    assert await kinds(far_database) == ["before", *["after"] * 10]


async def test_wire_cut_in_the_middle_of_stories_writes_nothing_and_leaks_nothing(
    far_database: Database, proxy: CuttableProxy
) -> None:
    begun = asyncio.Barrier(4)
    cut = asyncio.Event()

    async def story() -> None:
        async with far_database.work(ACTOR) as work:
            work.record("half.done")
            await work.write_entries()
            await begun.wait()
            await cut.wait()
            await work.sql.fetch("SELECT 1 AS one")

    stories = [asyncio.create_task(story()) for _ in range(3)]
    await begun.wait()
    await proxy.cut()
    cut.set()
    outcomes = await asyncio.gather(*stories, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [Unavailable] * 3
    await proxy.start()
    again = (record(far_database, "after") for _ in range(6))
    await asyncio.wait_for(asyncio.gather(*again), 15)
    assert await kinds(far_database) == ["after"] * 6


async def test_lost_answer_to_a_commit_is_called_unknown(
    far_database: Database, proxy: CuttableProxy
) -> None:
    async def story() -> None:
        async with far_database.work(ACTOR):
            await proxy.cut()

    with pytest.raises(Unavailable, match="not known whether"):
        await story()


async def test_killed_backends_are_replaced(
    postgres_database: Database, postgres_settings: Settings
) -> None:
    await asyncio.gather(*(record(postgres_database, "before") for _ in range(5)))
    async with connected(postgres_settings) as other:
        killed = await other.fetchval(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert killed >= 1
    for _ in range(killed + 1):
        try:
            await record(postgres_database, "after")
            break
        except Unavailable:
            continue
    assert (await kinds(postgres_database))[-1] == "after"


async def test_value_of_the_wrong_type_is_our_mistake_not_an_outage(
    postgres_database: Database,
) -> None:
    with pytest.raises(Exception, match="invalid input") as raised:
        await postgres_database.sql.fetch("SELECT $1::uuid", "no id")
    assert not isinstance(raised.value, Unavailable)


@contextmanager
def other_writer(settings: Settings) -> Iterator[sqlite3.Connection]:
    """Another process that holds the SQLite file's one write lock."""
    other = sqlite3.connect(settings.data_dir / "servicedesk.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield other
    finally:
        other.close()


async def test_begin_that_fails_on_sqlite_does_not_keep_the_lock(
    sqlite_database: Database, sqlite_settings: Settings
) -> None:
    await sqlite_database.sql.execute("PRAGMA busy_timeout = 20")
    with other_writer(sqlite_settings):
        for _ in range(3):
            with pytest.raises(Unavailable):
                await record(sqlite_database, "meanwhile")
    await asyncio.wait_for(record(sqlite_database, "after"), 5)
    assert await kinds(sqlite_database) == ["after"]


async def test_begin_that_is_cancelled_while_it_waits_leaves_no_transaction_open(
    sqlite_database: Database, sqlite_settings: Settings
) -> None:
    with other_writer(sqlite_settings) as other:
        story = asyncio.create_task(record(sqlite_database, "cancelled"))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(story), 0.1)
        story.cancel()
        await asyncio.sleep(0)
        other.execute("ROLLBACK")
        with pytest.raises(asyncio.CancelledError):
            await story
    insert = [{"name": "kept", "drawn": 1}]
    await sqlite_database.sql.insert("number_series", insert)
    with other_writer(sqlite_settings) as other:  # would wait, were a transaction left open
        found = other.execute("SELECT drawn FROM number_series WHERE name = 'kept'").fetchall()
    assert found == [(1,)]


async def test_full_disk_is_said_to_be_full(sqlite_database: Database) -> None:
    [row] = await sqlite_database.sql.fetch("PRAGMA page_count")
    await sqlite_database.sql.fetch(f"PRAGMA max_page_count = {row['page_count'] + 2}")
    big = [{"name": "big", "value": {"a": "b" * 100_000}}]
    with pytest.raises(StorageFull):
        await sqlite_database.sql.insert("setting", big)


async def test_reading_beside_a_story_from_inside_it_is_refused_at_once(
    database: Database,
) -> None:
    async def story() -> None:
        async with database.work(ACTOR):
            await database.sql.fetch("SELECT 1 AS one")

    with pytest.raises(RuntimeError, match=r"Use work\.sql"):
        await story()
    await record(database, "after")


async def test_story_inside_a_story_is_refused_at_once(database: Database) -> None:
    async def story() -> None:
        async with database.work(ACTOR):
            await record(database, "inner")

    with pytest.raises(RuntimeError, match="A transaction is open here"):
        await story()
    assert await kinds(database) == []
