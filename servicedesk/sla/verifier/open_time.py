"""Working time, added up day by day: no sums kept, no search, nothing of the calendar's code."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from servicedesk.sla.calendar.hours import Hours
from servicedesk.sla.errors import NeverOpens
from servicedesk.sla.zones import find_zone

_FAR = timedelta(hours=26)  # no clock on earth is further from UTC
_LAST_YEAR = 2499  # no zone rule is known beyond


class OpenTime:
    def __init__(self, hours: Hours) -> None:
        self._zone = find_zone(hours.time_zone)
        self._hours = hours
        self._special = dict(hours.special_days)
        self._known: dict[date, list[tuple[datetime, datetime]]] = {}

    def length(self, start: datetime, end: datetime) -> timedelta:
        """Return the working time from `start` to a later `end`."""
        total = timedelta()
        for opens, closes in self._from(start):
            if opens >= end:
                return total
            total += max(min(closes, end) - max(opens, start), timedelta())
        return total

    def when(self, start: datetime, length: timedelta) -> datetime:
        """Return the first instant at which so much working time (more than none) has passed."""
        for opens, closes in self._from(start):
            begins = max(opens, start)
            if closes > begins:
                if closes - begins >= length:
                    return begins + length
                length -= closes - begins
        raise NeverOpens(f"There is not so much working time until the end of {_LAST_YEAR}.")

    def _from(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        first = start.astimezone(self._zone).date() - timedelta(days=2)
        for day in range(first.toordinal(), date(_LAST_YEAR, 12, 31).toordinal()):
            yield from self._on(date.fromordinal(day))

    def _on(self, day: date) -> list[tuple[datetime, datetime]]:
        if day not in self._known:
            periods = self._special.get(day, self._hours.week[day.weekday()])
            if day in self._hours.holidays:
                periods = ()
            midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001  # a wall clock
            self._known[day] = [
                (
                    _when_shown(self._zone, midnight + timedelta(seconds=period.opens)),
                    _when_shown(self._zone, midnight + timedelta(seconds=period.closes)),
                )
                for period in periods
            ]
        return self._known[day]


def _when_shown(zone: ZoneInfo, wall: datetime) -> datetime:
    """Return the first instant at which the clock shows `wall` or later.

    It looks at the offsets well before and well after. If they differ, the clock jumps in between:
    what it showed before the jump counts first, what only comes after counts from the jump on.
    """
    as_utc = wall.replace(tzinfo=UTC)
    old, new = _offset(zone, as_utc - _FAR), _offset(zone, as_utc + _FAR)
    if old == new:
        return as_utc - old
    jump = _jump(zone, as_utc - _FAR, as_utc + _FAR)
    if as_utc - old < jump:
        return as_utc - old
    return max(jump, as_utc - new)


def _jump(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """Return the whole second at which the offset changes."""
    old, seconds = _offset(zone, low), int((high - low).total_seconds())
    below, above = 0, seconds
    while above - below > 1:
        middle = (below + above) // 2
        if _offset(zone, low + timedelta(seconds=middle)) == old:
            below = middle
        else:
            above = middle
    return low + timedelta(seconds=above)


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()
