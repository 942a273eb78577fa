"""Arithmetic over working time: how much lies between two instants, and when so much has passed.

A `Calendar` keeps the opening instants of its windows, and beside each the working time before it.
Every question is then one or two binary searches, whether an hour or ten years ahead. Windows are
worked out by whole years, when a question first needs them, and kept.

Windows are half open: the opening instant is working time, the closing instant is not. For
W(t) = working time before t, and between(a, b) = W(b) - W(a):

* add(t, n), n > 0: the earliest r with between(t, r) = n (so it may be a closing instant);
* add(t, 0): the first open instant at or after t;
* add(t, -n): the latest r with between(r, t) = n (so it may be an opening instant).

Inside, time is whole microseconds since 1970 (UTC), so nothing is ever rounded.
"""

from bisect import bisect_left, bisect_right
from datetime import UTC, datetime, timedelta

from servicedesk.sla.calendar.hours import Hours
from servicedesk.sla.calendar.windows import windows_of_year
from servicedesk.sla.errors import NeverOpens, TimeOutOfRange

FIRST_YEAR = 1900
LAST_YEAR = 2499
"""What lies outside is refused: no zone rule is known so far ahead, and no promise meant."""

MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND_US = 1_000_000
_DAY_US = 86_400 * _SECOND_US
_MARGIN_US = 2 * _DAY_US  # no clock on earth is further from UTC
_MOST_YEARS_AT_ONCE = 16


