"""The unit of work: all of a story or nothing of it, and what callers see when that fails."""

import asyncio

import pytest

from servicedesk.domain.actors import system_actor
from servicedesk.domain.ids import Position
from servicedesk.kernel import journal
from servicedesk.kernel.database import Database
from servicedesk.kernel.tables import SettingRow
from tests.fakes.clock import FakeClock

ACTOR = system_actor("test")


async def test_story_that_raises_writes_nothing_at_all(database: Database) -> None:
    async def story() -> None:
        async with database.work(ACTOR) as work:
            await SettingRow.create(name="made", value={})
            work.record("ticket.opened")
            await work.ask("user.deactivated", "once")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await story()
    assert not await SettingRow.filter(name="made").exists()
    assert await journal.read_after(database.sql, 0, 10) == []
    assert await database.sql.fetch("SELECT id FROM effect") == []


async def test_rows_of_the_orm_and_of_hand_written_statements_are_one_transaction(
    database: Database,
) -> None:
    async with database.work(ACTOR) as work:
        await SettingRow.create(name="made", value={"a": 1})
        found = await work.sql.fetch("SELECT name FROM setting WHERE name = 'made'")
        assert found == [{"name": "made"}]


async def test_story_answers_with_the_position_of_its_last_entry(database: Database) -> None:
    async with database.work(ACTOR) as work:
        work.record("ticket.opened")
        work.record("order.opened")
    found = await journal.read_after(database.sql, Position(0), 10)
    assert [entry.kind for entry in found] == ["ticket.opened", "order.opened"]
    assert work.position == found[-1].position


async def test_story_that_records_nothing_has_no_position(database: Database) -> None:
    async with database.work(ACTOR) as work:
        await SettingRow.create(name="made", value={})
    assert work.position == 0


async def test_story_goes_by_the_clock_that_it_was_given(
    frozen_database: Database, clock: FakeClock
) -> None:
    async with frozen_database.work(ACTOR) as work:
        assert work.now == clock.time
        work.record("ticket.opened")
    (entry,) = await journal.read_after(frozen_database.sql, Position(0), 10)
    assert entry.at == clock.time


async def test_cancelled_story_is_cancelled_wherever_it_is(database: Database) -> None:
    """A role that outlived its cancellation would keep its process from ending."""

    async def stories() -> None:
        while True:
            async with database.work(ACTOR) as work:
                await work.sql.fetch("SELECT name FROM setting")
                work.record("ticket.opened")

    for steps in range(120):
        task = asyncio.create_task(stories())
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 10)
    async with database.work(ACTOR) as work:
        work.record("ticket.opened")
    assert work.position > 0
