"""Why late? A clock told as what happened one after the other, for a person to read."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from servicedesk.sla.clock.measuring import NOTHING, remaining, working_time
from servicedesk.sla.clock.states import Calendars, Clock, ClockState, Reason, Stretch
from servicedesk.sla.promises import CalendarVersion


class Told(StrEnum):
    CARRIED = "carried"  # what an earlier instance had counted
    RAN = "ran"
    STOOD_STILL = "stood_still"


@dataclass(frozen=True, slots=True)
class Passage:
    """What the clock did from `began` to `ended`, and the working time that it counted.

    `why` is what ended it, None while it lasts. `dodges`: the pause began while the contact waited.
    """

    told: Told
    began: datetime
    ended: datetime
    counted: timedelta
    calendar: CalendarVersion | None = None
    why: Reason | None = None
    dodges: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """How a live clock stands: what is left by its calendar, and by the clock on the wall.

    Both negative once it is late: the working time since the breach, and the time since it.
    `wall_left` is None while the clock is paused.
    """

    working_left: timedelta
    wall_left: timedelta | None


def passages(clock: Clock, calendars: Calendars, now: datetime) -> tuple[Passage, ...]:
    """Return the story of the clock up to `now`, without gaps, in order."""
    return tuple(_carried(clock)) + tuple(_told(clock, calendars, now))


def _carried(clock: Clock) -> Iterator[Passage]:
    if clock.carried > NOTHING:
        yield Passage(Told.CARRIED, clock.started_at, clock.started_at, clock.carried)


def _told(clock: Clock, calendars: Calendars, now: datetime) -> Iterator[Passage]:
    at, dodges = clock.started_at, False
    for stretch in clock.stretches:
        if at < stretch.began:
            yield Passage(Told.STOOD_STILL, at, stretch.began, NOTHING, dodges=dodges)
        ended = stretch.ended or now
        counted = counted_until(stretch, calendars, now)
        why = stretch.ended_by
        yield Passage(Told.RAN, stretch.began, ended, counted, stretch.calendar, why)
        at, dodges = ended, stretch.dodges
    until = clock.ended_at or now
    if at < until:
        yield Passage(Told.STOOD_STILL, at, until, NOTHING, why=clock.reason, dodges=dodges)


def counted_until(stretch: Stretch, calendars: Calendars, now: datetime) -> timedelta:
    """Return the working time of the stretch so far."""
    if stretch.ended is not None:
        return stretch.counted
    return working_time(calendars, stretch.calendar, stretch.began, now)


def standing(clock: Clock, calendars: Calendars, now: datetime) -> Standing:
    """Return what is left of a live clock's target, in both kinds of time."""
    left = remaining(clock)
    if clock.state is not ClockState.RUNNING:
        return Standing(left, None)
    left -= counted_until(clock.stretches[-1], calendars, now)
    return Standing(left, None if clock.due_at is None else clock.due_at - now)
