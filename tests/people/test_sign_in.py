"""Sign-in by database time: the brake, and how long a session lives."""

import pytest
from argon2 import PasswordHasher

from servicedesk.domain.actors import system_actor
from servicedesk.domain.errors import TooManyAttempts, WrongCredentials
from servicedesk.domain.people import Role
from servicedesk.kernel.bus import LocalBus
from servicedesk.kernel.config import Settings
from servicedesk.kernel.database import Database
from servicedesk.kernel.throttle import Brake, begin_attempt
from servicedesk.people.sessions import Origin
from servicedesk.people.sign_in import PER_ADDRESS, Attempt, find_session, sign_in, sweep_sessions
from servicedesk.people.users import NewUser, add_user
from tests.databases import opened
from tests.fakes.clock import FakeClock

PASSWORD = "four unrelated words"
HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
DAY = 86_400
BY_ADDRESS = Brake("sign-in by address", "192.0.2.1", PER_ADDRESS)


async def add_ann(database: Database) -> None:
    async with database.work(system_actor("test")) as work:
        await add_user(work, NewUser("Ann", "ann@example.com", Role.AGENT, ""), HASH)


async def attempt(
    database: Database, password: str, *, email: str = "ann@example.com", address: str = "192.0.2.1"
) -> str:
    origin = Origin(address, "test")
    return (await sign_in(database, Attempt(email, password, origin), DAY)).token


async def fail(database: Database, times: int, **where: str) -> None:
    for _ in range(times):
        with pytest.raises(WrongCredentials):
            await attempt(database, "a guess", **where)


async def test_right_password_is_refused_during_the_block_and_taken_after_it(
    frozen_database: Database, clock: FakeClock
) -> None:
    await add_ann(frozen_database)
    await fail(frozen_database, 5)
    with pytest.raises(TooManyAttempts) as caught:
        await attempt(frozen_database, PASSWORD)
    assert caught.value.facts == {"retry_after_seconds": 60}
    clock.advance(60)
    assert await attempt(frozen_database, PASSWORD)


async def test_knocking_during_a_block_does_not_prolong_it(
    frozen_database: Database, clock: FakeClock
) -> None:
    await add_ann(frozen_database)
    await fail(frozen_database, 5)
    for _ in range(6):
        with pytest.raises(TooManyAttempts):
            await attempt(frozen_database, "a guess")
        clock.advance(10)
    assert await attempt(frozen_database, PASSWORD)


async def test_block_is_still_there_after_a_restart(
    settings: Settings, bus: LocalBus, clock: FakeClock
) -> None:
    async with opened(settings, bus, clock) as database:
        await add_ann(database)
        await fail(database, 5)
    async with opened(settings, bus, clock) as database:
        with pytest.raises(TooManyAttempts):
            await attempt(database, PASSWORD)


async def test_one_address_may_not_try_many_accounts(
    frozen_database: Database, clock: FakeClock
) -> None:
    await add_ann(frozen_database)
    for _ in range(29):
        await begin_attempt(frozen_database, [BY_ADDRESS])
    await fail(frozen_database, 1)
    with pytest.raises(TooManyAttempts):
        await attempt(frozen_database, PASSWORD)
    assert await attempt(frozen_database, PASSWORD, address="192.0.2.2")


async def test_honest_sign_ins_of_a_whole_office_are_not_counted(
    frozen_database: Database, clock: FakeClock
) -> None:
    await add_ann(frozen_database)
    for _ in range(29):
        await begin_attempt(frozen_database, [BY_ADDRESS])
    for _ in range(3):
        assert await attempt(frozen_database, PASSWORD)


async def test_new_parameters_renew_the_hash_at_the_next_sign_in(database: Database) -> None:
    await add_ann(database)
    await attempt(database, PASSWORD)
    row = await database.sql.fetch_one("SELECT password_hash FROM app_user")
    assert row is not None
    assert row["password_hash"] != HASH
    assert await attempt(database, PASSWORD)


async def test_session_in_use_lives_on_and_an_unused_one_ends(
    frozen_database: Database, clock: FakeClock
) -> None:
    await add_ann(frozen_database)
    used, unused = [await attempt(frozen_database, PASSWORD) for _ in range(2)]
    for _ in range(4):
        clock.advance(DAY // 2 + 1)
        assert await find_session(frozen_database, used) is not None
    assert await find_session(frozen_database, unused) is None
    assert await find_session(frozen_database, "no token of ours") is None


async def test_database_keeps_nothing_that_signs_in(database: Database) -> None:
    await add_ann(database)
    token = await attempt(database, PASSWORD)
    row = await database.sql.fetch_one("SELECT * FROM session")
    assert row is not None
    assert token not in str(dict(row))


async def test_sweep_forgets_sessions_and_brakes_of_long_ago_only(
    frozen_database: Database, clock: FakeClock
) -> None:
    await add_ann(frozen_database)
    await attempt(frozen_database, PASSWORD)
    await fail(frozen_database, 5)
    clock.advance(20 * DAY)
    fresh = await attempt(frozen_database, PASSWORD)
    clock.advance(12 * DAY - DAY)
    assert await sweep_sessions(frozen_database) == 0
    clock.advance(DAY)
    assert await sweep_sessions(frozen_database) == 1
    assert fresh
