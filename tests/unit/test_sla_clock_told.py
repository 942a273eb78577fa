"""What clocks tell, and what they refuse to be told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from servicedesk.sla.clock.explain import Told, passages, standing
from servicedesk.sla.clock.states import Outcome
from servicedesk.sla.errors import CalendarInvalid, PolicyInvalid
from servicedesk.sla.events import (
    AgentReplied,
    StatusSet,
)
from servicedesk.sla.promises import CalendarVersion, Promise
from tests.unit.clock_words import (
    CALENDARS,
    DAY_SHIFT,
    FIRST,
    MINUTE,
    OPEN,
    PENDING,
    SOLVED,
    WORK,
    m,
    only,
    promise,
    said,
    told,
)


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
