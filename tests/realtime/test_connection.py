"""What waits for one console."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

from servicedesk.domain.ids import SessionId, UserId
from servicedesk.domain.people import Role, Viewer
from servicedesk.kernel.ids import new_id
from servicedesk.realtime.connection import (
    FULL_CHARACTERS,
    FULL_TEXTS,
    MOST_WAITING,
    MOST_WAITING_CHARACTERS,
    STUCK_SECONDS,
    Connection,
)
from servicedesk.realtime.protocol.frames import CloseCode


class Clock:
    """Seconds that pass only when the test says so."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def _connection(clock: Callable[[], float] = time.monotonic) -> Connection:
    viewer = Viewer(UserId(new_id()), Role.AGENT, frozenset())
    return Connection(viewer, SessionId(new_id()), clock)


async def test_texts_are_taken_in_the_order_they_were_pushed() -> None:
    connection = _connection()
    for text in ("a", "b", "c"):
        connection.push(text)
    assert await connection.take() == ["a", "b", "c"]


async def test_a_console_that_lets_too_many_texts_wait_is_closed_as_too_slow() -> None:
    connection = _connection()
    for _ in range(MOST_WAITING):
        connection.push("x")
    before = connection.close_code
    connection.push("one too many")
    assert (before, connection.close_code) == (None, CloseCode.TOO_SLOW)
    assert await connection.take() == []


async def test_a_console_that_lets_too_much_text_wait_is_closed_as_too_slow() -> None:
    connection = _connection()
    connection.push("x" * MOST_WAITING_CHARACTERS)
    before = connection.close_code
    connection.push("y")
    assert (before, connection.close_code) == (None, CloseCode.TOO_SLOW)


async def test_what_was_taken_makes_room_again() -> None:
    connection = _connection()
    for _ in range(3):
        connection.push("x" * MOST_WAITING_CHARACTERS)
        await connection.take()
    assert connection.close_code is None


async def test_a_console_that_takes_nothing_for_too_long_is_closed_as_too_slow() -> None:
    clock = Clock()
    connection = _connection(clock)
    connection.push("read")
    await connection.take()
    connection.push("unread")
    clock.seconds += STUCK_SECONDS
    connection.push("still in time")
    before = connection.close_code
    clock.seconds += 1
    connection.push("too late")
    assert (before, connection.close_code) == (None, CloseCode.TOO_SLOW)


async def test_a_console_that_reads_on_slowly_stays() -> None:
    clock = Clock()
    connection = _connection(clock)
    for _ in range(5):
        connection.push("a")
        connection.push("b")
        clock.seconds += STUCK_SECONDS - 1
        assert await connection.take() == ["a", "b"]
    assert connection.close_code is None


async def test_a_console_that_waited_long_for_something_to_read_stays() -> None:
    clock = Clock()
    connection = _connection(clock)
    taking = asyncio.create_task(connection.take())
    await asyncio.sleep(0)
    clock.seconds += 10 * STUCK_SECONDS
    connection.push("at last")
    assert await taking == ["at last"]
    assert connection.close_code is None


@pytest.mark.parametrize(("texts", "length"), [(FULL_TEXTS, 1), (1, FULL_CHARACTERS)])
async def test_a_connection_is_full_until_it_is_taken_from(texts: int, length: int) -> None:
    connection = _connection()
    for _ in range(texts):
        assert not connection.is_full
        connection.push("x" * length)
    assert connection.is_full
    await connection.take()
    assert not connection.is_full


async def test_the_first_reason_to_close_stays() -> None:
    connection = _connection()
    connection.close(CloseCode.SESSION_ENDED)
    connection.close(CloseCode.TOO_SLOW)
    connection.push("late")
    assert connection.close_code is CloseCode.SESSION_ENDED
    assert await connection.take() == []
