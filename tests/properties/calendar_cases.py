"""Calendars, instants and zone changes to try the arithmetic on; nothing here knows an answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from servicedesk.sla.calendar.hours import DAY_SECONDS, DayHours, Hours, OpenPeriod
from servicedesk.sla.zones import find_zone, zone_names

FIRST_YEAR, LAST_YEAR = 1970, 2060
ZONES = st.sampled_from(sorted(zone_names()))
MOST_WEEKS = 500
SPAN_SECONDS = int(timedelta(days=365 * (LAST_YEAR - FIRST_YEAR + 1)).total_seconds())
INSTANTS = st.builds(
    lambda seconds, micro: datetime(FIRST_YEAR, 1, 1, tzinfo=UTC) + timedelta(0, seconds, micro),
    st.integers(0, SPAN_SECONDS),
    st.sampled_from([0, 0, 1, 999_999]),
)


@st.composite
def days(draw: st.DrawFn, unit_seconds: int = 1) -> DayHours:
    """Up to three periods, often touching, their bounds whole units."""
    most = DAY_SECONDS // unit_seconds
    bounds = sorted(draw(st.lists(st.integers(0, most), max_size=4)))
    bounds = [bound * unit_seconds for bound in draw(st.sampled_from([bounds, [0, most]]))]
    pairs = pairwise(bounds) if draw(st.booleans()) else _pairs(bounds)
    return tuple(OpenPeriod(opens, closes) for opens, closes in pairs if opens < closes)


def _pairs(bounds: list[int]) -> list[tuple[int, int]]:
    return list(zip(bounds[::2], bounds[1::2], strict=False))


@st.composite
def hours(draw: st.DrawFn, near: date, unit_seconds: int = 1, zone: str | None = None) -> Hours:
    """Working hours with holidays and special days around a date; some week day is open."""
    week = draw(st.tuples(*[days(unit_seconds)] * 7).filter(any))
    around = st.integers(-40, 40).map(lambda shift: near + timedelta(days=shift))
    special = draw(st.dictionaries(around, days(unit_seconds), max_size=4))
    return Hours(
        time_zone=zone or draw(ZONES),
        week=week,
        holidays=frozenset(draw(st.lists(around, max_size=4))),
        special_days=tuple(sorted(special.items())),
    )


def within_reach(found: Hours, seconds: int) -> int:
    """Return a length, from 1 to `seconds`, that these hours hold in some ten ordinary years.

    A desk that is open one second a week needs centuries for an hour: that is refused, rightly.
    """
    a_week = sum(period.closes - period.opens for periods in found.week for period in periods)
    return 1 + (seconds - 1) % (a_week * MOST_WEEKS)


@dataclass(frozen=True, slots=True)
class ZoneChange:
    """The instant at which the clock of a zone jumps, and by how many seconds."""

    zone: str
    at: datetime
    jump_seconds: int


@cache
def zone_changes(every_nth_zone: int = 1) -> tuple[ZoneChange, ...]:
    """One change of every kind between 1970 and 2060: how far, and at what time of the day."""
    found: dict[tuple[int, int], ZoneChange] = {}
    for name in sorted(zone_names())[::every_nth_zone]:
        for change in _changes_of(name):
            shown = change.at + _offset(find_zone(name), change.at - timedelta(seconds=1))
            found.setdefault((change.jump_seconds, shown.hour * 60 + shown.minute), change)
    return tuple(found.values())


def _changes_of(name: str) -> Iterator[ZoneChange]:
    zone = find_zone(name)
    step = timedelta(days=20)
    at = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
    while at.year <= LAST_YEAR:
        before, after = _offset(zone, at), _offset(zone, at + step)
        if before != after:
            changed = _first_with(zone, after, at, at + step)
            yield ZoneChange(name, changed, int((after - before).total_seconds()))
        at += step


def _first_with(zone: ZoneInfo, offset: timedelta, before: datetime, after: datetime) -> datetime:
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        before, after = (before, middle) if _offset(zone, middle) == offset else (middle, after)
    return after


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()
