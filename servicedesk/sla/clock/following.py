"""From what a story did to a ticket to the events of its clocks: the story tells who wrote, and
what else is different is seen by looking at the ticket before and after."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from servicedesk.domain.tickets import TicketStatus
from servicedesk.sla.clock.climbing import DueStep, Fired, LadderOf, steps_due, still_live
from servicedesk.sla.clock.machine import Change, apply, open_ticket
from servicedesk.sla.clock.states import Calendars, Clock, ClockSet
from servicedesk.sla.events import Event, Moved, Opened, Promised, StatusSet
from servicedesk.sla.promises import Promise


@dataclass(frozen=True, slots=True)
class Seen:
    """The ticket as the story left it, and what is promised for it as it is now."""

    status: TicketStatus
    team_id: UUID
    waiting_since: datetime | None
    promises: tuple[Promise, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """What is remembered of a ticket's clocks from one story to the next."""

    clock_set: ClockSet
    team_id: UUID
    fired: frozenset[Fired] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Followed:
    """What the clocks became: events in order, changes in order, steps that are due by now."""

    kept: Kept
    events: tuple[Event, ...]
    changes: tuple[Change, ...]
    due: tuple[DueStep, ...]


def follow(
    before: Kept | None,
    seen: Seen,
    told: Sequence[Event],
    now: datetime,
    world: tuple[Calendars, LadderOf],
) -> Followed:
    """Return what a story makes of the clocks. Without a `before` the ticket is new to them.

    Steps that came due before the story and that nobody has fired yet are due now, unless the story
    ended their clock.
    """
    calendars, _ = world
    if before is None:
        opened = Opened(now, seen.status, seen.promises, seen.waiting_since)
        started = open_ticket(opened, calendars)
        return Followed(Kept(started.clock_set, seen.team_id), (opened,), started.changes, ())
    overdue = steps_due(before.clock_set, before.fired, world, now)
    clock_set, changes = before.clock_set, list[Change]()
    events = tuple(_events(before, seen, told, now))
    for event in events:
        applied = apply(clock_set, event, calendars)
        clock_set = applied.clock_set
        changes += applied.changes
    due = tuple(step for step in overdue if _lives(clock_set, step.clock))
    fired = still_live(before.fired | {step.fired for step in due}, clock_set)
    return Followed(Kept(pruned(clock_set), seen.team_id, fired), events, tuple(changes), due)


def _events(before: Kept, seen: Seen, told: Sequence[Event], now: datetime) -> Iterator[Event]:
    """What was written comes first, then whose the ticket is and what is promised, then status."""
    status = before.clock_set.situation.status
    for event in told:
        yield event
        if isinstance(event, StatusSet):
            status = event.to
    if seen.team_id != before.team_id:
        yield Moved(now, seen.promises)
    elif seen.promises != before.clock_set.promises:
        yield Promised(now, seen.promises)
    if seen.status is not status:
        yield StatusSet(now, seen.status)


def _lives(clock_set: ClockSet, clock: Clock) -> bool:
    promise = clock.promise
    return any(
        live.instance == clock.instance
        and live.promise.metric is promise.metric
        and live.promise.audience is promise.audience
        for live in clock_set.live()
    )


def pruned(clock_set: ClockSet) -> ClockSet:
    """Forget ended clocks but the last of each kind: their rows are kept elsewhere, for ever."""
    last = {(clock.promise.metric, clock.promise.audience): clock for clock in clock_set.clocks}
    clocks = tuple(
        clock
        for clock in clock_set.clocks
        if clock.is_live or last[clock.promise.metric, clock.promise.audience] is clock
    )
    return ClockSet(clock_set.situation, clock_set.promises, clocks)
