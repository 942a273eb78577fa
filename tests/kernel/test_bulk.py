"""Many rows in one statement: they come out as the ordinary way would have written them."""

from servicedesk.domain.actors import system_actor
from servicedesk.kernel import journal
from servicedesk.kernel.bulk import insert_bulk_later
from servicedesk.kernel.database import Database
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.work import NewEffect

ACTOR = system_actor("test")
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


async def test_ten_thousand_entries_are_written_in_their_order(database: Database) -> None:
    async with database.work(ACTOR) as work:
        for number in range(10_000):
            work.record("test.counted", payload={"number": number})
    entries = await journal.read_after(database.sql, 0, 20_000)
    assert [entry.payload["number"] for entry in entries] == list(range(10_000))
