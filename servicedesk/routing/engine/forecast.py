"""How long an order will wait: its place in line times the pace at which the line has moved.

The pace is the mean time between two orders of the queue that went to somebody, counted only
while others waited behind them: an empty queue says nothing about how fast agents come free. Older
times weigh less and less.
"""

from dataclasses import dataclass
from datetime import datetime
from math import sqrt

MEMORY = 50
"""About how many of the latest intervals the mean is made of."""

LEAST_INTERVALS = 5
"""With fewer nothing is foretold."""


@dataclass(frozen=True, slots=True)
class Place:
    """`place` 1 is next. `expected_seconds` and its standard error are None while too little is
    known of how fast the queue moves."""

    place: int
    of: int
    expected_seconds: float | None
    error_seconds: float | None


class Pace:
    __slots__ = ("_intervals", "_last", "_mean_seconds")

    def __init__(self) -> None:
        self._last: datetime | None = None
        self._mean_seconds = 0.0
        self._intervals = 0

    def note(self, now: datetime, *, others_wait: bool) -> None:
        """An order of the queue has just gone to somebody."""
        if self._last is not None:
            self._intervals += 1
            weight = 1 / min(self._intervals, MEMORY)
            seconds = (now - self._last).total_seconds()
            self._mean_seconds += weight * (seconds - self._mean_seconds)
        self._last = now if others_wait else None

    def place(self, place: int, of: int) -> Place:
        """Foretell the wait of who stands at this place.

        The sum of `place` intervals that are exponential has a standard deviation of its mean over
        the root of `place`; the mean itself is known only as well as the intervals seen allow.
        """
        if self._intervals < LEAST_INTERVALS:
            return Place(place, of, None, None)
        expected = place * self._mean_seconds
        seen = min(self._intervals, MEMORY)
        return Place(place, of, expected, expected * sqrt(1 / place + 1 / seen))
