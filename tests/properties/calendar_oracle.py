"""Working time counted step by step: slow, and too simple to share a mistake with the calendar.

It walks along and keeps the highest time that the wall clock has shown so far. That is working
time if it lies in a period of its date: a time of the day is reached when the clock shows it *or
later* for the first time, so a repeated hour adds what its first pass ended in, and a skipped hour
nothing. Steps must divide every period and every zone change.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from servicedesk.sla.calendar.hours import Hours
from servicedesk.sla.zones import find_zone

LEAD = timedelta(hours=30)  # longer than any jump of a clock


@dataclass(frozen=True, slots=True)
class Walk:
    """Each step from `start` on, in order: True where it is working time."""

    start: datetime
    step: timedelta
    is_open: tuple[bool, ...]

    def at(self, index: int) -> datetime:
        return self.start + index * self.step

    def worked(self, begin: int, end: int) -> timedelta:
        return sum(self.is_open[begin:end]) * self.step

    def add(self, begin: int, steps: int) -> datetime | None:
        """The earliest instant after `begin` with so many open steps before it (steps > 0)."""
        for index in range(begin, len(self.is_open)):
            steps -= self.is_open[index]
            if steps == 0:
                return self.at(index + 1)
        return None

    def subtract(self, begin: int, steps: int) -> datetime | None:
        """The latest instant before `begin` with so many open steps after it (steps > 0)."""
        for index in range(begin - 1, -1, -1):
            steps -= self.is_open[index]
            if steps == 0:
                return self.at(index)
        return None

    def next_open(self, begin: int) -> datetime | None:
        for index in range(begin, len(self.is_open)):
            if self.is_open[index]:
                return self.at(index)
        return None


def walk(hours: Hours, start: datetime, end: datetime, step: timedelta) -> Walk:
    lead = -(-LEAD // step)
    states = list(_states(hours, start - lead * step, end, step))
    return Walk(start, step, tuple(states[lead:]))


def _states(hours: Hours, start: datetime, end: datetime, step: timedelta) -> Iterator[bool]:
    zone = find_zone(hours.time_zone)
    at, highest = start.astimezone(UTC), datetime.min  # noqa: DTZ901  # a wall clock
    while at < end:
        highest = max(highest, at.astimezone(zone).replace(tzinfo=None, fold=0))
        second = highest.hour * 3_600 + highest.minute * 60 + highest.second
        periods = hours.on(highest.date())
        yield any(period.opens <= second < period.closes for period in periods)
        at += step
