"""When a desk is open, as an administrator writes it: one version of a calendar."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from itertools import pairwise

from servicedesk.sla.errors import CalendarInvalid, NeverOpens
from servicedesk.sla.zones import find_zone

DAY_SECONDS = 86_400


class Weekday(StrEnum):
    """In the order of `date.weekday()`."""

    MONDAY = "mon"
    TUESDAY = "tue"
    WEDNESDAY = "wed"
    THURSDAY = "thu"
    FRIDAY = "fri"
    SATURDAY = "sat"
    SUNDAY = "sun"


WEEKDAYS = tuple(Weekday)


@dataclass(frozen=True, slots=True, order=True)
class OpenPeriod:
    """From one time of the day to a later one, in seconds on the wall clock; 86,400 ends the day.

    The opening second is working time, the closing second is not.
    """

    opens: int
    closes: int

    def __post_init__(self) -> None:
        if not 0 <= self.opens < self.closes <= DAY_SECONDS:
            raise CalendarInvalid(
                f"A period from {clock_text(self.opens)} to {clock_text(self.closes)} is not one: "
                "it must close after it opens, on the same day, at 24:00 at the latest. "
                "Split a night shift at midnight."
            )

    def __str__(self) -> str:
        return f"{clock_text(self.opens)}-{clock_text(self.closes)}"


DayHours = tuple[OpenPeriod, ...]
"""The periods of one day: sorted, none overlaps another, they may touch. Empty: closed."""

ALL_DAY: DayHours = (OpenPeriod(0, DAY_SECONDS),)


@dataclass(frozen=True, slots=True)
class Hours:
    """One version of a calendar. A holiday closes the whole day and wins over a special day.

    `week` begins on Monday. `special_days` replace the hours of their weekday; one that is empty
    is closed. Raises CalendarInvalid if the zone is unknown or periods overlap.
    """

    time_zone: str
    week: tuple[DayHours, ...]
    holidays: frozenset[date] = frozenset()
    special_days: tuple[tuple[date, DayHours], ...] = ()
    _by_date: dict[date, DayHours] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        find_zone(self.time_zone)
        if len(self.week) != len(WEEKDAYS):
            raise CalendarInvalid(f"A week has 7 days from Monday on, not {len(self.week)}.")
        for weekday, periods in zip(WEEKDAYS, self.week, strict=True):
            _refuse_disorder(periods, weekday.value)
        for day, periods in self.special_days:
            _refuse_disorder(periods, day.isoformat())
        exceptions = dict(self.special_days)
        exceptions.update(dict.fromkeys(self.holidays, ()))
        object.__setattr__(self, "_by_date", exceptions)

    def on(self, day: date) -> DayHours:
        """Return the periods of this date, by the wall clock of the zone."""
        found = self._by_date.get(day)
        return self.week[day.weekday()] if found is None else found

    @property
    def opens_every_week(self) -> bool:
        """Is there working time in an ordinary week, so that every target is reached one day?"""
        return any(self.week)

    @property
    def first_exception(self) -> date | None:
        """The first date that differs from its weekday, None if there is none."""
        return min(self._by_date, default=None)

    @property
    def last_exception(self) -> date | None:
        """The last such date, None if there is none."""
        return max(self._by_date, default=None)


def around_the_clock(time_zone: str = "Etc/UTC") -> Hours:
    """Return the calendar that is always open."""
    return Hours(time_zone, (ALL_DAY,) * len(WEEKDAYS))


def refuse_if_never_opens(hours: Hours) -> None:
    """Raise NeverOpens if targets in business time could be impossible to reach.

    For who gives a calendar to a queue or a policy. Special days alone do not help: they end.
    """
    if not hours.opens_every_week:
        raise NeverOpens(
            "This calendar has no hours on any weekday, so a target in business time would never "
            "be due. Give it hours, or count the target in calendar time."
        )


def in_order(periods: Iterable[OpenPeriod]) -> DayHours:
    """Return the periods sorted, as `Hours` wants them."""
    return tuple(sorted(periods))


def over_midnight(weekday: Weekday, opens: int, closes: int) -> list[tuple[Weekday, OpenPeriod]]:
    """Split what an editor lets one draw, a shift from `opens` to `closes` the next morning.

    `closes` at or before `opens` means the next day (22:00 to 06:00; 08:00 to 08:00 is 24 hours).
    Returns one period, or two of which the second lies on the following weekday.
    """
    if opens < closes:
        return [(weekday, OpenPeriod(opens, closes))]
    evening = (weekday, OpenPeriod(opens, DAY_SECONDS))
    if closes == 0:
        return [evening]
    following = WEEKDAYS[(WEEKDAYS.index(weekday) + 1) % len(WEEKDAYS)]
    return [evening, (following, OpenPeriod(0, closes))]


def clock_text(second: int) -> str:
    """Write a second of the day as HH:MM, with seconds only where there are any."""
    minutes, seconds = divmod(second, 60)
    text = f"{minutes // 60:02}:{minutes % 60:02}"
    return f"{text}:{seconds:02}" if seconds else text


def _refuse_disorder(periods: Sequence[OpenPeriod], where: str) -> None:
    for earlier, later in pairwise(periods):
        if later.opens < earlier.closes:
            raise CalendarInvalid(
                f"On {where} the periods {earlier} and {later} overlap or are out of order. "
                "Join them into one, or move one of them."
            )
