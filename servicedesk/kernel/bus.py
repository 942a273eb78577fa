"""Doorbells between the parts of the desk: a hint that rows have changed, never the change itself.

Whoever is rung reads the database. A lost ring costs latency, never a message: every sleeper also
looks by itself now and then. `LocalBus` serves one process; `kernel/redis_bus` many.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from enum import StrEnum
from typing import Protocol


class Topic(StrEnum):
    JOURNAL = "journal"  # entries were stamped
    OUTBOX = "outbox"  # something is to be sent
    EFFECTS = "effects"  # a lower layer asked for something
    TIMERS = "timers"  # the earliest due row may have changed
    EPHEMERAL = "ephemeral"  # who types and who looks; carries its own words


class Bell(Protocol):
    """A subscription. Rings that come while nobody waits are kept as one."""

    async def wait(self, timeout_seconds: float | None = None) -> bool:
        """Wait for a ring; return False when the time ran out first."""
        ...

    def drain(self) -> list[bytes]:
        """Return the payloads that came since the last call, oldest first."""
        ...


class Bus(Protocol):
    async def ring(self, topic: Topic, payload: bytes = b"") -> None: ...

    def listen(self, *topics: Topic) -> AbstractAsyncContextManager[Bell]:
        """Listen to the topics from the moment the block is entered until it ends."""
        ...

    async def close(self) -> None: ...


MOST_PAYLOADS_KEPT = 1_000


class LocalBell:
    """Rung within this process."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._payloads: list[bytes] = []

    def ring(self, payload: bytes) -> None:
        if payload and len(self._payloads) < MOST_PAYLOADS_KEPT:
            self._payloads.append(payload)
        self._event.set()

    async def wait(self, timeout_seconds: float | None = None) -> bool:
        try:
            async with asyncio.timeout(timeout_seconds):
                await self._event.wait()
        except TimeoutError:
            return False
        self._event.clear()
        return True

    def drain(self) -> list[bytes]:
        payloads, self._payloads = self._payloads, []
        return payloads


class LocalBus:
    """The bus of one process."""

    def __init__(self) -> None:
        self._bells: dict[Topic, list[LocalBell]] = {topic: [] for topic in Topic}

    async def ring(self, topic: Topic, payload: bytes = b"") -> None:
        self.deliver(topic, payload)

    def deliver(self, topic: Topic, payload: bytes) -> None:
        for bell in self._bells[topic]:
            bell.ring(payload)

    @asynccontextmanager
    async def listen(self, *topics: Topic) -> AsyncIterator[LocalBell]:
        """Listen to the topics from now until the block ends."""
        bell = LocalBell()
        for topic in topics:
            self._bells[topic].append(bell)
        try:
            yield bell
        finally:
            for topic in topics:
                self._bells[topic].remove(bell)

    def ring_all(self) -> None:
        """Ring every bell: after a lost connection nobody knows what was missed."""
        for topic in self._bells:
            self.deliver(topic, b"")

    async def close(self) -> None:
        return None
