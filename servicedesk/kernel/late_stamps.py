"""Stamps for stories whose position nobody waits for: one for all that commit in a short while.

A stamp is a transaction of its own (ADR 2), which costs more than the entries it is given to. While
one is being given, or was just now, who commits joins the next. If the process dies before it, the
sweep of any other stamps what was committed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress

from servicedesk.domain.errors import Unavailable
from servicedesk.kernel.bus import Bus, Topic

PAUSE_SECONDS = 0.02
"""From one stamp to the next. A story after a quiet while is stamped at once."""


class LateStamps:
    """`stamp` stamps all that is committed. Bells ring once what they tell of can be read."""

    def __init__(self, stamp: Callable[[], Awaitable[object]], bus: Bus) -> None:
        self._stamp = stamp
        self._bus = bus
        self._bells: dict[Topic, None] = {}
        self._asked = False
        self._last_at = float("-inf")
        self._task: asyncio.Task[None] | None = None

    def ask(self, bells: Iterable[Topic]) -> None:
        """Have everything stamped that is committed by now, then these bells rung."""
        self._bells |= dict.fromkeys(bells)
        self._asked = True
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def settle(self) -> None:
        """Return when all that was asked for is done."""
        while self._task is not None and not self._task.done():
            await asyncio.shield(self._task)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while self._asked:
            wait_seconds = self._last_at + PAUSE_SECONDS - loop.time()
            if wait_seconds > 0:
                await asyncio.sleep(wait_seconds)
            self._asked = False
            bells, self._bells = self._bells, {}
            await self._give(bells)
            self._last_at = loop.time()

    async def _give(self, bells: Iterable[Topic]) -> None:
        with suppress(Unavailable):  # committed all the same: the sweep of any process stamps it
            await self._stamp()
        for topic in bells:
            await self._bus.ring(topic)
