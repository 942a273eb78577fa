"""Much at once: the fast hear it all, the slow hold nobody up for long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from servicedesk.domain.ids import SessionId, UserId
from servicedesk.domain.people import Role, Viewer
from servicedesk.kernel.ids import new_id
from servicedesk.realtime.connection import FULL_CHARACTERS, MOST_WAITING_CHARACTERS, Connection
from servicedesk.realtime.pacing import present
from servicedesk.realtime.protocol.frames import CloseCode

LARGE = FULL_CHARACTERS
FRAMES = 2 * MOST_WAITING_CHARACTERS // LARGE
AT_ONCE = 0.0


@dataclass(frozen=True, slots=True)
class Told:
    """A large frame for everybody."""

    position: int

    def text_for(self, _viewer: Viewer) -> str:
        return "x" * LARGE


def _connection() -> Connection:
    return Connection(Viewer(UserId(new_id()), Role.AGENT, frozenset()), SessionId(new_id()))


@asynccontextmanager
async def _reading(connection: Connection) -> AsyncIterator[list[str]]:
    """Read as a fast console does: as soon as the loop lets it."""
    heard: list[str] = []

    async def read() -> None:
        while texts := await connection.take():
            heard.extend(texts)

    task = asyncio.create_task(read())
    try:
        yield heard
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_a_fast_console_hears_more_at_once_than_may_ever_wait() -> None:
    connection = _connection()
    told = [Told(position) for position in range(FRAMES)]
    async with _reading(connection) as heard:
        await present(told, [connection], None)
        await connection.emptied()
    assert connection.close_code is None
    assert sum(map(len, heard)) > MOST_WAITING_CHARACTERS
    assert connection.told_position == FRAMES - 1


async def test_a_console_that_reads_nothing_is_closed_and_the_others_hear_all() -> None:
    fast, slow = _connection(), _connection()
    told = [Told(position) for position in range(FRAMES)]
    async with _reading(fast) as heard:
        for frame in told:
            await present([frame], [slow, fast], AT_ONCE)
            await fast.emptied()
    assert slow.close_code is not None
    assert fast.close_code is None
    assert len(heard) == FRAMES


async def test_waiting_for_room_ends_when_the_connection_is_closed() -> None:
    connection = _connection()
    filling = asyncio.create_task(present([Told(1), Told(2)], [connection], None))
    await asyncio.sleep(0)
    assert connection.is_full
    connection.close(CloseCode.GOING_AWAY)
    await asyncio.wait_for(filling, 5)
    assert not connection.is_full
