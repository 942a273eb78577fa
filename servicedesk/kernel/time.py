"""The one place that reads a clock. Everything that decides gets `now` as an argument."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time that deadlines and leases go by: aware UTC."""

    async def now(self) -> datetime: ...


class LocalClock:
    """This process's clock: right where the database lives in the same process (SQLite)."""

    async def now(self) -> datetime:
        return datetime.now(UTC)
