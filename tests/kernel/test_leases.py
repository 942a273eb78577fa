"""Where only one may act: leases by database time, with fencing tokens."""

import asyncio
import contextvars

import pytest

from servicedesk.domain.errors import LeaseLost
from servicedesk.kernel import leases
from servicedesk.kernel.config import Settings
from servicedesk.kernel.database import Database
from servicedesk.kernel.leases import Lease
from tests.kernel.connections import connected
from tests.waiting import until

LONG = 60.0
SHORT = 0.05


async def take(database: Database, owner: str, seconds: float = LONG) -> Lease:
    lease = await leases.acquire(database.sql, "router", owner, seconds)
    assert lease is not None
    return lease


async def take_after_it_ended(database: Database, owner: str) -> Lease:
    found: list[Lease] = []

    async def is_taken() -> bool:
        lease = await leases.acquire(database.sql, "router", owner, LONG)
        found.extend([lease] if lease else [])
        return lease is not None

    await until(is_taken)
    return found[0]


async def hold(database: Database, lease: Lease) -> None:
    async with database.transaction() as sql:
        await leases.hold(sql, lease)


async def test_second_owner_stands_by_while_the_first_holds(database: Database) -> None:
    await take(database, "first")
    assert await leases.acquire(database.sql, "router", "second", LONG) is None


async def test_leases_of_different_names_do_not_touch(database: Database) -> None:
    await take(database, "first")
    assert await leases.acquire(database.sql, "mailbox", "second", LONG) is not None


async def test_renewing_keeps_the_token(database: Database) -> None:
    assert await take(database, "first") == await take(database, "first")


async def test_renewing_moves_the_end(database: Database) -> None:
    await take(database, "first", SHORT)
    await take(database, "first", LONG)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(take_after_it_ended(database, "second"), 4 * SHORT)


async def test_lease_that_ended_goes_to_another_with_a_larger_token(database: Database) -> None:
    first = await take(database, "first", SHORT)
    second = await take_after_it_ended(database, "second")
    assert second.token > first.token


async def test_first_holder_cannot_write_after_another_took_over(database: Database) -> None:
    first = await take(database, "first", SHORT)
    await take_after_it_ended(database, "second")
    with pytest.raises(LeaseLost):
        await hold(database, first)


async def test_holder_that_slept_through_may_write_while_nobody_took_over(
    database: Database,
) -> None:
    first = await take(database, "first", 0.0)
    await hold(database, first)


async def test_owner_that_comes_back_after_another_gets_a_new_token(database: Database) -> None:
    first = await take(database, "first", SHORT)
    second = await take_after_it_ended(database, "second")
    await leases.release(database.sql, second)
    third = await take(database, "first")
    assert first.token < second.token < third.token
    with pytest.raises(LeaseLost):
        await hold(database, first)


async def test_released_lease_is_free_at_once(database: Database) -> None:
    first = await take(database, "first")
    await leases.release(database.sql, first)
    second = await take(database, "second")
    assert second.token > first.token
    with pytest.raises(LeaseLost):
        await hold(database, first)


async def test_releasing_a_lost_lease_does_not_hurt_its_holder(database: Database) -> None:
    first = await take(database, "first", SHORT)
    second = await take_after_it_ended(database, "second")
    await leases.release(database.sql, first)
    await hold(database, second)


async def test_unknown_lease_is_lost(database: Database) -> None:
    with pytest.raises(LeaseLost):
        await hold(database, Lease("never", "first", 1))


async def test_of_many_that_ask_at_once_one_gets_it(database: Database) -> None:
    found = await asyncio.gather(
        *(leases.acquire(database.sql, "router", f"owner-{number}", LONG) for number in range(20))
    )
    assert len([lease for lease in found if lease]) == 1


async def test_takeover_waits_for_the_write_of_the_one_that_holds(
    postgres_database: Database, postgres_settings: Settings
) -> None:
    first = await take(postgres_database, "first", 0.0)
    async with connected(postgres_settings) as watcher:

        async def waits_for_lock() -> bool:
            return bool(
                await watcher.fetchval(
                    "SELECT count(*) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND wait_event_type = 'Lock'"
                )
            )

        async with postgres_database.transaction() as sql:
            await leases.hold(sql, first)
            takeover = _start_outside(postgres_database)
            await until(waits_for_lock)
            assert not takeover.done()
    lease = await takeover
    assert lease.token > first.token


def _start_outside(database: Database) -> asyncio.Task[Lease]:
    """Start a take-over that knows nothing of our transaction: a context of its own."""
    return asyncio.create_task(take(database, "second"), context=contextvars.Context())