class Calendar:
    """One version of working hours, ready to be asked. Equal questions have equal answers.

    What it keeps is only a cache: two threads that fill it at once must be kept apart by a lock,
    tasks of one event loop need none.
    """

    def __init__(self, hours: Hours) -> None:
        self.hours = hours
        self._opens: list[int] = []
        self._before: list[int] = [0]  # one longer: the last one is all working time known of
        self._first_year = self._end_year = 0  # the years [first, end) are worked out
        self._low = self._high = 0  # between these instants every window is known

    def add(self, start: datetime, seconds: int) -> datetime:
        """Return when so many working seconds have passed, or before `start` if negative.

        `start` is aware; the result is UTC. Raises NeverOpens if the calendar ends before, and
        TimeOutOfRange if the year 2499 does.
        """
        since = start - _EPOCH  # as `microseconds` does, in line: this is the hot path
        at = (since.days * 86_400 + since.seconds) * _SECOND_US + since.microseconds
        moved = self.add_microseconds(at, seconds * _SECOND_US)
        return _EPOCH + timedelta(0, 0, moved)

    def add_time(self, start: datetime, working_time: timedelta) -> datetime:
        """The same for working time that is not whole seconds."""
        return moment(self.add_microseconds(microseconds(start), working_time // MICROSECOND))

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Return the working time from `start` to `end`; negative if `end` is earlier."""
        begun = self._worked_before(microseconds(start))
        return timedelta(0, 0, self._worked_before(microseconds(end)) - begun)

    def is_open(self, at: datetime) -> bool:
        """Is this instant working time? The opening instant is, the closing instant is not."""
        return self._is_open(microseconds(at))

    def next_open(self, at: datetime) -> datetime:
        """Return the first open instant at or after `at`; raise NeverOpens if there is none."""
        return moment(self._next_open(microseconds(at)))

    def windows(self, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        """Return the working time between the two instants, cut to them, in order."""
        begun, ended = microseconds(start), microseconds(end)
        self._cover(begun)
        self._cover(ended)
        found = []
        for index in range(max(bisect_right(self._opens, begun) - 1, 0), len(self._opens)):
            opens, closes = self._window(index)
            if opens >= ended:
                break
            if closes > begun:
                found.append((moment(max(opens, begun)), moment(min(closes, ended))))
        return found

    def add_microseconds(self, at: int, working_time: int) -> int:
        """`add` for who keeps instants as whole microseconds since 1970 (UTC)."""
        if working_time > 0:
            return self._forwards(at, working_time)
        if working_time < 0:
            return self._backwards(at, working_time)
        return self._next_open(at)

    def _forwards(self, at: int, working_time: int) -> int:
        target = self._worked_before(at) + working_time
        while target > self._before[-1]:
            self._grow_forwards()
        index = bisect_left(self._before, target) - 1
        return self._opens[index] + target - self._before[index]

    def _backwards(self, at: int, working_time: int) -> int:
        target = self._worked_before(at) + working_time
        while target < self._before[0]:
            self._grow_backwards()
        index = bisect_right(self._before, target) - 1
        return self._opens[index] + target - self._before[index]

    def _next_open(self, at: int) -> int:
        if self._is_open(at):
            return at
        index = bisect_right(self._opens, at)
        while index == len(self._opens):
            self._grow_forwards()
        return self._opens[index]

    def _worked_before(self, at: int) -> int:
        """W(at), counted from the start of the year that was asked for first."""
        if not self._low <= at < self._high:
            self._cover(at)
        index = bisect_right(self._opens, at) - 1
        if index < 0:
            return self._before[0]
        worked = self._before[index] + at - self._opens[index]
        known = self._before[index + 1]
        return worked if worked < known else known

    def _is_open(self, at: int) -> bool:
        self._cover(at)
        index = bisect_right(self._opens, at) - 1
        return index >= 0 and at < self._window(index)[1]

    def _window(self, index: int) -> tuple[int, int]:
        opens = self._opens[index]
        return opens, opens + self._before[index + 1] - self._before[index]

    def _cover(self, at: int) -> None:
        """Work out the years around the instant, so that every window near it is known."""
        if self._first_year == self._end_year:
            self._first_year = self._end_year = moment(at).year
            self._append(1)
        while at < self._low:
            self._prepend(self._step())
        while at >= self._high:
            self._append(self._step())

    def _grow_forwards(self) -> None:
        """Work out more years ahead, for who has not found enough working time yet."""
        last = self.hours.last_exception
        if not self.hours.opens_every_week and (last is None or last.year < self._end_year):
            raise NeverOpens(
                f"This calendar has no working time after {last or 'any date'}: it has no hours on "
                "any weekday. Give it hours, or count the target in calendar time."
            )
        self._append(self._step())

    def _grow_backwards(self) -> None:
        """The same into the past."""
        first = self.hours.first_exception
        if not self.hours.opens_every_week and (first is None or first.year >= self._first_year):
            raise NeverOpens(
                f"This calendar has no working time before {first or 'any date'}: it has no hours "
                "on any weekday."
            )
        self._prepend(self._step())

    def _step(self) -> int:
        """How many years to add: as many again, so that far questions need few steps."""
        return min(self._end_year - self._first_year, _MOST_YEARS_AT_ONCE)

    def _append(self, years: int) -> None:
        end = min(self._end_year + years, LAST_YEAR + 1)
        if end == self._end_year:
            raise _out_of_range()
        worked = self._before[-1]
        for year in range(self._end_year, end):
            for opens, closes in windows_of_year(self.hours, year):
                self._opens.append(opens * _SECOND_US)
                worked += (closes - opens) * _SECOND_US
                self._before.append(worked)
        self._end_year = end
        self._note_bounds()

    def _prepend(self, years: int) -> None:
        first = max(self._first_year - years, FIRST_YEAR)
        if first == self._first_year:
            raise _out_of_range()
        found = [
            window
            for year in range(first, self._first_year)
            for window in windows_of_year(self.hours, year)
        ]
        worked = self._before[0]
        earlier: list[int] = []
        for opens, closes in reversed(found):
            worked -= (closes - opens) * _SECOND_US
            earlier.append(worked)
        self._opens[:0] = [opens * _SECOND_US for opens, _ in found]
        self._before[:0] = reversed(earlier)
        self._first_year = first
        self._note_bounds()

    def _note_bounds(self) -> None:
        self._low = microseconds(datetime(self._first_year, 1, 1, tzinfo=UTC)) + _MARGIN_US
        self._high = microseconds(datetime(self._end_year, 1, 1, tzinfo=UTC)) - _MARGIN_US


def microseconds(at: datetime) -> int:
    """Return the aware instant as whole microseconds since 1970 (UTC)."""
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * _SECOND_US + since.microseconds


def moment(at: int) -> datetime:
    """Return the instant that `microseconds` made a number of, in UTC."""
    return _EPOCH + timedelta(0, 0, at)


def _out_of_range() -> TimeOutOfRange:
    return TimeOutOfRange(
        f"Working time is known from {FIRST_YEAR} to {LAST_YEAR}; the question leads beyond. "
        "Look for a target that is far too large, or a wrong year."
    )
