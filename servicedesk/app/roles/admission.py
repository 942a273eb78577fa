"""Lets arrivals in: at once those that this process stored, and by sweep those left behind.

A message is acknowledged when it is stored; admission follows in the same process without a poll.
If that process dies in between, the role mail-in of any other finds the row a little later.
"""

import asyncio
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
SWEEP_SECONDS = 5.0
SWEEP_LIMIT = 200
log = structlog.get_logger(__name__)


class Admission:
    """A line of stored arrivals, worked off by a few tasks."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._line: asyncio.Queue[ArrivalId] = asyncio.Queue()

    def hand_in(self, arrival_ids: Iterable[ArrivalId]) -> None:
        """Put stored arrivals in line; returns at once."""
        for arrival_id in arrival_ids:
            self._line.put_nowait(arrival_id)

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
            await _admit(self._intake, some)


async def sweep(database: Database, intake: Intake) -> None:
    """Let in what was stored and left behind, until cancelled."""
    while True:
        try:
            before = await database.now() - timedelta(seconds=LEFT_BEHIND_SECONDS)
            left = await arrivals.waiting_since(database.sql, before, SWEEP_LIMIT)
        except Exception as error:
            log.warning("sweep_waits", error=type(error).__name__, exc_info=_odd(error))
            left = []
        for arrival_id in left:
            await _admit(intake, [arrival_id])
        await asyncio.sleep(SWEEP_SECONDS)


async def _admit(intake: Intake, arrival_ids: Sequence[ArrivalId]) -> None:
    """Let some in. Whatever goes wrong, they stay stored for the sweep, and the others go on."""
    try:
        await intake.admit_all(arrival_ids)
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
