"""One console that listens: who it is, and what waits to be sent to it."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from uuid import UUID

from servicedesk.domain.ids import SessionId
from servicedesk.domain.people import Viewer
from servicedesk.kernel.ids import new_id
from servicedesk.realtime.protocol.frames import CloseCode

FULL_TEXTS = 500
FULL_CHARACTERS = 1_000_000
"""From here on, who fills a connection waits for its sender first."""
MOST_WAITING = 20_000
MOST_WAITING_CHARACTERS = 32_000_000
"""What no burst may pass, however fast the console is: it bounds our memory."""
STUCK_SECONDS = 30.0
"""A console that takes nothing for so long, while something waits, is too slow."""


class Connection:
    """Filled by the hub, emptied by the socket's sender.

    Frames are never dropped one by one: a console that is too slow is closed and comes back with
    the position that it saw last. Slow is who does not read on, not who was told much at once.
    """

    def __init__(
        self,
        viewer: Viewer,
        session_id: SessionId,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.id = new_id()
        self.viewer = viewer
        self.session_id = session_id
        self.told_position = 0
        self.minds: set[UUID] = set()
        self._clock = clock
        self._stuck_since: float | None = None
        self._texts: deque[str] = deque()
        self._characters = 0
        self._filled = asyncio.Event()
        self._emptied = asyncio.Event()
        self._emptied.set()
        self._closed = asyncio.Event()
        self.close_code: CloseCode | None = None

    def push(self, text: str) -> None:
        """Let the text wait to be sent; closes a connection that does not read on."""
        if self.close_code is not None:
            return
        if self._stuck_since is None:
            self._stuck_since = self._clock()
        if self.stuck_seconds > STUCK_SECONDS or self._would_burst(text):
            self.close(CloseCode.TOO_SLOW)
            return
        self._texts.append(text)
        self._characters += len(text)
        self._emptied.clear()
        self._filled.set()

    @property
    def is_full(self) -> bool:
        """So much waits that the sender should come first; see `emptied`."""
        return len(self._texts) >= FULL_TEXTS or self._characters >= FULL_CHARACTERS

    @property
    def stuck_seconds(self) -> float:
        """For how long something has waited while the sender took nothing."""
        return 0.0 if self._stuck_since is None else self._clock() - self._stuck_since

    def _would_burst(self, text: str) -> bool:
        too_many = len(self._texts) >= MOST_WAITING
        return too_many or self._characters + len(text) > MOST_WAITING_CHARACTERS

    def close(self, code: CloseCode) -> None:
        """Send nothing more and close. The first reason stays."""
        if self.close_code is None:
            self.close_code = code
        self._texts.clear()
        self._characters = 0
        self._filled.set()
        self._emptied.set()
        self._closed.set()

    async def closed(self) -> None:
        """Wait until somebody closes the connection on our side."""
        await self._closed.wait()

    async def take(self) -> list[str]:
        """Wait for texts and return them all; an empty list means: close now.

        Who calls again has sent what the last call returned.
        """
        self._stuck_since = self._clock() if self._texts else None
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
