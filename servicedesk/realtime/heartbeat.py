"""Keeps the presence of connected users alive, and looks now and then whether sessions still live.

One statement for all users of the process every 15 s. A lost process is a lost heartbeat: its
agents go offline after the grace period, unless their consoles come back elsewhere.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import structlog

from servicedesk.domain.errors import Unavailable
from servicedesk.domain.ids import UserId
from servicedesk.kernel.database import Database
from servicedesk.realtime.hub import Hub
from servicedesk.routing.presence import CONSOLE_GRACE_SECONDS, console_lost, console_seen

BEAT_SECONDS = 15.0
SESSIONS_EVERY_BEATS = 4

log = structlog.get_logger("servicedesk.realtime")


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Tells routing whose consoles are connected to this process."""

    database: Database
    hub: Hub
    grace_seconds: int = CONSOLE_GRACE_SECONDS
    beat_seconds: float = BEAT_SECONDS

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self._beat(), name="realtime heartbeat")
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def arrived(self, user_id: UserId) -> None:
        await console_seen(self.database, [user_id], grace_seconds=self.grace_seconds)

    async def lost(self, user_id: UserId) -> None:
        """The user's last console here went. If the database is away, the last beat stands."""
        with suppress(Unavailable):
            await console_lost(self.database, user_id, grace_seconds=self.grace_seconds)

    async def _beat(self) -> None:
        """Beat until cancelled. Nothing else may end it: every agent here would go offline."""
        beats = 0
        while True:
            await asyncio.sleep(self.beat_seconds)
            beats += 1
            try:
                await self.tell(check_sessions=beats % SESSIONS_EVERY_BEATS == 0)
            except Unavailable as error:
                log.warning("heartbeat left out", error=str(error))
            except Exception:
                log.exception("heartbeat failed")

    async def tell(self, *, check_sessions: bool) -> None:
        """Tell routing once; with `check_sessions` also close what has no live session."""
        users = {connection.viewer.user_id for connection in self.hub.connections}
        if users:
            await console_seen(self.database, users, grace_seconds=self.grace_seconds)
        if check_sessions:
            await self.hub.check_sessions()
