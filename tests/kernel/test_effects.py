"""Effects: asked for in one transaction, done once in another."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from servicedesk.domain.actors import system_actor
from servicedesk.kernel import effects, journal
from servicedesk.kernel.bus import LocalBus, Topic
from servicedesk.kernel.database import Database
from servicedesk.kernel.effects import MOST_ATTEMPTS, Effect, EffectState
from servicedesk.kernel.work import Work
from tests.fakes.clock import FakeClock

ACTOR = system_actor("test")
Handler = Callable[[Work, Effect], Awaitable[None]]


async def ask(database: Database, kind: str, once_key: str) -> None:
    async with database.work(ACTOR) as work:
        await work.ask(kind, once_key, arguments={"key": once_key})


async def note(work: Work, effect: Effect) -> None:
    work.record(effect.kind, payload=dict(effect.arguments))


async def run_one(database: Database, handler: Handler = note) -> Effect | None:
    async with database.work(ACTOR) as work:
        effect = await effects.take_next(work)
        if effect is not None:
            await handler(work, effect)
            await effects.mark_done(work, effect)
    return effect


async def fail_one(database: Database) -> EffectState:
    taken: list[Effect] = []

    async def refuse(_work: Work, effect: Effect) -> None:
        taken.append(effect)
        raise ValueError

    with pytest.raises(ValueError):
        await run_one(database, refuse)
    return await effects.postpone(database, taken[0], "ValueError")


async def done(database: Database) -> list[object]:
    return [entry.payload["key"] for entry in await journal.read_after(database.sql, 0, 100)]


async def test_effect_is_done_once(frozen_database: Database) -> None:
    await ask(frozen_database, "user.deactivated", "a")
    assert await run_one(frozen_database) is not None
    assert await run_one(frozen_database) is None
    assert await done(frozen_database) == ["a"]


async def test_second_with_the_same_key_is_dropped(frozen_database: Database) -> None:
    await ask(frozen_database, "user.deactivated", "a")
    await ask(frozen_database, "user.deactivated", "a")
    await run_one(frozen_database)
    await ask(frozen_database, "user.deactivated", "a")
    assert await run_one(frozen_database) is None


async def test_asking_rings_those_who_handle(frozen_database: Database, bus: LocalBus) -> None:
    async with bus.listen(Topic.EFFECTS) as bell:
        await ask(frozen_database, "user.deactivated", "a")
        assert await bell.wait(0)


async def test_several_that_handle_at_once_do_each_effect_once(database: Database) -> None:
    for number in range(12):
        await ask(database, "user.deactivated", str(number))

    async def run_all() -> None:
        while await run_one(database) is not None:
            pass

    await asyncio.gather(*(run_all() for _ in range(5)))
    while await run_one(database) is not None:  # what all had passed over because another held it
        pass
    assert sorted(await done(database), key=str) == sorted(map(str, range(12)))


async def test_failed_effect_waits_and_others_go_on(
    frozen_database: Database, clock: FakeClock
) -> None:
    await ask(frozen_database, "user.deactivated", "fails")
    assert await fail_one(frozen_database) is EffectState.WAITING
    await ask(frozen_database, "user.deactivated", "works")
    assert await run_one(frozen_database) is not None
    assert await run_one(frozen_database) is None
    due = await effects.next_due(frozen_database.sql)
    assert due is not None
    assert due > clock.time
    clock.time = due
    again = await run_one(frozen_database)
    assert again is not None
    assert again.attempts == 1
    assert await done(frozen_database) == ["works", "fails"]


async def test_effect_that_never_works_is_parked_with_its_reason_and_can_run_again(
    frozen_database: Database, clock: FakeClock
) -> None:
    await ask(frozen_database, "user.deactivated", "a")
    states = []
    for _ in range(MOST_ATTEMPTS):
        states.append(await fail_one(frozen_database))
        clock.advance(effects.LONGEST_SECONDS)
    assert states == [EffectState.WAITING] * (MOST_ATTEMPTS - 1) + [EffectState.PARKED]
    assert await run_one(frozen_database) is None
    assert await effects.count_parked(frozen_database.sql) == 1
    [row] = await frozen_database.sql.fetch("SELECT id, error FROM effect")
    assert row["error"] == "ValueError"
    async with frozen_database.work(ACTOR) as work:
        assert await effects.run_again(work, row["id"])
    assert await run_one(frozen_database) is not None


async def test_failure_that_is_noted_late_does_not_undo_what_another_did(
    frozen_database: Database,
) -> None:
    await ask(frozen_database, "user.deactivated", "a")
    effect = await run_one(frozen_database)
    assert effect is not None
    await effects.postpone(frozen_database, effect, "ValueError")
    [row] = await frozen_database.sql.fetch("SELECT state, attempts FROM effect")
    assert (row["state"], row["attempts"]) == ("done", 0)
