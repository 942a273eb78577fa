"""Clocks and the verifier, which share no deciding and no counting, over made-up months.

`SERVICEDESK_TEST_EFFORT` multiplies the months (the soak run sets it); each failure names its seed.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise, zip_longest
from uuid import UUID

from servicedesk.sla.calendar.arithmetic import Calendar
from servicedesk.sla.clock.following import Kept
from servicedesk.sla.clock.machine import Applied, Turn, apply, open_ticket, pass_time
from servicedesk.sla.clock.states import Clock, ClockSet
from servicedesk.sla.events import Event, Opened
from servicedesk.sla.promises import Audience, Metric
from servicedesk.sla.records import kept_record, read_kept
from servicedesk.sla.verifier.recount import Recount, recount
from tests.properties.sla_traffic import CALENDARS, MONTH, kinds_in, made_up_month

EFFORT = int(os.environ.get("SERVICEDESK_TEST_EFFORT", "1"))
FIRST_SEED = int(os.environ.get("SERVICEDESK_TEST_SEED", "1"))
TICKETS = 300 * EFFORT
COMPILED = {version: Calendar(hours) for version, hours in CALENDARS.items()}
SEEDS = range(FIRST_SEED, FIRST_SEED + TICKETS)


def clocks_of(events: list[Event]) -> list[Applied]:
    first = events[0]
    assert isinstance(first, Opened)
    steps = [open_ticket(first, COMPILED)]
    for event in events[1:]:
        steps.append(apply(steps[-1].clock_set, event, COMPILED))
    return steps


def as_recount(clock: Clock) -> Recount:
    dodges = tuple(
        stretch.ended for stretch in clock.stretches if stretch.dodges and stretch.ended is not None
    )
    return Recount(
        metric=clock.promise.metric,
        audience=clock.promise.audience,
        instance=clock.instance,
        started_at=clock.started_at,
        ended_at=clock.ended_at,
        due_at=clock.due_at,
        breached_at=clock.breached_at,
        outcome=clock.outcome.value if clock.outcome else None,
        counted=clock.counted,
        dodges=dodges,
    )


def same_order(found: list[Recount]) -> list[Recount]:
    return sorted(found, key=lambda one: (one.metric, one.audience, one.instance))


def disagreements(seed: int) -> tuple[list[object], ClockSet]:
    events = made_up_month(seed)
    until = events[0].at + MONTH + timedelta(hours=1)
    clock_set = pass_time(clocks_of(events)[-1].clock_set, until).clock_set
    theirs = same_order(recount(events, CALENDARS, until))
    ours = same_order([as_recount(clock) for clock in clock_set.clocks])
    pairs = zip_longest(map(_finished, ours), map(_finished, theirs))
    return [(seed, one, other) for one, other in pairs if one != other], clock_set


def _finished(one: Recount) -> Recount:
    """A live clock has counted its finished stretches, the verifier goes up to now."""
    return one if one.outcome else replace(one, counted=timedelta())


def test_clocks_and_verifier_agree_on_every_instance_of_made_up_months() -> None:
    seen: Counter[tuple[str, str, str]] = Counter()
    for seed in SEEDS:
        apart, clock_set = disagreements(seed)
        assert apart == []
        seen.update(kinds_in(clock_set))
    wanted = {
        (metric.value, audience.value, outcome)
        for metric in Metric
        for audience in Audience
        for outcome in ("met", "late", "cancelled")
    }
    assert wanted - set(seen) == set()


def test_nothing_that_ended_is_ever_changed_and_no_breach_goes_away() -> None:
    for seed in SEEDS[: TICKETS // 3]:
        steps = clocks_of(made_up_month(seed))
        for before, after in pairwise(steps):
            pairs = zip(before.clock_set.clocks, after.clock_set.clocks, strict=False)
            for old, new in pairs:
                assert old == new or old.is_live
                assert old.breached_at in (None, new.breached_at)


def test_a_breach_is_told_exactly_once_and_at_its_due_instant() -> None:
    for seed in SEEDS[: TICKETS // 3]:
        steps = clocks_of(made_up_month(seed))
        told = [change for step in steps for change in step.changes if change.turn is Turn.BREACHED]
        kinds = Counter(_name(change.clock) for change in told)
        assert set(kinds.values()) <= {1}
        assert all(change.at == change.clock.due_at for change in told)
        broken = {
            _name(clock): clock.breached_at
            for clock in steps[-1].clock_set.clocks
            if clock.breached_at
        }
        assert broken == {_name(change.clock): change.at for change in told}


def test_what_is_remembered_comes_back_after_every_event() -> None:
    for seed in SEEDS[: TICKETS // 3]:
        for step in clocks_of(made_up_month(seed)):
            kept = Kept(step.clock_set, UUID(int=seed))
            assert read_kept(kept_record(kept)) == kept


def test_looking_at_the_time_between_events_changes_no_outcome() -> None:
    for seed in SEEDS[: TICKETS // 3]:
        events = made_up_month(seed)
        dice = random.Random(seed)
        watched = clocks_of(events[:1])[0].clock_set
        for event in events[1:]:
            gap = max(event.at - watched.situation.latest, timedelta())
            watched = pass_time(watched, watched.situation.latest + dice.random() * gap).clock_set
            watched = apply(watched, event, COMPILED).clock_set
        assert watched == clocks_of(events)[-1].clock_set


def _name(clock: Clock) -> tuple[str, str, int]:
    return clock.promise.metric.value, clock.promise.audience.value, clock.instance
