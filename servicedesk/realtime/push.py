"""Runs one socket: sends what waits, reads what comes, pings, and cleans up when it ends."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, assert_never

import structlog

from servicedesk.domain.errors import Unavailable
from servicedesk.kernel.bus import Bus
from servicedesk.kernel.database import Database
from servicedesk.realtime.connection import Connection
from servicedesk.realtime.heartbeat import Heartbeat
from servicedesk.realtime.hub import Hub
from servicedesk.realtime.minds import leave_all
from servicedesk.realtime.protocol import frames
from servicedesk.realtime.protocol.client import (
    Pong,
    PresenceOfMind,
    Unreadable,
    parse_client_message,
)
from servicedesk.realtime.protocol.frames import CloseCode

PING_SECONDS = 20.0
SILENT_SECONDS = 60.0
MINDS_EACH_SECOND = 10

log = structlog.get_logger("servicedesk.realtime")


class SocketLost(Exception):
    """The other side is gone; nothing can be sent or read any more."""


class Socket(Protocol):
    """What is needed of a WebSocket. Both methods raise SocketLost when the other side is gone."""

    async def send_text(self, text: str) -> None: ...

    async def receive_text(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Push:
    """What every socket of a web process needs; `run` is called once for each."""

    database: Database
    bus: Bus
    hub: Hub
    heartbeat: Heartbeat
    ping_seconds: float = PING_SECONDS

    async def run(self, socket: Socket, connection: Connection, position: int | None) -> CloseCode:
        """Serve the socket until one side ends it; return the code to close it with."""
        talk = _Talk(self, socket, connection)
        ending = [talk.send(), talk.receive(), talk.ping(), connection.closed()]
        tasks = [asyncio.create_task(loop) for loop in ending]
        joining = asyncio.create_task(self._join(connection, position))
        try:
            await _first_end(tasks)
        finally:
            for task in (*tasks, joining):
                task.cancel()
            await asyncio.gather(*tasks, joining, return_exceptions=True)
            await self._leave(connection)
        return connection.close_code or CloseCode.GOING_AWAY

    async def _join(self, connection: Connection, position: int | None) -> None:
        try:
            await self.heartbeat.arrived(connection.viewer.user_id)
            await self.hub.join(connection, position)
        except Unavailable:
            connection.close(CloseCode.GOING_AWAY)  # the console comes back by itself
        except Exception:
            log.exception("a console could not join")
            connection.close(CloseCode.GOING_AWAY)

    async def _leave(self, connection: Connection) -> None:
        connection.close(CloseCode.GOING_AWAY)  # whoever still fills it or waits for room, stops
        if self.hub.leave(connection):
            await self.heartbeat.lost(connection.viewer.user_id)
        await leave_all(self.bus, connection)


async def _first_end(tasks: list["asyncio.Task[None]"]) -> None:
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        error = task.exception()
        if error is not None and not isinstance(error, SocketLost):
            raise error


class _Talk:
    """The loops of one socket. The first to end ends all."""

    def __init__(self, push: Push, socket: Socket, connection: Connection) -> None:
        self._push = push
        self._socket = socket
        self._connection = connection
        self._clock: Callable[[], float] = asyncio.get_running_loop().time
        self._heard_at = self._clock()
        self._minds_left = float(MINDS_EACH_SECOND)
        self._minds_at = self._clock()

    async def send(self) -> None:
        while texts := await self._connection.take():
            for text in texts:
                await self._socket.send_text(text)

    async def receive(self) -> None:
        while True:
            text = await self._socket.receive_text()
            self._heard_at = self._clock()
            message = parse_client_message(text)
            match message:
                case PresenceOfMind():
                    await self._mind(message)
                case Pong() | Unreadable():
                    pass
                case _:
                    assert_never(message)

    async def ping(self) -> None:
        """Ping, and give up on a console that has said nothing for too long.

        By this machine's clock: a database that is away is no reason to lose the console.
        """
        while self._clock() - self._heard_at < SILENT_SECONDS:
            await asyncio.sleep(self._push.ping_seconds)
            self._connection.push(frames.ping(datetime.now(UTC)))
        self._connection.close(CloseCode.TOO_SLOW)

    async def _mind(self, message: PresenceOfMind) -> None:
        """Pass it on, at most so many each second; what is too much is dropped."""
        now = self._clock()
        gained = (now - self._minds_at) * MINDS_EACH_SECOND
        self._minds_left = min(MINDS_EACH_SECOND, self._minds_left + gained)
        self._minds_at = now
        if self._minds_left < 1:
            return
        self._minds_left -= 1
        try:
            await self._push.hub.listen_to(self._connection, message)
        except Unavailable:
            return
