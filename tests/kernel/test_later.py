"""What is written later is written: in order of need, with its transaction, or not at all."""

from datetime import UTC, datetime

import pytest

from servicedesk.domain.actors import system_actor
from servicedesk.kernel import journal
from servicedesk.kernel.database import Database
from servicedesk.kernel.database_clock import DatabaseClock
from servicedesk.kernel.sql import Row

ACTOR = system_actor("test")
AT = datetime(2027, 3, 2, 9, 0, tzinfo=UTC)


def setting(name: str, version: int = 1) -> dict[str, object]:
    return {"name": name, "value": {}, "version": version}


async def names(database: Database) -> list[str]:
    rows = await database.sql.fetch("SELECT name FROM setting WHERE name <> 'sla' ORDER BY name")
    return [row["name"] for row in rows]


async def test_rows_written_later_are_there_at_the_next_statement(database: Database) -> None:
    async with database.work(ACTOR) as work:
        await work.sql.insert_later("setting", [setting("a"), setting("b")])
        await work.sql.insert_later("throttle", [_throttle("k")])
        found = await work.sql.fetch("SELECT name FROM setting WHERE name IN ('a', 'b')")
        assert {row["name"] for row in found} == {"a", "b"}
        (kept,) = await work.sql.fetch("SELECT count FROM throttle WHERE key = $1", "k")
        assert kept["count"] == 7


async def test_rows_written_later_than_anything_else_are_committed(database: Database) -> None:
    async with database.work(ACTOR) as work:
        await work.sql.insert_later("setting", [setting("last")])
    assert await names(database) == ["last"]


async def test_rows_go_with_the_journal_and_its_entries_keep_their_order(
    database: Database,
) -> None:
    async with database.work(ACTOR) as work:
        await work.sql.insert_later("setting", [setting("a")])
        await work.sql.execute_later("UPDATE setting SET version = $1 WHERE name = $2", 9, "sla")
        work.record("ticket.opened", payload={"number": 1})
        work.record("order.opened")
    entries = await journal.read_after(database.sql, 0, 10)
    assert [entry.kind for entry in entries] == ["ticket.opened", "order.opened"]
    assert work.position == entries[-1].position
    assert await names(database) == ["a"]
    assert (await _version_of(database, "sla"))["version"] == 9


async def test_story_that_raises_leaves_nothing_written_later(database: Database) -> None:
    async def story() -> None:
        async with database.work(ACTOR) as work:
            await work.sql.insert_later("setting", [setting("a")])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await story()
    assert await names(database) == []


async def test_row_that_waits_may_be_changed_later(database: Database) -> None:
    async with database.work(ACTOR) as work:
        await work.sql.insert_later("setting", [setting("a")])
        await work.sql.execute_later("UPDATE setting SET version = 2 WHERE name = $1", "a")
    assert (await _version_of(database, "a"))["version"] == 2


async def test_row_that_is_changed_twice_later_is_changed_twice(database: Database) -> None:
    raise_it = "UPDATE setting SET version = version + 1 WHERE name = $1"
    before = (await _version_of(database, "sla"))["version"]
    async with database.work(ACTOR) as work:
        await work.sql.execute_later(raise_it, "sla", must_touch=1)
        await work.sql.execute_later(raise_it, "sla", must_touch=1)
    assert (await _version_of(database, "sla"))["version"] == before + 2


async def test_fault_of_a_row_written_later_undoes_the_whole_story(database: Database) -> None:
    async def story() -> None:
        async with database.work(ACTOR) as work:
            await work.sql.insert("setting", [setting("first")])
            await work.sql.insert_later("setting", [setting("first")])
            work.record("ticket.opened")

    with pytest.raises(Exception, match=r"(?i)unique"):
        await story()
    assert await names(database) == []
    assert await journal.read_after(database.sql, 0, 10) == []


async def test_time_of_postgresql_is_asked_once_and_goes_on(postgres_database: Database) -> None:
    clock = DatabaseClock()
    async with postgres_database.transaction() as sql:
        told = [await clock.now_by(sql) for _ in range(3)]
        (row,) = await sql.fetch("SELECT clock_timestamp() AS now")
    assert told == sorted(told)
    assert abs((row["now"] - told[-1]).total_seconds()) < 0.5


async def _version_of(database: Database, name: str) -> Row:
    row = await database.sql.fetch_one("SELECT version FROM setting WHERE name = $1", name)
    assert row is not None
    return row


def _throttle(key: str) -> dict[str, object]:
    return {"key": key, "count": 7, "window_started_at": AT}
