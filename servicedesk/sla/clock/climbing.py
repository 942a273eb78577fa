"""Where a ticket's clocks stand on their ladders: which steps are due, and when the next one is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from servicedesk.sla.clock.measuring import NOTHING, add_working_time, remaining
from servicedesk.sla.clock.states import Calendars, Clock, ClockSet, ClockState
from servicedesk.sla.policy.ladders import Ladder, Step
from servicedesk.sla.promises import Audience, Metric

ClockKey = tuple[Metric, Audience, int]
"""Names a clock among those of its ticket: metric, audience, instance."""

LadderOf = Callable[[str, int], Ladder]
"""The ladder of a policy, by its id and version."""


@dataclass(frozen=True, slots=True)
class Fired:
    """A step that a live clock has fired: it never does so again."""

    metric: Metric
    audience: Audience
    instance: int
    step: str


@dataclass(frozen=True, slots=True)
class DueStep:
    """A step of a clock's ladder, and its instant."""

    clock: Clock
    step: Step
    at: datetime

    @property
    def fired(self) -> Fired:
        return Fired(*key_of(self.clock), self.step.id)


def key_of(clock: Clock) -> ClockKey:
    return clock.promise.metric, clock.promise.audience, clock.instance


def steps_due(
    clock_set: ClockSet,
    fired: frozenset[Fired],
    world: tuple[Calendars, LadderOf],
    now: datetime,
) -> tuple[DueStep, ...]:
    """Return the steps that are due and have not fired, in the order of their instants."""
    return climb(clock_set, fired, world, now).due


def next_instant(
    clock_set: ClockSet, fired: frozenset[Fired], world: tuple[Calendars, LadderOf]
) -> datetime | None:
    """Return when the next breach or step is, unless something happens before; None: never."""
    instants = [step.at for step in _ahead(clock_set, fired, world)]
    return _earliest(clock_set, instants)


@dataclass(frozen=True, slots=True)
class Climbed:
    """What is due by now, in the order of its instants, and when the next breach or step is."""

    due: tuple[DueStep, ...]
    next_at: datetime | None


def climb(
    clock_set: ClockSet,
    fired: frozenset[Fired],
    world: tuple[Calendars, LadderOf],
    now: datetime,
) -> Climbed:
    """Return which steps are due and have not fired, and what comes once they have."""
    ahead = sorted(_ahead(clock_set, fired, world), key=lambda step: step.at)
    due = tuple(step for step in ahead if step.at <= now)
    return Climbed(due, _earliest(clock_set, [step.at for step in ahead[len(due) :]]))


def _earliest(clock_set: ClockSet, steps: list[datetime]) -> datetime | None:
    due_at = clock_set.next_due()
    return min(steps if due_at is None else [*steps, due_at], default=None)


def still_live(fired: frozenset[Fired], clock_set: ClockSet) -> frozenset[Fired]:
    """Return what is worth remembering: the steps of clocks that may fire more."""
    live = {key_of(clock) for clock in clock_set.live()}
    return frozenset(one for one in fired if (one.metric, one.audience, one.instance) in live)


def _ahead(
    clock_set: ClockSet, fired: frozenset[Fired], world: tuple[Calendars, LadderOf]
) -> Iterator[DueStep]:
    """Yield each step that has not fired, with its instant."""
    calendars, ladder_of = world
    for clock in clock_set.clocks:
        if clock.state is not ClockState.RUNNING:
            continue
        promise, left = clock.promise, remaining(clock)
        for step in ladder_of(promise.policy_id, promise.policy_version):
            if step.counts_for(promise.metric) and (not fired or _mark(clock, step) not in fired):
                at = instant_of(clock, step, left, calendars)
                if at is not None:
                    yield DueStep(clock, step, at)


def _mark(clock: Clock, step: Step) -> Fired:
    return Fired(*key_of(clock), step.id)


def instant_of(clock: Clock, step: Step, left: timedelta, calendars: Calendars) -> datetime | None:
    """Return when a running clock with so much `left` of its target comes to the step. A step at or
    past the due time waits for it.

    One that a change of the target put into the past is due when the clock last began to run.
    """
    offset = step.offset_from_due(clock.promise.target_seconds)
    last = clock.stretches[-1]
    at = add_working_time(calendars, last.calendar, last.began, left + offset)
    if at is not None and offset >= NOTHING and clock.due_at is not None:
        return max(at, clock.due_at)
    return at
