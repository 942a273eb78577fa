"""The database's time, without asking for it each time."""

import time
from datetime import UTC, datetime, timedelta

from servicedesk.kernel.sql import Sql, as_time

TRUSTED_SECONDS = 2.0
"""So soon is a step of the database's clock noticed. Two clocks drift apart by less than a
millisecond in that time (RFC 5905 takes 15 ppm for a plain oscillator)."""


class DatabaseClock:
    """Tells PostgreSQL's time by this machine's steady clock, compared every two seconds.

    The error is at most half the round trip of the comparison. The steady clock goes on while the
    process or the machine sleeps, so a process that was stopped knows how late it is.
    """

    def __init__(self) -> None:
        self._compared_at = float("-inf")
        self._zero = datetime.min.replace(tzinfo=UTC)

    async def now_by(self, sql: Sql) -> datetime:
        """Return the time; `sql` is asked for it when the last comparison is too old."""
        if steady_seconds() - self._compared_at > TRUSTED_SECONDS:
            await self._compare(sql)
        return self._zero + timedelta(seconds=steady_seconds())

    async def _compare(self, sql: Sql) -> None:
        asked_at = steady_seconds()
        (row,) = await sql.fetch("SELECT clock_timestamp() AS now")
        self._compared_at = steady_seconds()
        self._zero = as_time(row["now"]) - timedelta(seconds=(asked_at + self._compared_at) / 2)


def steady_seconds() -> float:
    """Seconds since the machine started, the time it slept included where the system can tell."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()
