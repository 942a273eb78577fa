"""What a clock is, and everything about a ticket that clocks must remember."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from servicedesk.domain.tickets import TicketStatus
from servicedesk.sla.calendar.arithmetic import Calendar
from servicedesk.sla.promises import CalendarVersion, Promise

Calendars = Mapping[CalendarVersion, Calendar]
"""Every version that a clock of the ticket or a promise names."""


class ClockState(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    ENDED = "ended"


class Outcome(StrEnum):
    MET = "met"
    LATE = "late"
    CANCELLED = "cancelled"


class Reason(StrEnum):
    """Why a clock or one of its stretches ended."""

    REPLIED = "replied"
    SOLVED = "solved"
    SOLVED_IN_BULK = "solved_in_bulk"
    MERGED = "merged"
    MOVED = "moved"
    MESSAGES_MOVED = "messages_moved"  # what the contact waits for is another ticket's matter
    NO_LONGER_PROMISED = "no_longer_promised"
    ANSWERED = "answered"
    LEFT = "left"
    STATUS = "status"  # it stands still in the status that was set
    CALENDAR = "calendar"  # it goes on by another calendar


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in which the clock ran. `counted` is its working time, zero while it lasts.

    `dodges` marks a pause that began while the contact waited for an answer.
    """

    began: datetime
    calendar: CalendarVersion | None
    ended: datetime | None = None
    counted: timedelta = timedelta()
    ended_by: Reason | None = None
    dodges: bool = False


@dataclass(frozen=True, slots=True)
class Clock:
    """One instance of one promise.

    `instance` counts from 1 for each metric and audience of the ticket. `due_at` is exact; None
    while paused; when it ended paused, what it would have been had it gone on then. `carried` is
    what an earlier instance had counted. `breached_at` is the due instant, once it passed while
    the clock was live; it never goes away. Reaching the target at the very due instant is in time.
    """

    promise: Promise
    instance: int
    state: ClockState
    started_at: datetime
    stretches: tuple[Stretch, ...]
    carried: timedelta = timedelta()
    due_at: datetime | None = None
    breached_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: Outcome | None = None
    reason: Reason | None = None

    @property
    def is_live(self) -> bool:
        return self.state is not ClockState.ENDED

    @property
    def counted(self) -> timedelta:
        """The working time of all finished stretches, and what was carried over."""
        return sum((stretch.counted for stretch in self.stretches), self.carried)


@dataclass(frozen=True, slots=True)
class Situation:
    """What the events so far come to.

    `waiting_since`: the oldest message of a contact that nobody answered. `held_since`: when the
    present team got the ticket. `statuses`: every status with the instant it was set, in order.
    """

    latest: datetime
    statuses: tuple[tuple[datetime, TicketStatus], ...]
    work_since: datetime
    held_since: datetime
    waiting_since: datetime | None = None
    first_reply_given: bool = False
    last_reply_at: datetime | None = None
    queued_at: datetime | None = None
    merged: bool = False

    @property
    def status(self) -> TicketStatus:
        return self.statuses[-1][1]


@dataclass(frozen=True, slots=True)
class ClockSet:
    """All clocks of one ticket, oldest first, the promises that hold, and what led here."""

    situation: Situation
    promises: tuple[Promise, ...]
    clocks: tuple[Clock, ...] = ()

    def live(self) -> list[Clock]:
        return [clock for clock in self.clocks if clock.is_live]

    def next_due(self) -> datetime | None:
        """When the next clock is breached, unless something happens before; None: never."""
        dues = [
            clock.due_at
            for clock in self.clocks
            if clock.state is ClockState.RUNNING and clock.breached_at is None and clock.due_at
        ]
        return min(dues, default=None)
