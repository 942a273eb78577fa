"""Counting: how much of a target is used, and the exact instant at which it will be."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from servicedesk.domain.tickets import TicketStatus
from servicedesk.sla.calendar.arithmetic import Calendar
from servicedesk.sla.clock.states import (
    Calendars,
    Clock,
    ClockState,
    Reason,
    Stretch,
)
from servicedesk.sla.errors import CalendarInvalid, NeverOpens, TimeOutOfRange
from servicedesk.sla.promises import CalendarVersion, Promise

NOTHING = timedelta()


def working_time(
    calendars: Calendars, version: CalendarVersion | None, start: datetime, end: datetime
) -> timedelta:
    """Return what counts between the two; without a calendar, all of it."""
    return end - start if version is None else _get(calendars, version).between(start, end)


def add_working_time(
    calendars: Calendars, version: CalendarVersion | None, start: datetime, length: timedelta
) -> datetime | None:
    """Return when so much has counted; `start` itself if nothing is left to count.

    None where the calendar never comes so far: policies and calendars are refused for that when
    they are saved (`sla.reach`), and a clock without a due instant is better than a lost message.
    """
    if length <= NOTHING:
        return start
    if version is None:
        return start + length
    try:
        return _get(calendars, version).add_time(start, length)
    except (NeverOpens, TimeOutOfRange):
        return None


def _get(calendars: Calendars, version: CalendarVersion) -> Calendar:
    found = calendars.get(version)
    if found is None:
        raise CalendarInvalid(
            f"The calendar version {version!r} is needed, but {len(calendars)} others were given. "
            "Load every version that a live clock of the ticket names.",
            calendar=version,
        )
    return found


def remaining(clock: Clock) -> timedelta:
    """Return what the finished stretches left of the target; may be negative."""
    return timedelta(seconds=clock.promise.target_seconds) - clock.counted


def with_due(clock: Clock, calendars: Calendars, not_before: datetime) -> Clock:
    """Return the running clock with its due instant.

    A change never makes a promise broken in the past: what would be due earlier is due
    `not_before`, the instant of the change. A breached clock keeps the instant that it missed.
    """
    if clock.breached_at is not None:
        return clock
    last = clock.stretches[-1]
    due = add_working_time(calendars, last.calendar, last.began, remaining(clock))
    return replace(clock, due_at=None if due is None else max(due, not_before))


def close_stretch(
    clock: Clock, at: datetime, reason: Reason, calendars: Calendars, *, dodges: bool = False
) -> Clock:
    """Return the clock with its running stretch counted up to `at`."""
    last = clock.stretches[-1]
    counted = working_time(calendars, last.calendar, last.began, at)
    closed = replace(last, ended=at, counted=counted, ended_by=reason, dodges=dodges)
    return replace(clock, stretches=(*clock.stretches[:-1], closed))


def open_stretch(clock: Clock, at: datetime) -> Clock:
    """Return the clock running again from `at`, by the calendar of its promise."""
    fresh = Stretch(at, clock.promise.calendar)
    return replace(clock, state=ClockState.RUNNING, stretches=(*clock.stretches, fresh))


def begin_later(clock: Clock, since: datetime, calendars: Calendars) -> Clock:
    """Return the clock as if it had started at `since`, after its start: what it counted before
    does not count."""
    later = (
        _cut(stretch, since, calendars)
        for stretch in clock.stretches
        if stretch.ended is None or stretch.ended > since
    )
    return replace(clock, started_at=since, stretches=tuple(later))


def _cut(stretch: Stretch, since: datetime, calendars: Calendars) -> Stretch:
    if stretch.began >= since:
        return stretch
    counted = NOTHING
    if stretch.ended is not None:
        counted = working_time(calendars, stretch.calendar, since, stretch.ended)
    return replace(stretch, began=since, counted=counted)


def past_stretches(
    promise: Promise,
    statuses: Sequence[tuple[datetime, TicketStatus]],
    since: datetime,
    calendars: Calendars,
) -> tuple[Stretch, ...]:
    """Return the stretches of a clock that counts from before now: its pauses are in the statuses.

    The last one is open if the present status lets the clock run. Before the first status it runs.
    """
    found: list[Stretch] = []
    began: datetime | None = since
    for at, status in statuses:
        begins = max(at, since)
        if status not in promise.stands_still_in:
            began = began or begins
        elif began is not None:
            if began < begins:
                counted = working_time(calendars, promise.calendar, began, begins)
                found.append(Stretch(began, promise.calendar, begins, counted, Reason.STATUS))
            began = None
    if began is not None:
        found.append(Stretch(began, promise.calendar))
    return tuple(found)
