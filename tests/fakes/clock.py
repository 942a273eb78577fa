"""A clock that stands still until a test moves it."""

from datetime import UTC, datetime, timedelta

START = datetime(2027, 3, 2, 9, 0, tzinfo=UTC)


class FakeClock:
    """Tells `time` (aware UTC), whoever asks."""

    def __init__(self, time: datetime = START) -> None:
        self.time = time

    async def now(self) -> datetime:
        return self.time

    def advance(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)
