"""What several callers write later goes as one statement; what is gathered is written once."""

from collections.abc import Sequence

from servicedesk.domain.actors import system_actor
from servicedesk.kernel import journal
from servicedesk.kernel.bus import LocalBus, Topic
from servicedesk.kernel.database import Database
from servicedesk.kernel.json_text import JsonText
from servicedesk.kernel.sql import Sql, as_dict

ACTOR = system_actor("test")


async def test_rows_of_several_callers_arrive_as_those_of_one(database: Database) -> None:
    values: list[object] = [{"deep": [1, "zwei", None]}, JsonText('{"ready": true}'), {}]
    async with database.work(ACTOR) as work:
        for place, value in enumerate(values):
            row = {"name": f"t{place}", "value": value, "version": place}
            await work.sql.insert_later("setting", [row])
    rows = await database.sql.fetch(
        "SELECT name, value, version FROM setting WHERE name LIKE 't_' ORDER BY name"
    )
    found = [as_dict(row["value"]) for row in rows]
    assert found == [{"deep": [1, "zwei", None]}, {"ready": True}, {}]
    assert [row["version"] for row in rows] == [0, 1, 2]


async def test_what_is_gathered_is_written_in_one_go_before_the_next_statement(
    database: Database,
) -> None:
    calls: list[list[str]] = []

    async def write(sql: Sql, names: Sequence[str]) -> None:
        calls.append(list(names))
        rows = [{"name": name, "value": {}, "version": 1} for name in names]
        await sql.insert_later("setting", rows)

    async with database.work(ACTOR) as work:
        await work.sql.gather_later(write, ["a"])
        await work.sql.gather_later(write, ["b", "c"])
        assert calls == []
        found = await work.sql.fetch("SELECT name FROM setting WHERE name IN ('a', 'b', 'c')")
        assert {row["name"] for row in found} == {"a", "b", "c"}
        await work.sql.gather_later(write, ["d"])
    assert calls == [["a", "b", "c"], ["d"]]
    assert await database.sql.fetch_one("SELECT 1 AS one FROM setting WHERE name = 'd'")


async def test_story_that_nobody_waits_for_is_stamped_and_told_a_moment_later(
    database: Database, bus: LocalBus
) -> None:
    async with bus.listen(Topic.JOURNAL) as bell:
        for place in range(30):
            async with database.work(ACTOR, awaited=False) as work:
                work.record("ticket.opened", payload={"number": place})
        assert await bell.wait(5)
        await database.settle()
    entries = await journal.read_after(database.sql, 0, 100)
    assert [entry.payload["number"] for entry in entries] == list(range(30))


async def test_story_that_nobody_waits_for_and_raises_leaves_nothing(database: Database) -> None:
    try:
        async with database.work(ACTOR, awaited=False) as work:
            work.record("ticket.opened")
            await work.sql.insert_later("setting", [{"name": "x", "value": {}, "version": 1}])
            raise ZeroDivisionError
    except ZeroDivisionError:
        await database.settle()
    assert await journal.read_after(database.sql, 0, 10) == []
    assert await database.sql.fetch_one("SELECT 1 AS one FROM setting WHERE name = 'x'") is None
