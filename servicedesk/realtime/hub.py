"""One hub in each web process: follows the journal and tells every console what it may know.

A connection:  known --(has caught up)--> joined --(leave)--> gone

While it catches up it reads the journal by itself; once joined, the hub's batches bring everything.
The hub moves its position and takes the list of the joined in one step, so nothing falls between.
The frames of one entry may be cut apart by a lost connection, so a console that comes back gets the
entry at the position it names once more: values are replaced by themselves.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from uuid import UUID

import structlog

from servicedesk.domain.errors import Unavailable
from servicedesk.kernel import journal, metrics
from servicedesk.kernel.bus import Bell, Bus, Topic
from servicedesk.kernel.database import Database
from servicedesk.kernel.journal import Entry
from servicedesk.people.directory import load_viewers
from servicedesk.realtime.batch import load_frames
from servicedesk.realtime.connection import Connection
from servicedesk.realtime.minds import listen_to, tell_minds
from servicedesk.realtime.pacing import present
from servicedesk.realtime.protocol import frames
from servicedesk.realtime.protocol.client import PresenceOfMind
from servicedesk.realtime.protocol.frames import CloseCode, ResyncReason
from servicedesk.realtime.protocol.touched import upheaval_of
from servicedesk.realtime.views import live_sessions

SWEEP_SECONDS = 1.0
RETRY_SECONDS = 0.5
LONGEST_RETRY_SECONDS = 30.0
BATCH_ENTRIES = 200
MOST_BEHIND = 1_000
PATIENCE_SECONDS = 2.0
"""How long a batch waits for full connections before it goes on to the others."""

log = structlog.get_logger("servicedesk.realtime")


class Hub:
    """Built once in each web process; works while `running`."""

    def __init__(self, database: Database, bus: Bus) -> None:
        self._database = database
        self._bus = bus
        self._known: dict[UUID, Connection] = {}
        self._joined: dict[UUID, Connection] = {}
        self._position = 0
        self._at: datetime | None = None
        self._positions_told_at = 0.0
        self._following: asyncio.Task[None] | None = None

    @property
    def connections(self) -> list[Connection]:
        """All that are open, whether they have caught up or not."""
        return list(self._known.values())

    @property
    def is_following(self) -> bool:
        """False before it runs, and if what follows the journal has ended against all intent."""
        return self._following is not None and not self._following.done()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follow the journal until the block ends; then close every connection."""
        async with self._bus.listen(Topic.JOURNAL, Topic.EPHEMERAL) as bell:
            self._position = await journal.head(self._database.sql)
            self._following = asyncio.create_task(self._follow(bell), name="realtime hub")
            try:
                yield
            finally:
                self._following.cancel()
                with suppress(asyncio.CancelledError):
                    await self._following
                for connection in self.connections:
                    connection.close(CloseCode.GOING_AWAY)

    async def join(self, connection: Connection, position: int | None) -> None:
        """Say hello and bring the connection up to date; it listens when this returns.

        `position`: the last one its console saw, None for a console that has yet to load all.
        """
        self._known[connection.id] = connection
        metrics.show_sockets(len(self._known))
        resumable = position is not None and await self._can_resume(position)
        start = min(position or 0, self._position) if resumable else self._position
        now = await self._database.now()
        user_id = connection.viewer.user_id
        connection.push(frames.hello(start, now, user_id, resumed=resumable))
        if position is not None and not resumable:
            connection.push(frames.resync(start, ResyncReason.TOO_FAR_BEHIND))
        await self._bring_up(connection, start - 1 if resumable else start)
        await self._check([connection])

    def leave(self, connection: Connection) -> bool:
        """Forget the connection; say whether it was the last of its user in this process."""
        self._joined.pop(connection.id, None)
        self._known.pop(connection.id, None)
        metrics.show_sockets(len(self._known))
        user_id = connection.viewer.user_id
        return all(other.viewer.user_id != user_id for other in self._known.values())

    async def listen_to(self, connection: Connection, message: PresenceOfMind) -> None:
        """Pass on what the connection's user does with a ticket, if they may see it."""
        await listen_to(self._database, self._bus, connection, message)

    async def check_sessions(self) -> None:
        """Close what is open for a session that has ended, or for a user who is gone."""
        await self._check(self.connections)

    async def sweep(self) -> None:
        """Tell everybody of what has been stamped since the last time."""
        while entries := await journal.read_after(
            self._database.sql, self._position, BATCH_ENTRIES
        ):
            listeners = list(self._joined.values())
            self._position, self._at = entries[-1].position, entries[-1].at
            await self._deliver(entries, listeners)

    async def _follow(self, bell: Bell) -> None:
        """Follow until cancelled. Nothing else may end it: every console would fall silent."""
        failures = 0
        while True:
            await bell.wait(SWEEP_SECONDS)
            try:
                await tell_minds(self._database.sql, list(self._joined.values()), bell.drain())
                await self.sweep()
                self._tell_positions()
            except Unavailable as error:
                log.warning("realtime waits for the database", error=str(error))
                await asyncio.sleep(RETRY_SECONDS)
            except Exception:
                log.exception("realtime could not follow the journal", position=self._position)
                await asyncio.sleep(min(LONGEST_RETRY_SECONDS, RETRY_SECONDS * 2**failures))
                failures = min(failures + 1, 10)
            else:
                failures = 0

    async def _deliver(self, entries: Sequence[Entry], listeners: Sequence[Connection]) -> None:
        """Tell the listeners of the entries, however long the database is away."""
        while listeners:
            try:
                await self._tell(entries, listeners)
            except Unavailable:
                await asyncio.sleep(RETRY_SECONDS)
            except Exception:  # one bad row must not silence every console
                log.exception("frames could not be made", position=entries[-1].position)
                for connection in listeners:
                    self._resync(connection, entries, ResyncReason.TOO_FAR_BEHIND)
                return
            else:
                return

    async def _tell(
        self,
        entries: Sequence[Entry],
        listeners: Sequence[Connection],
        patience_seconds: float | None = PATIENCE_SECONDS,
    ) -> None:
        listening = await self._heed_upheaval(entries, listeners)
        if not listening:
            return
        users = {connection.viewer.user_id for connection in listening}
        presentables = await load_frames(self._database.sql, entries, users)
        await present(presentables, listening, patience_seconds)

    async def _heed_upheaval(
        self, entries: Sequence[Entry], listeners: Sequence[Connection]
    ) -> list[Connection]:
        """Close and resync whom the entries' changes of rights concern; return the others."""
        upheaval = upheaval_of(entries)
        for connection in listeners:
            if connection.session_id in upheaval.ended_sessions:
                connection.close(CloseCode.SESSION_ENDED)
        concerned = [it for it in listeners if upheaval.concerns(it.viewer)]
        await self._renew_viewers(concerned)
        for connection in concerned:
            self._resync(connection, entries, ResyncReason.VIEWER_CHANGED)
        return [it for it in listeners if it not in concerned and it.close_code is None]

    async def _renew_viewers(self, connections: Sequence[Connection]) -> list[Connection]:
        """Load who they are by now, close those who are gone; return those who have changed."""
        users = {connection.viewer.user_id for connection in connections}
        viewers = await load_viewers(self._database.sql, users)
        changed = []
        for connection in connections:
            viewer = viewers.get(connection.viewer.user_id)
            if viewer is None:
                connection.close(CloseCode.SESSION_ENDED)
            elif viewer != connection.viewer:
                connection.viewer = viewer
                changed.append(connection)
        return changed

    async def _check(self, connections: Sequence[Connection]) -> None:
        """Look at rows, not entries: what happened while a connection was being made."""
        if not connections:
            return
        sessions = {connection.session_id for connection in connections}
        live = await live_sessions(self._database.sql, sessions, await self._database.now())
        for connection in connections:
            if connection.session_id not in live:
                connection.close(CloseCode.SESSION_ENDED)
        for connection in await self._renew_viewers(connections):
            connection.push(frames.resync(self._position, ResyncReason.VIEWER_CHANGED))

    async def _can_resume(self, position: int) -> bool:
        """Say whether the console may get what it missed: not too much, and of this journal."""
        head = await journal.head(self._database.sql)
        return 0 <= position <= head and head - position <= MOST_BEHIND

    async def _bring_up(self, connection: Connection, seen: int) -> None:
        """Tell the connection what happened after `seen`, then let it join."""
        while connection.close_code is None:
            target = self._position
            if seen >= target:
                connection.told_position = target
                self._joined[connection.id] = connection
                return
            entries = await journal.read_after(self._database.sql, seen, BATCH_ENTRIES)
            missed = [entry for entry in entries if entry.position <= target]
            seen = missed[-1].position if missed else target
            if missed:
                await self._tell_missed(missed, connection)
                await connection.emptied()

    async def _tell_missed(self, entries: Sequence[Entry], connection: Connection) -> None:
        try:
            await self._tell(entries, [connection], patience_seconds=None)
        except Unavailable:
            raise
        except Exception:  # nor may it keep a console from coming back, again and again
            log.exception("frames could not be made", position=entries[-1].position)
            self._resync(connection, entries, ResyncReason.TOO_FAR_BEHIND)

    def _resync(
        self, connection: Connection, entries: Sequence[Entry], reason: ResyncReason
    ) -> None:
        connection.push(frames.resync(entries[-1].position, reason))
        connection.told_position = entries[-1].position

    def _tell_positions(self) -> None:
        """At most once a second: the journal moved on, though nothing was for you."""
        now = asyncio.get_running_loop().time()
        if self._at is None or now - self._positions_told_at < SWEEP_SECONDS:
            return
        self._positions_told_at = now
        for connection in self._joined.values():
            if connection.told_position < self._position:
                connection.push(frames.position_frame(self._position, self._at))
                connection.told_position = self._position
