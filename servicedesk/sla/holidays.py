"""Holidays to review: from the sets of countries and regions, and from and to iCalendar (RFC 5545).

Nothing here is applied by itself. A feed that lists what is no holiday where the desk is would
stretch every deadline, so what comes back is a list with names, for an administrator to edit.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import holidays as country_sets
from dateutil.rrule import rrulestr
from icalendar import Calendar, Event

from servicedesk.domain.errors import BadInput

_DAY = timedelta(days=1)
_LONGEST_DAYS = 366
_PRODUCT = "-//servicedesk//holidays//EN"


@dataclass(frozen=True, slots=True, order=True)
class Holiday:
    day: date
    name: str


def countries() -> dict[str, list[str]]:
    """Return the ISO 3166 codes of the countries that have a set, with those of their regions."""
    return country_sets.list_supported_countries(include_aliases=False)


def holidays_of(
    country: str, region: str | None, years: Sequence[int], language: str | None = None
) -> list[Holiday]:
    """Return the public holidays in order of the date; raise BadInput for an unknown place.

    `language` such as "en_US" is used where the set has it, else the country's own.
    """
    known = countries()
    if country not in known:
        raise BadInput(f"There are no holidays for {country!r}: write a code such as DE or US.")
    if region is not None and region not in known[country]:
        regions = ", ".join(known[country]) or "none"
        raise BadInput(f"{country} has no region {region!r}. There are: {regions}.")
    found = country_sets.country_holidays(
        country, subdiv=region, years=list(years), language=language
    )
    return sorted(Holiday(day, name) for day, name in found.items())


def read_icalendar(content: bytes, years: Sequence[int]) -> list[Holiday]:
    """Return every day of every event in these years: sorted, each once, repetitions worked out.

    An event without an end lasts a day; DTEND is not part of it (RFC 5545 §3.6.1). Cancelled
    events and RDATE are left out, EXDATE is heeded. Raises BadInput if it is no iCalendar file.
    """
    try:
        calendar = Calendar.from_ical(content)
        events = [event for event in calendar.walk("VEVENT") if event.get("STATUS") != "CANCELLED"]
        found = {holiday for event in events for holiday in _days_of(event, years)}
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise BadInput(f"This is no iCalendar file that can be read: {error}.") from None
    return sorted(found)


def write_icalendar(found: Iterable[Holiday]) -> bytes:
    """Return an iCalendar file with one whole-day event for each holiday, always the same text."""
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    for holiday in sorted(found):
        event = Event()
        event.add("uid", f"{holiday.day.isoformat()}@holidays.servicedesk")
        event.add("dtstamp", datetime.combine(holiday.day, time(), UTC))
        event.add("dtstart", holiday.day)
        event.add("dtend", holiday.day + _DAY)
        event.add("summary", holiday.name)
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _days_of(event: Any, years: Sequence[int]) -> Iterable[Holiday]:
    begins = _date(event.decoded("DTSTART"))
    length = _length_days(event, begins)
    name = str(event.get("SUMMARY", ""))
    for first in _repetitions(event, begins, years):
        for shift in range(length):
            day = first + shift * _DAY
            if day.year in years:
                yield Holiday(day, name)


def _length_days(event: Any, begins: date) -> int:
    if "DTEND" in event:
        ends = event.decoded("DTEND")
        last = _date(ends)
        if isinstance(ends, datetime) and ends.time() > time():
            last += _DAY
        length = (last - begins).days
    else:
        length = event.decoded("DURATION", _DAY).days
    return min(max(length, 1), _LONGEST_DAYS)


def _repetitions(event: Any, begins: date, years: Sequence[int]) -> list[date]:
    """Return on which dates the event begins, those included that reach into the years."""
    if "RRULE" not in event:
        return [begins]
    midnight = datetime.combine(begins, time())
    rule = rrulestr(_without_zone(event["RRULE"].to_ical().decode()), dtstart=midnight)
    low = datetime(min(years), 1, 1) - _LONGEST_DAYS * _DAY  # noqa: DTZ001  # a wall clock
    high = datetime(max(years), 12, 31)  # noqa: DTZ001
    left_out = _left_out(event)
    found = rule.between(max(low, midnight), high, inc=True)
    return [at.date() for at in found if at.date() not in left_out]


def _without_zone(rule: str) -> str:
    """Drop the Z of UNTIL: these dates have no zone, and rules may not mix the two."""
    parts = [part.rstrip("Z") if part.startswith("UNTIL=") else part for part in rule.split(";")]
    return ";".join(parts)


def _left_out(event: Any) -> set[date]:
    found = event.get("EXDATE", [])
    lists = found if isinstance(found, list) else [found]
    return {_date(entry.dt) for group in lists for entry in group.dts}


def _date(at: date | datetime) -> date:
    return at.date() if isinstance(at, datetime) else at
