"""Lets arrivals in: at once those that this process stored, and by sweep those left behind.

A message is acknowledged when it is stored; admission follows in the same process without a poll.
If that process dies in between, the role mail-in of any other finds the row a little later.
"""

import asyncio
import time
from collections.abc import Iterable, Sequence
from datetime import timedelta

import structlog

from servicedesk.domain.errors import ServicedeskError
from servicedesk.domain.ids import ArrivalId
from servicedesk.intake import arrivals
from servicedesk.intake.accept import Intake
from servicedesk.intake.lots import MOST_TOGETHER
from servicedesk.kernel.database import Database

AT_ONCE = 4
LEFT_BEHIND_SECONDS = 5.0
SHARED_SECONDS = LEFT_BEHIND_SECONDS / 2
"""Whoever waited in line for longer is found by the sweeps of others while it is worked on."""
SWEEP_SECONDS = 5.0
SWEEP_LIMIT = 200
log = structlog.get_logger(__name__)


class Admission:
    """A line of stored arrivals, worked off by a few tasks."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._line: asyncio.Queue[tuple[ArrivalId, float]] = asyncio.Queue()

    def hand_in(self, arrival_ids: Iterable[ArrivalId]) -> None:
        """Put stored arrivals in line; returns at once."""
        for arrival_id in arrival_ids:
            self._line.put_nowait((arrival_id, time.monotonic()))

    async def run(self) -> None:
        """Work the line off, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(self._work())

    async def _work(self) -> None:
        while True:
            some = [await self._line.get()]
            while len(some) < MOST_TOGETHER and not self._line.empty():
                some.append(self._line.get_nowait())
            since = time.monotonic() - SHARED_SECONDS
            await _admit(self._intake, [one for one, came_at in some if came_at >= since])
            for arrival_id in [one for one, came_at in some if came_at < since]:
                await _admit(self._intake, [arrival_id], shared=True)


async def sweep(database: Database, intake: Intake) -> None:
    """Let in what was stored and left behind, until cancelled."""
    while True:
        await sweep_once(database, intake)
        await asyncio.sleep(SWEEP_SECONDS)


async def sweep_once(database: Database, intake: Intake) -> None:
    """Let in what was left behind until now, oldest first; several processes share it."""
    try:
        before = await database.now() - timedelta(seconds=LEFT_BEHIND_SECONDS)
        left = await arrivals.waiting_since(database.sql, before, SWEEP_LIMIT)
    except Exception as error:
        log.warning("sweep_waits", error=type(error).__name__, exc_info=_odd(error))
        return
    for arrival_id in left:
        await _admit(intake, [arrival_id], shared=True)


async def _admit(intake: Intake, arrival_ids: Sequence[ArrivalId], *, shared: bool = False) -> None:
    """Let some in; what others may see by now (`shared`) only if nobody else has it in hand.

    Whatever goes wrong, they stay stored for the sweep, and the others go on.
    """
    try:
        if not shared:
            await intake.admit_all(arrival_ids)
            return
        for arrival_id in arrival_ids:
            await intake.admit_shared(arrival_id)
    except Exception as error:
        log.warning(
            "arrivals_wait",
            arrival_ids=[str(one) for one in arrival_ids],
            error=type(error).__name__,
            exc_info=_odd(error),
        )


def _odd(error: Exception) -> Exception | None:
    """Return a fault that deserves its traceback: nobody raised it on purpose."""
    return None if isinstance(error, ServicedeskError) else error
