"""Requests that come twice."""

import asyncio

import pytest

from servicedesk.kernel import idempotency
from servicedesk.kernel.database import Database
from servicedesk.kernel.idempotency import (
    Answer,
    Claim,
    KeyReused,
    OutcomeUnknown,
    StillRunning,
    claim,
    finish,
    release,
    sweep,
)
from tests.fakes.clock import FakeClock

CREATED = Answer(201, {"Location": "/api/tickets/1"}, b'{"id": 1}\x00\xff')
REQUEST = b"POST /api/tickets {}"


async def answer_once(database: Database, key: str = "k") -> None:
    claimed = await claim(database, "user-1", key, REQUEST)
    assert isinstance(claimed, Claim)
    await finish(database, claimed, CREATED)


async def test_same_request_again_gets_the_first_answer(frozen_database: Database) -> None:
    await answer_once(frozen_database)
    assert await claim(frozen_database, "user-1", "k", REQUEST) == CREATED


async def test_other_request_with_the_key_is_refused(frozen_database: Database) -> None:
    await answer_once(frozen_database)
    with pytest.raises(KeyReused):
        await claim(frozen_database, "user-1", "k", b"POST /api/tickets {other}")


async def test_key_of_another_user_is_another_key(frozen_database: Database) -> None:
    await answer_once(frozen_database)
    assert isinstance(await claim(frozen_database, "user-2", "k", REQUEST), Claim)
    assert isinstance(await claim(frozen_database, "user-1k", "", REQUEST), Claim)


async def test_of_requests_at_once_one_runs_and_the_others_are_told(database: Database) -> None:
    asked = (claim(database, "user-1", "k", REQUEST) for _ in range(8))
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert len([outcome for outcome in outcomes if isinstance(outcome, Claim)]) == 1
    assert len([outcome for outcome in outcomes if isinstance(outcome, StillRunning)]) == 7


async def test_request_whose_process_died_is_never_run_again_by_itself(
    frozen_database: Database, clock: FakeClock
) -> None:
    await claim(frozen_database, "user-1", "k", REQUEST)
    clock.advance(59)
    with pytest.raises(StillRunning):
        await claim(frozen_database, "user-1", "k", REQUEST)
    clock.advance(2)
    with pytest.raises(OutcomeUnknown, match="new key"):
        await claim(frozen_database, "user-1", "k", REQUEST)


async def test_request_that_did_nothing_may_come_again(frozen_database: Database) -> None:
    claimed = await claim(frozen_database, "user-1", "k", REQUEST)
    assert isinstance(claimed, Claim)
    await release(frozen_database, claimed)
    assert isinstance(await claim(frozen_database, "user-1", "k", REQUEST), Claim)


async def test_release_after_the_answer_keeps_the_answer(frozen_database: Database) -> None:
    claimed = await claim(frozen_database, "user-1", "k", REQUEST)
    assert isinstance(claimed, Claim)
    await finish(frozen_database, claimed, CREATED)
    await release(frozen_database, claimed)
    assert await claim(frozen_database, "user-1", "k", REQUEST) == CREATED


async def test_answers_are_forgotten_after_a_day(
    frozen_database: Database, clock: FakeClock
) -> None:
    await answer_once(frozen_database, "old")
    clock.advance(idempotency.KEPT.total_seconds())
    await answer_once(frozen_database, "new")
    assert await sweep(frozen_database) == 0
    clock.advance(1)
    assert await sweep(frozen_database) == 1
    assert isinstance(await claim(frozen_database, "user-1", "old", REQUEST), Claim)
    assert await claim(frozen_database, "user-1", "new", REQUEST) == CREATED
