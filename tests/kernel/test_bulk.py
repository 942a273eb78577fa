"""Many rows in one statement: they come out as the ordinary way would have written them."""

from datetime import UTC, datetime

from servicedesk.domain.actors import system_actor
from servicedesk.kernel import journal
from servicedesk.kernel.bulk import insert_bulk_later, update_bulk_later
from servicedesk.kernel.database import Database
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import as_dict, as_time, as_uuid
from servicedesk.kernel.work import NewEffect

ACTOR = system_actor("test")
LATER = datetime(2030, 1, 1, 12, 30, 0, 5, tzinfo=UTC)
AWKWARD = 'quotes " and \\ and 中文 and \u2028'


async def test_rows_are_as_if_written_one_by_one(database: Database) -> None:
    first, second = new_id(), new_id()
    async with database.work(ACTOR) as work:
        row = {
            "kind": "test.asked",
            "ticket_id": None,
            "order_id": first,
            "arguments": {"words": AWKWARD, "list": [1, None, {"a": True}]},
            "state": "waiting",
            "due_at": work.now,
            "created_at": work.now,
        }
        await work.sql.insert("effect", [{"id": first, "once_key": "one", **row}])
        await insert_bulk_later(work.sql, "effect", [{"id": second, "once_key": "two", **row}])
    one, two = await database.sql.fetch(
        "SELECT kind, ticket_id, order_id, arguments, state, attempts, due_at, created_at "
        "FROM effect ORDER BY once_key"
    )
    assert dict(one) == dict(two)


async def test_a_second_row_with_the_same_key_is_dropped(database: Database) -> None:
    for _ in range(2):
        async with database.work(ACTOR) as work:
            await work.ask_all([NewEffect("test.asked", "same"), NewEffect("test.asked", "other")])
    assert len(await database.sql.fetch("SELECT id FROM effect")) == 2


async def test_each_row_that_is_named_is_changed_and_no_other(database: Database) -> None:
    async with database.work(ACTOR) as work:
        await work.ask_all([NewEffect("test.asked", key) for key in ("one", "two", "three")])
    rows = await database.sql.fetch("SELECT id, once_key FROM effect")
    ids = {row["once_key"]: as_uuid(row["id"]) for row in rows}
    async with database.work(ACTOR) as work:
        changed = [
            {"id": ids["one"], "due_at": LATER, "error": None, "arguments": {"words": AWKWARD}},
        ]
        await update_bulk_later(work.sql, "effect", changed)
        await update_bulk_later(
            work.sql, "effect", [{"once_key": "three", "error": "no"}], key="once_key"
        )
    found = await database.sql.fetch("SELECT once_key, due_at, error, arguments FROM effect")
    by_key = {row["once_key"]: row for row in found}
    assert as_time(by_key["one"]["due_at"]) == LATER
    assert as_dict(by_key["one"]["arguments"]) == {"words": AWKWARD}
    assert [by_key[key]["error"] for key in ("one", "two", "three")] == [None, None, "no"]
    assert as_time(by_key["two"]["due_at"]) != LATER


async def test_ten_thousand_entries_are_written_in_their_order(database: Database) -> None:
    async with database.work(ACTOR) as work:
        for number in range(10_000):
            work.record("test.counted", payload={"number": number})
    entries = await journal.read_after(database.sql, 0, 20_000)
    assert [entry.payload["number"] for entry in entries] == list(range(10_000))
