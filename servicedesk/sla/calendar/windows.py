"""From the wall clock to instants: the open windows of one year, in seconds since 1970 (UTC).

A wall-clock time stands for *the first instant at which the clock of the zone shows it or later*.
That is one rule for both oddities of a zone change: a time that is skipped moves forward to the
change, and a time that comes twice is meant the first time. It never puts two times in the wrong
order, so periods that do not overlap on the wall do not overlap in fact, and a day that a zone
skipped (Pacific/Apia, 30 December 2011) has no working time at all.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from servicedesk.sla.calendar.hours import DAY_SECONDS, Hours
from servicedesk.sla.zones import find_zone

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_SECOND = timedelta(seconds=1)

Window = tuple[int, int]
"""An opening and a later closing instant, in seconds since 1970-01-01T00:00:00Z."""


def windows_of_year(hours: Hours, year: int) -> Iterator[Window]:
    """Yield the windows of all dates of the year, ascending, never overlapping, never empty."""
    zone = find_zone(hours.time_zone)
    for ordinal in range(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal()):
        day = date.fromordinal(ordinal)
        periods = hours.on(day)
        if not periods:
            continue
        midnight = (ordinal - _EPOCH_ORDINAL) * DAY_SECONDS
        offset = _steady_offset(zone, day)
        for period in periods:
            if offset is None:
                opens = first_instant(zone, midnight + period.opens)
                closes = first_instant(zone, midnight + period.closes)
            else:
                opens, closes = midnight + period.opens - offset, midnight + period.closes - offset
            if opens < closes:
                yield opens, closes


def first_instant(zone: ZoneInfo, wall: int) -> int:
    """Return the first instant at which the zone's clock shows `wall` or later.

    `wall` counts seconds from 1970-01-01 00:00 on the wall clock, the result seconds of UTC.
    """
    shown = datetime(1970, 1, 1) + timedelta(seconds=wall)  # noqa: DTZ001  # a wall clock
    earlier = _offset(zone, shown)
    later = _offset(zone, shown.replace(fold=1))
    if earlier >= later:  # ordinary, or shown twice: PEP 495 calls the first time fold 0
        return wall - earlier
    return _change_between(zone, wall - later, wall - earlier)


def _change_between(zone: ZoneInfo, before: int, after: int) -> int:
    """Return the instant of the zone change that lies after `before` and not after `after`."""
    new_offset = _offset_at(zone, after)
    while after - before > 1:
        middle = (before + after) // 2
        if _offset_at(zone, middle) == new_offset:
            after = middle
        else:
            before = middle
    return after


def _steady_offset(zone: ZoneInfo, day: date) -> int | None:
    """Return the offset that holds from midnight to midnight, None if the zone changes.

    Fold 0 of the first and fold 1 of the second midnight, so that a change which skips or repeats
    a midnight is seen from both of its days.
    """
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001  # a wall clock
    first = _offset(zone, midnight)
    last = _offset(zone, (midnight + timedelta(days=1)).replace(fold=1))
    return first if first == last else None


def _offset(zone: ZoneInfo, shown: datetime) -> int:
    found = zone.utcoffset(shown)
    return found // _SECOND if found is not None else 0


def _offset_at(zone: ZoneInfo, instant: int) -> int:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=instant)
    return _offset(zone, moment.astimezone(zone))
