"""Hand-written statements: the same text, the same values, on both databases."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from uuid import UUID, uuid4

import pytest

from servicedesk.kernel.database import Database
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.numbers import TICKET_SERIES, next_number
from servicedesk.kernel.sql import (
    as_dict,
    as_json,
    as_time,
    as_time_or_none,
    as_uuid,
    as_uuid_or_none,
    json_text,
)

AT = datetime(2027, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)


class Mood(StrEnum):
    CALM = "calm"


async def insert_effect(database: Database, **changes: object) -> UUID:
    row: dict[str, object] = {
        "id": new_id(),
        "kind": "k",
        "once_key": str(uuid4()),
        "ticket_id": None,
        "arguments": {},
        "state": "waiting",
        "due_at": AT,
        "created_at": AT,
    }
    await database.sql.insert("effect", [{**row, **changes}])
    return as_uuid({**row, **changes}["id"])


async def read_effect(database: Database, effect_id: UUID) -> dict[str, object]:
    found = await database.sql.fetch_one("SELECT * FROM effect WHERE id = $1", effect_id)
    assert found is not None
    return dict(found)


@pytest.mark.parametrize(
    "time",
    [
        AT,
        AT.replace(microsecond=0),
        AT.astimezone(timezone(timedelta(hours=8))),
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    ],
)
async def test_time_comes_back_exactly_and_in_utc(database: Database, time: datetime) -> None:
    found = await read_effect(database, await insert_effect(database, due_at=time))
    read = as_time(found["due_at"])
    assert read == time
    assert read.tzinfo is UTC
    assert as_time_or_none(found["done_at"]) is None


async def test_times_compare_as_times(database: Database) -> None:
    east = timezone(timedelta(hours=8))
    early = await insert_effect(database, due_at=AT.replace(microsecond=0))
    late = await insert_effect(database, due_at=(AT + timedelta(seconds=1)).astimezone(east))
    rows = await database.sql.fetch("SELECT id FROM effect ORDER BY due_at")
    assert [as_uuid(row["id"]) for row in rows] == [early, late]
    rows = await database.sql.fetch("SELECT id FROM effect WHERE due_at <= $1", AT.astimezone(east))
    assert [as_uuid(row["id"]) for row in rows] == [early]


async def test_ids_enums_and_nothing_come_back(database: Database) -> None:
    ticket_id = uuid4()
    effect_id = await insert_effect(database, ticket_id=ticket_id, kind=Mood.CALM)
    found = await read_effect(database, effect_id)
    assert as_uuid(found["ticket_id"]) == ticket_id
    assert type(as_uuid(found["ticket_id"])) is UUID
    assert as_uuid_or_none(found["order_id"]) is None
    assert found["kind"] == "calm"


@pytest.mark.parametrize(
    "value",
    [{}, {"a": [1, None, True, {"b": "ü"}]}, {"id": str(UUID(int=7))}],
)
async def test_json_comes_back(database: Database, value: dict[str, object]) -> None:
    found = await read_effect(database, await insert_effect(database, arguments=value))
    assert as_dict(found["arguments"]) == as_json(found["arguments"]) == value


def test_json_writes_what_rows_are_made_of() -> None:
    assert json_text({"id": UUID(int=1), "mood": Mood.CALM, "of": frozenset({"b", "a"})}) == (
        '{"id":"00000000-0000-0000-0000-000000000001","mood":"calm","of":["a","b"]}'
    )


@pytest.mark.parametrize("container", [list, tuple, set, frozenset])
async def test_membership_takes_any_collection(database: Database, container: type) -> None:
    ids = [await insert_effect(database) for _ in range(3)]
    condition = database.sql.member("id", 1)
    rows = await database.sql.fetch(f"SELECT id FROM effect WHERE {condition}", container(ids[:2]))
    assert {as_uuid(row["id"]) for row in rows} == set(ids[:2])
    assert await database.sql.fetch(f"SELECT id FROM effect WHERE {condition}", container()) == []


async def test_a_value_may_be_used_twice_and_in_any_order(database: Database) -> None:
    row = await database.sql.fetch_one(
        "SELECT CAST($2 AS TEXT) AS second, CAST($1 AS TEXT) AS first, CAST($1 AS TEXT) AS again",
        "one",
        "two",
    )
    assert row == {"second": "two", "first": "one", "again": "one"}


async def test_execute_tells_how_many_rows_it_touched(database: Database) -> None:
    for _ in range(3):
        await insert_effect(database)
    assert await database.sql.execute("UPDATE effect SET attempts = 1") == 3
    touched = await database.sql.execute("UPDATE effect SET attempts = 2 WHERE attempts = 0")
    assert touched == 0
    assert await database.sql.execute("DELETE FROM effect WHERE attempts = 1") == 3


async def test_insert_that_meets_a_conflict_touches_nothing(database: Database) -> None:
    row = {"name": "once", "drawn": 1}
    ignore = "ON CONFLICT DO NOTHING"
    assert await database.sql.insert("number_series", [row], ignore) == 1
    assert await database.sql.insert("number_series", [row], ignore) == 0


async def test_input_is_never_part_of_the_statement(database: Database) -> None:
    words = "'; DROP TABLE effect; -- $1 ?1 \\"
    effect_id = await insert_effect(database, kind=words)
    assert (await read_effect(database, effect_id))["kind"] == words


async def test_ticket_numbers_are_never_used_twice(database: Database) -> None:
    async def draw() -> int:
        async with database.transaction() as sql:
            return await next_number(sql, TICKET_SERIES)

    drawn = await asyncio.gather(*(draw() for _ in range(30)))
    assert len(set(drawn)) == 30
    assert min(drawn) == 10_001


async def test_number_that_a_story_drew_and_rolled_back_may_be_missing_but_not_come_twice(
    database: Database,
) -> None:
    async def fail() -> None:
        async with database.transaction() as sql:
            await next_number(sql, TICKET_SERIES)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with database.transaction() as sql:
        first = await next_number(sql, TICKET_SERIES)
        assert await next_number(sql, TICKET_SERIES) > first
