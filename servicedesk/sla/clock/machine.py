"""The clocks of a ticket as a state machine: told an event, they say what changed.

      (none) --start--> running <--status--> paused
                           |                   |
                           +-- fulfil/cancel --+--> ended (met, late, cancelled)

`breached_at` is set at the due instant while a clock is live, by the first event or the first
`pass_time` after it; such a clock ends late, whatever ends it. Nothing that has ended is ever
changed again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from servicedesk.sla.clock.measuring import (
    NOTHING,
    add_working_time,
    begin_later,
    close_stretch,
    open_stretch,
    past_stretches,
    remaining,
    with_due,
)
from servicedesk.sla.clock.situation import learn, opening, owed_since
from servicedesk.sla.clock.states import (
    Calendars,
    Clock,
    ClockSet,
    ClockState,
    Outcome,
    Reason,
    Situation,
)
from servicedesk.sla.clock.table import (
    KEPT_BY_HANDING_OVER,
    REASONS,
    TABLE,
    Action,
    Happening,
    happening_of,
)
from servicedesk.sla.events import Event, Moved, Opened, Promised
from servicedesk.sla.promises import Audience, Promise, Reopening


class Turn(StrEnum):
    """How a clock changed."""

    STARTED = "started"
    PAUSED = "paused"
    RESUMED = "resumed"
    RETARGETED = "retargeted"  # another target, policy, calendar or start
    BREACHED = "breached"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Change:
    """One turn of one clock, at its exact instant (a breach: the due instant)."""

    turn: Turn
    clock: Clock
    at: datetime


@dataclass(frozen=True, slots=True)
class Applied:
    clock_set: ClockSet
    changes: tuple[Change, ...]


def open_ticket(event: Opened, calendars: Calendars) -> Applied:
    """Start the clocks of a new ticket."""
    before = ClockSet(opening(event), event.promises)
    return _Run(before, event.at, Happening.OPENED, calendars).result()


def apply(clock_set: ClockSet, event: Event, calendars: Calendars) -> Applied:
    """Return the clocks after the event, and every change, in order.

    `calendars` must have every version that a live clock or the event's promises name. An event
    that seems to come before its predecessor (a clock was set back) counts as coming with it.
    """
    at = max(event.at, clock_set.situation.latest)
    passed = pass_time(clock_set, at)
    happening = happening_of(event, clock_set.situation)
    promises = event.promises if isinstance(event, Promised | Moved) else clock_set.promises
    situation = learn(clock_set.situation, event, at)
    told = ClockSet(situation, promises, passed.clock_set.clocks)
    run = _Run(told, at, happening, calendars)
    applied = run.result()
    return Applied(applied.clock_set, (*passed.changes, *applied.changes))


def pass_time(clock_set: ClockSet, now: datetime) -> Applied:
    """Note what was breached before `now`. A target reached at the very due instant is in time."""
    clocks, changes = list(clock_set.clocks), list[Change]()
    for place, clock in enumerate(clocks):
        if _is_overdue(clock, now):
            clocks[place] = replace(clock, breached_at=clock.due_at)
            changes.append(Change(Turn.BREACHED, clocks[place], clock.due_at or now))
    if not changes:
        return Applied(clock_set, ())
    changes.sort(key=lambda change: change.at)
    passed = ClockSet(clock_set.situation, clock_set.promises, tuple(clocks))
    return Applied(passed, tuple(changes))


def _is_overdue(clock: Clock, now: datetime) -> bool:
    running = clock.state is ClockState.RUNNING and clock.breached_at is None
    return running and clock.due_at is not None and clock.due_at < now


class _Run:
    """One event being applied to all clocks; it ends with `result`."""

    def __init__(
        self, told: ClockSet, at: datetime, happening: Happening, calendars: Calendars
    ) -> None:
        self.at, self.happening, self.calendars = at, happening, calendars
        self.situation: Situation = told.situation
        self.promises: Sequence[Promise] = told.promises
        self.clocks = list(told.clocks)
        self.changes: list[Change] = []

    def result(self) -> Applied:
        if self.happening is Happening.MOVED:
            self._hand_over()
        self._end_what_is_not_promised()
        for promise in self.promises:
            self._act(promise, TABLE[promise.metric].get(self.happening))
            self._retarget(promise)
            self._follow_status(promise)
        after = ClockSet(self.situation, tuple(self.promises), tuple(self.clocks))
        return Applied(after, tuple(self.changes))

    def _act(self, promise: Promise, action: Action | None) -> None:
        match action:
            case Action.START:
                self._start(promise)
            case Action.FULFIL:
                self._end(self._live(promise), kept=True)
            case Action.RESET:
                self._end(self._live(promise), kept=True)
                self._start(promise)
            case Action.CANCEL:
                self._end(self._live(promise), kept=False)
            case Action.REALIGN:
                self._realign(promise)
            case None:
                pass
            case _:
                assert_never(action)

    def _hand_over(self) -> None:
        """End what the team that had the ticket owed, before the promises of the next one hold."""
        for place, clock in enumerate(self.clocks):
            if clock.is_live and clock.promise.audience is Audience.INTERNAL:
                self._end(place, kept=clock.promise.metric in KEPT_BY_HANDING_OVER)

    def _end_what_is_not_promised(self) -> None:
        kinds = {(promise.metric, promise.audience) for promise in self.promises}
        for place, clock in enumerate(self.clocks):
            if clock.is_live and (clock.promise.metric, clock.promise.audience) not in kinds:
                self._end(place, Reason.NO_LONGER_PROMISED, kept=False)

    def _live(self, promise: Promise) -> int | None:
        """Return the place of the live clock for this metric and audience."""
        for place in range(len(self.clocks) - 1, -1, -1):
            if self.clocks[place].is_live and _same_kind(self.clocks[place].promise, promise):
                return place
        return None

    def _put(self, place: int, clock: Clock, turn: Turn) -> None:
        self.clocks[place] = clock
        self.changes.append(Change(turn, clock, self.at))

    def _start(self, promise: Promise) -> None:
        since = owed_since(promise, self.situation)
        if since is None or self._live(promise) is not None:
            return
        earlier = [clock for clock in self.clocks if _same_kind(clock.promise, promise)]
        if earlier and _was_broken_over(since, earlier[-1]):
            return
        stretches = past_stretches(promise, self.situation.statuses, since, self.calendars)
        running = bool(stretches) and stretches[-1].ended is None
        clock = Clock(
            promise=promise,
            instance=earlier[-1].instance + 1 if earlier else 1,
            state=ClockState.RUNNING if running else ClockState.PAUSED,
            started_at=since,
            stretches=stretches,
            carried=_carried(promise, earlier),
        )
        self.clocks.append(clock)
        self._put(len(self.clocks) - 1, self._with_due(clock), Turn.STARTED)

    def _realign(self, promise: Promise) -> None:
        """Let the clock count from when the contact waits by the messages that are there now."""
        place, since = self._live(promise), owed_since(promise, self.situation)
        if since is None:
            self._end(place, kept=False)
        elif place is None:
            self._start(promise)
        else:
            self._count_from(place, since)

    def _count_from(self, place: int, since: datetime) -> None:
        """Move the start of a live clock; a breach stays what it was."""
        clock = self.clocks[place]
        if clock.breached_at is not None or since == clock.started_at:
            return
        if since > clock.started_at:
            moved = begin_later(clock, since, self.calendars)
        else:
            moved = self._begun_earlier(clock, since)
        self._put(place, self._with_due(moved), Turn.RETARGETED)

    def _begun_earlier(self, clock: Clock, since: datetime) -> Clock:
        statuses = [(at, to) for at, to in self.situation.statuses if at < clock.started_at]
        earlier = past_stretches(clock.promise, statuses, since, self.calendars)
        longer = replace(clock, started_at=since, stretches=earlier)
        if earlier and earlier[-1].ended is None:
            reason = REASONS[self.happening]
            longer = close_stretch(longer, clock.started_at, reason, self.calendars)
        return replace(longer, stretches=(*longer.stretches, *clock.stretches))

    def _retarget(self, promise: Promise) -> None:
        """Measure the live clock by the promise that holds now; a breach stays what it was."""
        place = self._live(promise)
        if place is None:
            return
        clock = self.clocks[place]
        if clock.promise == promise or clock.breached_at is not None:
            return
        changed = replace(clock, promise=promise)
        if clock.state is ClockState.RUNNING and clock.promise.calendar != promise.calendar:
            changed = close_stretch(changed, self.at, Reason.CALENDAR, self.calendars)
            changed = open_stretch(changed, self.at)
        self._put(place, self._with_due(changed), Turn.RETARGETED)

    def _follow_status(self, promise: Promise) -> None:
        """Pause or resume the live clock as the present status demands."""
        place = self._live(promise)
        if place is None:
            return
        clock = self.clocks[place]
        stands_still = self.situation.status in clock.promise.stands_still_in
        if stands_still and clock.state is ClockState.RUNNING:
            chosen = self.happening in (Happening.STATUS_CHANGED, Happening.REOPENED)
            dodges = chosen and self.situation.waiting_since is not None
            paused = close_stretch(clock, self.at, Reason.STATUS, self.calendars, dodges=dodges)
            paused = replace(paused, state=ClockState.PAUSED, due_at=clock.breached_at)
            self._put(place, paused, Turn.PAUSED)
        elif not stands_still and clock.state is ClockState.PAUSED:
            resumed = open_stretch(clock, self.at)
            self._put(place, self._with_due(resumed), Turn.RESUMED)

    def _with_due(self, clock: Clock) -> Clock:
        if clock.state is not ClockState.RUNNING:
            return clock
        return with_due(clock, self.calendars, not_before=self.at)

    def _end(self, place: int | None, reason: Reason | None = None, *, kept: bool) -> None:
        if place is None:
            return
        clock = self.clocks[place]
        reason = reason or REASONS[self.happening]
        if clock.state is ClockState.RUNNING:
            clock = close_stretch(clock, self.at, reason, self.calendars)
        elif clock.breached_at is None:
            calendar, left = clock.promise.calendar, remaining(clock)
            due_at = add_working_time(self.calendars, calendar, self.at, left)
            clock = replace(clock, due_at=due_at)
        in_time = Outcome.MET if kept else Outcome.CANCELLED
        ended = replace(
            clock,
            state=ClockState.ENDED,
            ended_at=self.at,
            outcome=in_time if clock.breached_at is None else Outcome.LATE,
            reason=reason,
        )
        self._put(place, ended, Turn.ENDED)


def _same_kind(one: Promise, other: Promise) -> bool:
    return one.metric is other.metric and one.audience is other.audience


def _was_broken_over(since: datetime, last: Clock) -> bool:
    """A promise that was broken, taken back and made again over the same wait is not broken, nor
    escalated, a second time."""
    taken_back = last.reason is Reason.NO_LONGER_PROMISED and last.breached_at is not None
    return taken_back and last.started_at == since


def _carried(promise: Promise, earlier: Sequence[Clock]) -> timedelta:
    """Return what the last instance had counted, if the ticket it solved was opened again."""
    if not earlier or promise.reopening is Reopening.AFRESH:
        return NOTHING
    last = earlier[-1]
    until_solved = TABLE[promise.metric].get(Happening.SOLVED) is Action.FULFIL
    was_solved = last.reason in (Reason.SOLVED, Reason.SOLVED_IN_BULK)
    return last.counted if was_solved and until_solved else NOTHING
