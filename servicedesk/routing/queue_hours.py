"""Is a queue open now, and until when? The engine counts in instants, calendars live in sla."""

from datetime import datetime, timedelta
from functools import lru_cache

from servicedesk.kernel.sql import json_text
from servicedesk.routing.facts import Hours
from servicedesk.sla.calendar.arithmetic import Calendar
from servicedesk.sla.calendar.reading import read_hours
from servicedesk.sla.errors import NeverOpens

LOOK_AHEAD = timedelta(days=8)
"""More than a week: who is open that long without a break is looked up again then. Open all along
is no reason to count through years of a calendar that never closes."""


def hours_at(document: object, now: datetime) -> Hours:
    """Say whether a calendar's document is open at `now` (aware UTC), and when that changes."""
    calendar = _calendar(json_text(document))
    if calendar.is_open(now):
        closes = _closes(calendar, now)
        ask_again_at = now + LOOK_AHEAD if closes is None else None
        return Hours(is_open=True, changes_at=closes, ask_again_at=ask_again_at)
    try:
        return Hours(is_open=False, changes_at=calendar.next_open(now))
    except NeverOpens:
        return Hours(is_open=False)


def _closes(calendar: Calendar, now: datetime) -> datetime | None:
    """Return the end of the open time around `now`: periods that touch are one. None if it lies
    further ahead than we look."""
    end = now
    for opens, closes in calendar.windows(now, now + LOOK_AHEAD):
        if opens > end:
            break
        end = closes
    return end if end < now + LOOK_AHEAD else None


@lru_cache(maxsize=256)
def _calendar(document: str) -> Calendar:
    return Calendar(read_hours(document))
