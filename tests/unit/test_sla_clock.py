"""What events do to clocks: each rule once, in minutes after noon on a Wednesday."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest

from servicedesk.domain.tickets import TicketStatus
from servicedesk.sla.calendar.arithmetic import Calendar
from servicedesk.sla.calendar.hours import Hours, OpenPeriod
from servicedesk.sla.clock.explain import Told, passages, standing
from servicedesk.sla.clock.machine import Turn, apply, open_ticket, pass_time
from servicedesk.sla.clock.states import Clock, ClockSet, ClockState, Outcome, Reason
from servicedesk.sla.errors import CalendarInvalid, PolicyInvalid
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
)
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


NOTHING_ANSWERED = [
    OtherWritten(m(5), OtherWriting.NOTE),
    OtherWritten(m(5), OtherWriting.BOT),
    OtherWritten(m(5), OtherWriting.AUTOMATIC),
    OtherWritten(m(5), OtherWriting.MERGE),
    ContactWrote(m(5)),
    StatusSet(m(5), PENDING),
    StatusSet(m(5), HOLD),
]
# metric, events, and what is said of every instance
STORIES: list[tuple[str, Metric, list[Event], list[tuple[object, ...]]]] = [
    ("first reply runs from the opening", FIRST, [], [(0, "running", 0)]),
    ("first reply is met by a reply", FIRST, [AgentReplied(m(60))], [(0, "met", 60)]),
    ("first reply is late after its target", FIRST, [AgentReplied(m(61))], [(0, "late", 61)]),
    ("first reply comes once", FIRST, [AgentReplied(m(1)), ContactWrote(m(2))], [(0, "met", 1)]),
    (
        "solving without a word keeps no first reply, the next message asks again",
        FIRST,
        [StatusSet(m(5), SOLVED), StatusSet(m(9), OPEN), ContactWrote(m(9)), AgentReplied(m(10))],
        [(0, "cancelled", 5), (9, "met", 1)],
    ),
    (
        "closing in bulk keeps no first reply",
        FIRST,
        [StatusSet(m(5), SOLVED, in_bulk=True)],
        [(0, "cancelled", 5)],
    ),
    ("next reply waits for a first reply", NEXT, [ContactWrote(m(5))], []),
    (
        "next reply counts from the oldest unanswered message",
        NEXT,
        [AgentReplied(m(1)), ContactWrote(m(5)), ContactWrote(m(9)), AgentReplied(m(20))],
        [(5, "met", 15)],
    ),
    (
        "each turn is an instance of its own",
        NEXT,
        [AgentReplied(m(1)), ContactWrote(m(5)), AgentReplied(m(6)), ContactWrote(m(9))],
        [(5, "met", 1), (9, "running", 0)],
    ),
    (
        "a reopening message starts a next reply",
        NEXT,
        [AgentReplied(m(1)), StatusSet(m(2), SOLVED), StatusSet(m(9), OPEN), ContactWrote(m(9))],
        [(9, "running", 0)],
    ),
    (
        "updates run from reply to reply",
        PERIODIC,
        [AgentReplied(m(5)), StatusSet(m(6), PENDING), AgentReplied(m(25))],
        [(5, "met", 20), (25, "running", 0)],
    ),
    (
        "solving ends updates",
        PERIODIC,
        [AgentReplied(m(5)), StatusSet(m(6), SOLVED), StatusSet(m(7), OPEN)],
        [(5, "cancelled", 1)],
    ),
    (
        "pausable updates stand still while pending",
        PAUSABLE,
        [
            AgentReplied(m(5)),
            StatusSet(m(6), PENDING),
            StatusSet(m(16), HOLD),
            AgentReplied(m(25)),
        ],
        [(5, "met", 10), (25, "running", 0)],
    ),
    (
        "requester wait stands still while pending only",
        WAIT,
        [
            StatusSet(m(5), PENDING),
            StatusSet(m(20), HOLD),
            StatusSet(m(30), OPEN),
            StatusSet(m(40), SOLVED),
        ],
        [(0, "met", 25)],
    ),
    (
        "agent work stands still while pending and on hold",
        WORK,
        [
            StatusSet(m(5), PENDING),
            StatusSet(m(20), HOLD),
            StatusSet(m(30), OPEN),
            StatusSet(m(40), SOLVED),
        ],
        [(0, "met", 15)],
    ),
    (
        "total resolution never stands still",
        TOTAL,
        [StatusSet(m(5), PENDING), StatusSet(m(30), HOLD), StatusSet(m(40), SOLVED)],
        [(0, "met", 40)],
    ),
    (
        "reopening goes on with what was left",
        TOTAL,
        [StatusSet(m(40), SOLVED), StatusSet(m(100), OPEN), StatusSet(m(121), SOLVED)],
        [(0, "met", 40), (100, "late", 61)],
    ),
    (
        "closing a solved ticket changes nothing",
        TOTAL,
        [StatusSet(m(40), SOLVED), StatusSet(m(90), CLOSED)],
        [(0, "met", 40)],
    ),
    ("an answered call is met", ANSWER, [Queued(m(1)), Answered(m(2))], [(1, "met", 1)]),
    ("a contact who leaves cancels it", ANSWER, [Queued(m(1)), Left(m(2))], [(1, "cancelled", 1)]),
    ("no call, no clock", ANSWER, [AgentReplied(m(1))], []),
]


@pytest.mark.parametrize(
    ("metric", "events", "expected"), [pytest.param(*rest, id=name) for name, *rest in STORIES]
)
def test_a_story_of_one_metric(
    metric: Metric, events: list[Event], expected: list[tuple[object, ...]]
) -> None:
    assert said(told(promise(metric), *events)) == expected


@pytest.mark.parametrize("event", NOTHING_ANSWERED, ids=str)
@pytest.mark.parametrize("metric", [FIRST, NEXT])
def test_what_is_no_reply_leaves_the_reply_clock_running(metric: Metric, event: Event) -> None:
    waiting = told(promise(metric), AgentReplied(m(1)), ContactWrote(m(2)))
    before = told(promise(FIRST)) if metric is FIRST else waiting
    assert go_on(before, event).live() == before.live() != []


@pytest.mark.parametrize("metric", list(Metric))
def test_a_merge_cancels_every_clock_of_the_source_and_none_begins_again(metric: Metric) -> None:
    events: list[Event] = [AgentReplied(m(1)), ContactWrote(m(2)), Queued(m(2))]
    before = told(promise(metric), *events[: 0 if metric is FIRST else 3])
    assert len(before.live()) == 1
    merged = go_on(before, MergedAway(m(5)), StatusSet(m(5), CLOSED), ContactWrote(m(6)))
    assert merged.live() == []
    assert merged.clocks[-1].outcome is Outcome.CANCELLED
    assert merged.clocks[-1].reason is Reason.MERGED


def test_bulk_solving_ends_resolution_and_says_so() -> None:
    clock = only(told(promise(TOTAL), StatusSet(m(40), SOLVED, in_bulk=True)))
    assert (clock.outcome, clock.reason) == (Outcome.MET, Reason.SOLVED_IN_BULK)


def test_a_breach_is_the_due_instant_and_reaching_it_exactly_is_in_time() -> None:
    running = told(promise(FIRST))
    assert running.next_due() == m(60)
    assert pass_time(running, m(60)).changes == ()
    passed = pass_time(running, m(75))
    assert [(change.turn, change.at) for change in passed.changes] == [(Turn.BREACHED, m(60))]
    assert only(passed.clock_set).breached_at == m(60)
    assert only(passed.clock_set).state is ClockState.RUNNING
    assert passed.clock_set.next_due() is None
    assert pass_time(passed.clock_set, m(90)).changes == ()


def test_a_pause_moves_the_due_instant_and_a_paused_clock_is_due_never() -> None:
    paused = told(promise(WORK), StatusSet(m(50), PENDING))
    assert paused.next_due() is None
    assert go_on(paused, StatusSet(m(500), OPEN)).next_due() == m(510)


def test_working_time_is_counted_by_the_calendar() -> None:
    late = told(promise(FIRST, 8 * 60, DAY_SHIFT))
    assert late.next_due() == m(24 * 60)
    assert only(go_on(late, AgentReplied(m(21 * 60 + 30)))).counted == timedelta(hours=5.5)


def test_the_agent_who_writes_first_owes_updates_but_no_first_reply() -> None:
    assert said(by_agent(promise(FIRST), ContactWrote(m(5)))) == []
    assert said(by_agent(promise(PERIODIC))) == [(0, "running", 0)]
    assert said(by_agent(promise(NEXT), ContactWrote(m(5)))) == [(5, "running", 0)]


def test_a_split_ticket_owes_its_first_reply_since_the_message_that_moved() -> None:
    event = Opened(m(50), OPEN, (promise(FIRST),), NOON)
    assert open_ticket(event, CALENDARS).clock_set.next_due() == m(60)
    long_ago = Opened(m(500), OPEN, (promise(FIRST),), NOON)
    assert open_ticket(long_ago, CALENDARS).clock_set.next_due() == m(500)


@pytest.mark.parametrize(("target", "due"), [(120, 120), (45, 45), (30, 40), (1, 40)], ids=str)
def test_another_target_is_measured_from_the_start_but_never_broken_in_the_past(
    target: int, due: int
) -> None:
    changed = told(promise(FIRST), Promised(m(40), (promise(FIRST, target),)))
    assert changed.next_due() == m(due)


def test_a_breach_stays_when_the_target_is_made_longer() -> None:
    late = told(promise(FIRST), Promised(m(70), (promise(FIRST, 600),)), AgentReplied(m(80)))
    assert only(late).outcome is Outcome.LATE
    assert only(late).breached_at == m(60)
    assert only(late).promise.target_seconds == 3_600


def test_an_edited_calendar_counts_from_the_edit_on_and_both_are_kept() -> None:
    edited = told(
        promise(FIRST, 240, DAY_SHIFT), Promised(m(60), (promise(FIRST, 240, LATE_SHIFT),))
    )
    clock = only(edited)
    assert [stretch.calendar for stretch in clock.stretches] == [DAY_SHIFT, LATE_SHIFT]
    assert clock.counted == timedelta(hours=1)
    assert clock.due_at == m(5 * 60)  # three hours from 14:00, when the late shift opens


def test_a_promise_that_is_taken_back_cancels_its_clock() -> None:
    clock = only(told(promise(FIRST), Promised(m(5), ())))
    assert (clock.outcome, clock.reason) == (Outcome.CANCELLED, Reason.NO_LONGER_PROMISED)


def test_a_promise_made_later_counts_from_when_it_would_have_begun_without_the_pauses() -> None:
    before = told((), StatusSet(m(10), PENDING), StatusSet(m(30), OPEN))
    clock = only(go_on(before, Promised(m(40), (promise(WORK),))))
    assert clock.started_at == NOON
    assert clock.due_at == m(80)


def test_a_merge_into_a_ticket_keeps_the_earlier_start_of_the_two() -> None:
    earlier = told(promise(FIRST), Absorbed(m(30), m(-20)))
    assert said(earlier) == [(-20, "running", 20)]
    assert earlier.next_due() == m(40)
    assert told(promise(FIRST), Absorbed(m(30), m(10))).next_due() == m(60)
    assert told(promise(FIRST), Absorbed(m(30), m(-500))).next_due() == m(30)
    answered = told(promise(NEXT), AgentReplied(m(1)), Absorbed(m(30), m(-20)))
    assert said(answered) == [(-20, "running", 0)]


@pytest.mark.parametrize(("reopening", "due"), [(Reopening.CARRY, 120), (Reopening.AFRESH, 160)])
def test_reopening_carries_or_begins_afresh_as_the_policy_says(
    reopening: Reopening, due: int
) -> None:
    solved = told(promise(TOTAL, reopening=reopening), StatusSet(m(40), SOLVED))
    reopened = go_on(solved, StatusSet(m(100), OPEN))
    assert reopened.next_due() == m(due)
    assert reopened.clocks[0] == solved.clocks[0]


def test_a_team_that_hands_on_has_done_its_internal_work_and_the_next_begins_anew() -> None:
    work, reply = promise(WORK, internal=True), promise(FIRST, internal=True)
    moved = told((work, reply), Moved(m(20), (work, reply)))
    assert said(moved) == [
        (0, "met", 20),
        (0, "cancelled", 20),
        (20, "running", 0),
        (20, "running", 0),
    ]


def test_moving_a_ticket_leaves_what_the_contact_was_promised() -> None:
    work = promise(WORK)
    moved = told(work, Moved(m(20), (work,)))
    assert said(moved) == [(0, "running", 0)]
    assert moved.next_due() == m(60)


def test_pending_while_the_contact_waits_is_marked() -> None:
    dodged = told(promise(WORK), StatusSet(m(1), PENDING))
    honest = told(promise(WORK), AgentReplied(m(1)), StatusSet(m(1), PENDING))
    assert [stretch.dodges for stretch in only(dodged).stretches] == [True]
    assert [stretch.dodges for stretch in only(honest).stretches] == [False]


def test_why_late_is_told_without_gaps() -> None:
    clocks = told(
        promise(WORK), StatusSet(m(10), PENDING), StatusSet(m(30), OPEN), StatusSet(m(90), SOLVED)
    )
    story = passages(only(clocks), CALENDARS, m(500))
    assert [(one.told, one.began, one.ended, one.counted / MINUTE) for one in story] == [
        (Told.RAN, m(0), m(10), 10),
        (Told.STOOD_STILL, m(10), m(30), 0),
        (Told.RAN, m(30), m(90), 60),
    ]
    assert [one.dodges for one in story] == [False, True, False]
    assert only(clocks).outcome is Outcome.LATE


def test_what_is_left_is_told_in_working_time_and_on_the_wall() -> None:
    left = standing(only(told(promise(FIRST, 8 * 60, DAY_SHIFT))), CALENDARS, m(6 * 60))
    assert left.working_left == timedelta(hours=3)
    assert left.wall_left == timedelta(hours=18)
    paused = only(told(promise(WORK), StatusSet(m(50), PENDING)))
    assert standing(paused, CALENDARS, m(99)).wall_left is None


def test_an_event_that_seems_to_come_before_its_predecessor_comes_with_it() -> None:
    assert said(told(promise(FIRST), StatusSet(m(30), OPEN), AgentReplied(m(10)))) == [
        (0, "met", 30)
    ]


def test_a_calendar_version_that_was_not_loaded_is_named() -> None:
    unknown = promise(FIRST, 60, CalendarVersion("lost:7"))
    with pytest.raises(CalendarInvalid, match="lost:7"):
        told(unknown)


@pytest.mark.parametrize("seconds", [0, 14, -60, 10**10])
def test_a_target_that_cannot_be_promised_is_refused(seconds: int) -> None:
    with pytest.raises(PolicyInvalid, match="seconds"):
        Promise(FIRST, seconds, "gold", 1)
