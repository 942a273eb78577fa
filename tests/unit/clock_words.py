"""What tests of clocks say: minutes after noon on a Wednesday, and the clocks of one ticket."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from servicedesk.domain.tickets import TicketStatus
from servicedesk.sla.calendar.arithmetic import Calendar
from servicedesk.sla.calendar.hours import Hours, OpenPeriod
from servicedesk.sla.clock.machine import apply, open_ticket
from servicedesk.sla.clock.states import Clock, ClockSet
from servicedesk.sla.events import Event, Opened
from servicedesk.sla.promises import Audience, CalendarVersion, Metric, Promise, Reopening

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NEW, OPEN, PENDING = TicketStatus.NEW, TicketStatus.OPEN, TicketStatus.PENDING
HOLD, SOLVED, CLOSED = TicketStatus.ON_HOLD, TicketStatus.SOLVED, TicketStatus.CLOSED
FIRST, NEXT = Metric.FIRST_REPLY, Metric.NEXT_REPLY
PERIODIC, PAUSABLE = Metric.PERIODIC_UPDATE, Metric.PAUSABLE_UPDATE
WAIT, WORK, TOTAL = Metric.REQUESTER_WAIT, Metric.AGENT_WORK, Metric.TOTAL_RESOLUTION
ANSWER = Metric.TIME_TO_ANSWER

DAY_SHIFT = CalendarVersion("day:1")
LATE_SHIFT = CalendarVersion("day:2")
CALENDARS = {
    DAY_SHIFT: Calendar(Hours("Etc/UTC", ((OpenPeriod(9 * 3_600, 17 * 3_600),),) * 7)),
    LATE_SHIFT: Calendar(Hours("Etc/UTC", ((OpenPeriod(14 * 3_600, 22 * 3_600),),) * 7)),
}


def m(minutes: float) -> datetime:
    return NOON + minutes * MINUTE


def promise(
    metric: Metric,
    minutes: int = 60,
    calendar: CalendarVersion | None = None,
    *,
    internal: bool = False,
    reopening: Reopening = Reopening.CARRY,
) -> Promise:
    audience = Audience.INTERNAL if internal else Audience.CUSTOMER
    return Promise(metric, minutes * 60, "gold", 1, calendar, audience, reopening=reopening)


def told(
    promises: Iterable[Promise] | Promise, *events: Event, status: TicketStatus = NEW
) -> ClockSet:
    """The clocks of a ticket that a contact opened at noon, after the events."""
    promised = (promises,) if isinstance(promises, Promise) else tuple(promises)
    return go_on(open_ticket(Opened(NOON, status, promised, NOON), CALENDARS).clock_set, *events)


def by_agent(promises: Promise, *events: Event) -> ClockSet:
    """The same for a ticket that an agent opened by writing first."""
    return go_on(open_ticket(Opened(NOON, OPEN, (promises,), None), CALENDARS).clock_set, *events)


def go_on(clock_set: ClockSet, *events: Event) -> ClockSet:
    for event in events:
        clock_set = apply(clock_set, event, CALENDARS).clock_set
    return clock_set


def said(clock_set: ClockSet) -> list[tuple[object, ...]]:
    """Each clock as (minutes it started after noon, what became of it, minutes it counted)."""
    return [
        (
            (clock.started_at - NOON) / MINUTE,
            clock.outcome.value if clock.outcome else clock.state.value,
            clock.counted / MINUTE,
        )
        for clock in clock_set.clocks
    ]


def only(clock_set: ClockSet) -> Clock:
    assert len(clock_set.clocks) == 1
    return clock_set.clocks[0]
