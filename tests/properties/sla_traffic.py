"""A month on one ticket, made up at random: every event there is, in every order that stories can
bring them in, with policies, priorities and calendars edited meanwhile."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from servicedesk.domain.tickets import TicketStatus
from servicedesk.sla.calendar.hours import ALL_DAY, Hours, OpenPeriod, around_the_clock
from servicedesk.sla.clock.states import ClockSet
from servicedesk.sla.events import (
    Absorbed,
    AgentReplied,
    Answered,
    ContactWrote,
    Event,
    Left,
    MergedAway,
    Moved,
    Opened,
    OtherWriting,
    OtherWritten,
    Promised,
    Queued,
    StatusSet,
    WaitChanged,
)
from servicedesk.sla.promises import Audience, CalendarVersion, Metric, Promise, Reopening

MONTH = timedelta(days=30)
OFFICE = (OpenPeriod(9 * 3_600, 12 * 3_600 + 1_800), OpenPeriod(13 * 3_600, 18 * 3_600))
NIGHT = (OpenPeriod(0, 6 * 3_600), OpenPeriod(22 * 3_600, 86_400))

CALENDARS: dict[CalendarVersion, Hours] = {
    CalendarVersion("berlin:1"): Hours(
        "Europe/Berlin",
        (OFFICE,) * 5 + ((), ()),
        frozenset({date(2026, 4, 3), date(2026, 4, 6), date(2026, 10, 3)}),
        ((date(2026, 10, 24), OFFICE[:1]),),
    ),
    CalendarVersion("berlin:2"): Hours("Europe/Berlin", (OFFICE[:1],) * 6 + (ALL_DAY,)),
    CalendarVersion("nights:1"): Hours("America/New_York", (NIGHT,) * 7),
    CalendarVersion("always:1"): around_the_clock("Asia/Shanghai"),
}
NEAR_A_CHANGE = [datetime(2026, 3, 20, tzinfo=UTC), datetime(2026, 10, 20, tzinfo=UTC)]
STATUSES = [status for status in TicketStatus if status is not TicketStatus.NEW]
NO_TIME, A_WHILE = timedelta(), timedelta(days=3)


def made_up_promises(dice: random.Random) -> tuple[Promise, ...]:
    return tuple(
        _promise(dice, metric, audience)
        for metric in Metric
        for audience in Audience
        if dice.random() < (0.8 if audience is Audience.CUSTOMER else 0.4)
    )


def _promise(dice: random.Random, metric: Metric, audience: Audience) -> Promise:
    standing = [None, None, None, frozenset({TicketStatus.PENDING, TicketStatus.ON_HOLD})]
    return Promise(
        metric=metric,
        target_seconds=dice.choice([60, 900, 3_600, 14_400, 86_400, 300_000]),
        policy_id=f"policy-{dice.randrange(3)}",
        policy_version=dice.randrange(1, 4),
        calendar=dice.choice([None, *CALENDARS]),
        audience=audience,
        pauses_in=dice.choice(standing),
        reopening=dice.choice(list(Reopening)),
    )


def made_up_month(seed: int) -> list[Event]:
    """Return the events of one ticket, in order, for one seed always the same."""
    dice = random.Random(seed)
    at = dice.choice(NEAR_A_CHANGE) + dice.random() * timedelta(days=4)
    end = at + MONTH
    promises = made_up_promises(dice)
    waited = dice.choice([NO_TIME, NO_TIME, dice.random() * A_WHILE])
    waiting_since = dice.choice([at - waited, at - waited, None])
    status = dice.choice([TicketStatus.NEW, TicketStatus.OPEN, TicketStatus.PENDING])
    events: list[Event] = [Opened(at, status, promises, waiting_since)]
    while True:
        at += dice.choice([NO_TIME, timedelta(minutes=1), dice.random() * A_WHILE])
        if at > end:
            return events
        event = _next_event(dice, at, promises)
        if isinstance(event, Promised | Moved):
            promises = event.promises
        events.append(event)
        if isinstance(event, MergedAway):
            return [*events, StatusSet(at, TicketStatus.CLOSED)]


def _other_promises(dice: random.Random, promises: tuple[Promise, ...]) -> tuple[Promise, ...]:
    """A new policy, or the old one with another priority or an edited calendar."""
    if dice.random() < 0.3:
        return made_up_promises(dice)
    factor = dice.choice([0.25, 1, 1, 4])
    edited = CalendarVersion("berlin:2")
    return tuple(
        replace(
            promise,
            target_seconds=max(int(promise.target_seconds * factor), 15),
            calendar=edited if promise.calendar == "berlin:1" else promise.calendar,
        )
        for promise in promises
    )


def _next_event(dice: random.Random, at: datetime, promises: tuple[Promise, ...]) -> Event:
    kind = dice.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
    if kind is OtherWritten:
        return OtherWritten(at, dice.choice(list(OtherWriting)))
    if kind is StatusSet:
        return StatusSet(at, dice.choice(STATUSES), in_bulk=dice.random() < 0.2)
    if kind is Promised:
        return Promised(at, _other_promises(dice, promises))
    if kind is Moved:
        return Moved(at, _other_promises(dice, promises))
    if kind is Absorbed:
        return Absorbed(at, dice.choice([None, at, at - dice.random() * A_WHILE]))
    if kind is WaitChanged:
        return WaitChanged(at, dice.choice([None, at, at - dice.random() * A_WHILE]))
    seems = dice.choice([at] * 9 + [at - timedelta(hours=1)])  # now and then a clock is set back
    return _PLAIN[kind](seems)


_PLAIN: dict[type[Event], Callable[[datetime], Event]] = {
    ContactWrote: ContactWrote,
    AgentReplied: AgentReplied,
    Queued: Queued,
    Answered: Answered,
    Left: Left,
    MergedAway: MergedAway,
}
_WEIGHTS: dict[type[Event], int] = {
    ContactWrote: 20,
    AgentReplied: 16,
    OtherWritten: 8,
    StatusSet: 24,
    Promised: 6,
    Moved: 4,
    Absorbed: 4,
    WaitChanged: 6,
    Queued: 4,
    Answered: 3,
    Left: 1,
    MergedAway: 1,
}


def kinds_in(clock_set: ClockSet) -> Iterator[tuple[str, str, str]]:
    """What a set of clocks has seen, to know whether a month was worth the name."""
    for clock in clock_set.clocks:
        yield clock.promise.metric.value, clock.promise.audience.value, str(clock.outcome)
