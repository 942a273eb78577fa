"""One console that listens: who it is, and what waits to be sent to it."""

import asyncio
from collections import deque
from uuid import UUID

from servicedesk.domain.ids import SessionId
from servicedesk.domain.people import Viewer
from servicedesk.kernel.ids import new_id
from servicedesk.realtime.protocol.frames import CloseCode

MOST_WAITING = 1_000
MOST_WAITING_CHARACTERS = 8_000_000


class Connection:
    """Filled by the hub, emptied by the socket's sender.

    Frames are never dropped one by one: a console that lets too much wait is closed and comes back
    with the position that it saw last.
    """

    def __init__(self, viewer: Viewer, session_id: SessionId) -> None:
        self.id = new_id()
        self.viewer = viewer
        self.session_id = session_id
        self.told_position = 0
        self.minds: set[UUID] = set()
        self._texts: deque[str] = deque()
        self._characters = 0
        self._filled = asyncio.Event()
        self._emptied = asyncio.Event()
        self._emptied.set()
        self._closed = asyncio.Event()
        self.close_code: CloseCode | None = None

    def push(self, text: str) -> None:
        """Let the text wait to be sent; closes a connection where too much waits already."""
        if self.close_code is not None:
            return
        too_many = len(self._texts) >= MOST_WAITING
        if too_many or self._characters + len(text) > MOST_WAITING_CHARACTERS:
            self.close(CloseCode.TOO_SLOW)
            return
        self._texts.append(text)
        self._characters += len(text)
        self._emptied.clear()
        self._filled.set()

    def close(self, code: CloseCode) -> None:
        """Send nothing more and close. The first reason stays."""
        if self.close_code is None:
            self.close_code = code
        self._texts.clear()
        self._filled.set()
        self._emptied.set()
        self._closed.set()

    async def closed(self) -> None:
        """Wait until somebody closes the connection on our side."""
        await self._closed.wait()

    async def take(self) -> list[str]:
        """Wait for texts and return them all; an empty list means: close now."""
        await self._filled.wait()
        texts = list(self._texts)
        self._texts.clear()
        self._characters = 0
        if self.close_code is None:
            self._filled.clear()
        self._emptied.set()
        return texts

    async def emptied(self) -> None:
        """Wait until everything was taken, or the connection is closed."""
        await self._emptied.wait()
