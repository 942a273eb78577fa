"""What happens to clocks when promises, teams and tickets change under them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from servicedesk.sla.clock.machine import open_ticket
from servicedesk.sla.clock.states import Outcome, Reason
from servicedesk.sla.events import (
    Absorbed,
    AgentReplied,
    MergedAway,
    Moved,
    Opened,
    Promised,
    StatusSet,
    WaitChanged,
)
from servicedesk.sla.promises import Reopening
from tests.unit.clock_words import (
    CALENDARS,
    DAY_SHIFT,
    FIRST,
    LATE_SHIFT,
    NEXT,
    NOON,
    OPEN,
    PENDING,
    SOLVED,
    TOTAL,
    WORK,
    go_on,
    m,
    only,
    promise,
    said,
    told,
)


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


def test_a_broken_promise_stays_broken_when_it_is_taken_back() -> None:
    taken_back = told(promise(FIRST), Promised(m(70), ()))
    clock = only(taken_back)
    assert (clock.outcome, clock.reason) == (Outcome.LATE, Reason.NO_LONGER_PROMISED)
    assert go_on(taken_back, Promised(m(80), (promise(FIRST),))).clocks == taken_back.clocks
    merged = only(told(promise(FIRST), MergedAway(m(70))))
    assert merged.outcome is Outcome.LATE


def test_a_promise_that_was_not_broken_may_be_made_again() -> None:
    again = told(promise(FIRST), Promised(m(10), ()), Promised(m(80), (promise(FIRST),)))
    assert said(again) == [(0, "cancelled", 10), (0, "running", 0)]
    assert again.next_due() == m(80)


def test_what_a_late_reply_clock_counted_is_not_carried_over() -> None:
    solved = told(promise(FIRST), StatusSet(m(70), SOLVED))
    again = go_on(solved, StatusSet(m(80), OPEN), WaitChanged(m(80), m(80)))
    assert [clock.outcome for clock in solved.clocks] == [Outcome.LATE]
    assert again.next_due() == m(140)


def test_a_wait_that_went_to_another_ticket_ends_its_clock() -> None:
    clock = only(told(promise(FIRST), WaitChanged(m(30), None)))
    assert (clock.outcome, clock.reason) == (Outcome.CANCELLED, Reason.MESSAGES_MOVED)


def test_a_wait_is_counted_from_the_oldest_message_that_is_left() -> None:
    later = told(promise(FIRST), WaitChanged(m(30), m(20)))
    assert said(later) == [(20, "running", 0)]
    assert later.next_due() == m(80)
    earlier = told(promise(FIRST), WaitChanged(m(30), m(-10)))
    assert said(earlier) == [(-10, "running", 10)]
    assert earlier.next_due() == m(50)


def test_a_later_start_forgets_only_what_was_counted_before_it() -> None:
    clock = told(
        promise(FIRST, 240, DAY_SHIFT),
        Promised(m(60), (promise(FIRST, 240, LATE_SHIFT),)),
        WaitChanged(m(180), m(30)),
    )
    assert said(clock) == [(30, "running", 30)]
    assert clock.next_due() == m(120 + 210)


def test_a_breach_stays_when_the_wait_turns_out_shorter() -> None:
    clock = only(told(promise(FIRST), WaitChanged(m(70), m(65))))
    assert (clock.started_at, clock.breached_at) == (NOON, m(60))


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
