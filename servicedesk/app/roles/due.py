"""The loop that most roles are: act, sleep until the earliest due row, be woken sooner by a bell.

    act ──▶ when is the next? ──▶ sleep (bell | due | longest) ──▶ act …
     └── any fault: log, back off ─┘

One odd row must not end the process: it would be restarted into the same row for ever.
No polling on the way of a message; the longest sleep is a safety net for a lost ring.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime

import structlog

from servicedesk.domain.errors import ServicedeskError
from servicedesk.kernel.backoff import delay_seconds
from servicedesk.kernel.bus import Bus, Topic
from servicedesk.kernel.database import Database

LONGEST_SLEEP_SECONDS = 15.0
SHORTEST_SLEEP_SECONDS = 0.01
log = structlog.get_logger(__name__)

Act = Callable[[], Awaitable[None]]
NextDue = Callable[[], Awaitable[datetime | None]]


async def act_when_due(
    database: Database, bus: Bus, topic: Topic, act: Act, next_due: NextDue
) -> None:
    """Run `act` at the start, at each ring and whenever `next_due` has come, until cancelled."""
    failures = 0
    async with bus.listen(topic) as bell:
        while True:
            try:
                await act()
                wait = await _seconds_until(database, await next_due())
                failures = 0
            except Exception as error:
                failures += 1
                wait = delay_seconds(failures, first_seconds=0.2, longest_seconds=10.0)
                expected = isinstance(error, ServicedeskError | OSError)
                log.warning(
                    "role_waits",
                    topic=topic.value,
                    error=type(error).__name__,
                    exc_info=None if expected else error,
                )
            await bell.wait(wait)


async def _seconds_until(database: Database, due_at: datetime | None) -> float:
    if due_at is None:
        return LONGEST_SLEEP_SECONDS
    seconds = (due_at - await database.now()).total_seconds()
    return min(max(seconds, SHORTEST_SLEEP_SECONDS), LONGEST_SLEEP_SECONDS)
