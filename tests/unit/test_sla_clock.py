"""What events do to clocks: each rule once, in minutes after noon on a Wednesday."""

from __future__ import annotations

from datetime import timedelta

import pytest

from servicedesk.sla.clock.machine import Turn, pass_time
from servicedesk.sla.clock.states import ClockState, Outcome, Reason
from servicedesk.sla.events import (
    AgentReplied,
    Answered,
    ContactWrote,
    Event,
    Left,
    MergedAway,
    OtherWriting,
    OtherWritten,
    Queued,
    StatusSet,
)
from servicedesk.sla.promises import Metric
from tests.unit.clock_words import (
    ANSWER,
    CLOSED,
    DAY_SHIFT,
    FIRST,
    HOLD,
    NEXT,
    OPEN,
    PAUSABLE,
    PENDING,
    PERIODIC,
    SOLVED,
    TOTAL,
    WAIT,
    WORK,
    by_agent,
    go_on,
    m,
    only,
    promise,
    said,
    told,
)

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
