"""What a queue does besides letting orders wait: hours, limits, steps, lists, places in line."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from servicedesk.domain.ids import QueueId
from servicedesk.domain.orders import DivertCause, Stuck
from servicedesk.routing.engine.decisions import (
    Divert,
    LookUpHours,
    MakeOffer,
    MarkStuck,
)
from servicedesk.routing.engine.events import (
    AgentChanged,
    OrderChanged,
    OrderGone,
    Preloaded,
    QueueChanged,
    TimePassed,
    Together,
)
from servicedesk.routing.engine.forecast import Place
from servicedesk.routing.engine.machine import Engine
from servicedesk.routing.engine.policy import overflow_circles
from servicedesk.routing.facts import Elsewhere, Hours, QueueFacts, QueueStep
from tests.unit.engine_facts import (
    ANA,
    BEN,
    BILLING,
    NOON,
    SUPPORT,
    agent,
    later,
    only,
    order,
    pairs,
    queue,
    told,
)

PATIENCE = Elsewhere(tell="patience")
TO_BILLING = Elsewhere(overflow_to=BILLING)
STAFF = (AgentChanged(agent(ANA, SUPPORT, BILLING, available=False)),)
"""Somebody who could do all of it and is not there."""


def test_closed_queue_asks_nobody_and_opens_by_itself_once() -> None:
    engine, decisions = told(
        QueueChanged(queue(hours=Hours(is_open=False, changes_at=later(60)))),
        AgentChanged(agent(ANA)),
        OrderChanged(order(1)),
    )
    assert decisions == []
    assert engine.next_wake() == later(60)
    decisions = engine.apply(TimePassed(), later(60))
    assert decisions[0] == LookUpHours(SUPPORT)
    assert pairs(decisions) == [(order(1).id, ANA)]
    assert engine.apply(TimePassed(), later(61)) == []


def test_queue_that_closes_stops_asking_and_does_what_it_does_outside_once() -> None:
    engine, _ = told(
        QueueChanged(queue(hours=Hours(is_open=True, changes_at=later(60)), outside=PATIENCE)),
        OrderChanged(order(1)),
        *STAFF,
    )
    decisions = engine.apply(TimePassed(), later(60))
    assert decisions == [
        LookUpHours(SUPPORT),
        Divert(order(1).id, DivertCause.CLOSED, 0, PATIENCE),
    ]
    told_once = replace(order(1), diverted=frozenset({DivertCause.CLOSED}))
    assert engine.apply(OrderChanged(told_once), later(60)) == []
    assert pairs(engine.apply(AgentChanged(agent(BEN)), later(61))) == []


def test_hours_that_were_looked_up_hold_until_their_own_change() -> None:
    engine, _ = told(QueueChanged(queue(hours=Hours(is_open=True, changes_at=later(60)))))
    engine.apply(TimePassed(), later(60))
    closed = queue(hours=Hours(is_open=False, changes_at=later(600)))
    engine.apply(QueueChanged(closed), later(60))
    assert engine.next_wake() == later(600)


def test_whoever_comes_to_a_full_queue_is_sent_on_and_the_first_ones_stay() -> None:
    full = QueueChanged(queue(max_length=2, overflow=TO_BILLING))
    engine, _ = told(full, QueueChanged(queue(BILLING)), *STAFF, OrderChanged(order(1)))
    late = Together((OrderChanged(order(3)), OrderChanged(order(2))))
    sent_on = Divert(order(3).id, DivertCause.FULL, 0, TO_BILLING)
    assert only(Divert, engine.apply(late, NOON)) == [sent_on]
    assert engine.waiting == 2
    moved = replace(order(3), queue_id=BILLING)
    assert only(Divert, engine.apply(OrderChanged(moved), NOON)) == []
    assert engine.waiting == 3


def test_full_queue_sends_nobody_on_who_can_be_served_at_once() -> None:
    _, decisions = told(
        QueueChanged(queue(max_length=0, overflow=Elsewhere(turn_away=True))),
        AgentChanged(agent(ANA, capacity={"chat": 1})),
        OrderChanged(order(1)),
        OrderChanged(order(2)),
    )
    assert pairs(decisions) == [(order(1).id, ANA)]
    assert [each.order_id for each in only(Divert, decisions)] == [order(2).id]


def test_order_that_comes_back_is_never_told_that_the_queue_is_full() -> None:
    full = QueueChanged(queue(max_length=0, overflow=PATIENCE))
    _, decisions = told(full, *STAFF, OrderChanged(order(1, attempts=1)))
    assert only(Divert, decisions) == []
    engine = Engine()
    engine.apply(Preloaded((full, *STAFF, OrderChanged(order(1)))), NOON)
    assert only(Divert, engine.apply(TimePassed(), NOON)) == [], "it was let in before we started"


def test_steps_and_the_longest_wait_are_acted_upon_in_time_and_once() -> None:
    """Two steps and a limit between them: the limit is the second thing done."""
    callback = Elsewhere(offer_callback=True)
    steps = (QueueStep(60, then=PATIENCE), QueueStep(300, then=TO_BILLING))
    facts = queue(steps=steps, max_wait_seconds=120, overflow=callback)
    engine, _ = told(
        QueueChanged(facts), QueueChanged(queue(BILLING)), *STAFF, OrderChanged(order(0))
    )
    done = order(0)
    for seconds, cause, steps_behind, wanted in (
        (60, DivertCause.STEP, 1, PATIENCE),
        (120, DivertCause.TOO_LATE, 2, callback),
        (300, DivertCause.STEP, 3, TO_BILLING),
    ):
        assert engine.next_wake() == later(seconds)
        decisions = engine.apply(TimePassed(), later(seconds))
        assert decisions == [Divert(done.id, cause, steps_behind, wanted)]
        assert engine.apply(TimePassed(), later(seconds)) == []
        done = replace(done, step=steps_behind)
        assert only(Divert, engine.apply(OrderChanged(done), later(seconds))) == []


def test_order_is_sent_on_only_to_where_it_is_open_and_has_room() -> None:
    step = QueueStep(60, then=TO_BILLING)
    closed = queue(BILLING, hours=Hours(is_open=False, changes_at=later(100)))
    engine, _ = told(
        QueueChanged(queue(steps=(step,))), QueueChanged(closed), *STAFF, OrderChanged(order(0))
    )
    assert engine.apply(TimePassed(), later(60)) == []
    assert engine.next_wake() == later(90), "looked at again in half a minute"
    engine.apply(TimePassed(), later(90))
    assert [*map(type, engine.apply(TimePassed(), later(120)))] == [LookUpHours, Divert]


def test_queues_that_lead_in_a_circle_are_found_and_not_followed() -> None:
    there = queue(steps=(QueueStep(0, then=TO_BILLING),))
    back = queue(BILLING, max_wait_seconds=5, overflow=Elsewhere(overflow_to=SUPPORT))
    beside = queue(QueueId(order(3).id), steps=(QueueStep(5, then=TO_BILLING),))
    assert overflow_circles([there, back, beside]) == {SUPPORT, BILLING}
    assert overflow_circles([there, beside]) == frozenset()
    engine, decisions = told(
        QueueChanged(there), QueueChanged(back), *STAFF, OrderChanged(order(0))
    )
    assert only(Divert, decisions) == []
    assert engine.waiting == 1


def test_order_that_was_refused_too_often_is_left_to_supervisors_until_it_is_put_back() -> None:
    refused = order(1, refused=3)
    engine, decisions = told(
        QueueChanged(queue(most_refusals=3)), AgentChanged(agent(ANA)), OrderChanged(refused)
    )
    assert decisions == [MarkStuck(refused.id, Stuck.REFUSED_TOO_OFTEN)]
    assert engine.waiting == 0
    marked = replace(refused, stuck=Stuck.REFUSED_TOO_OFTEN)
    assert engine.apply(OrderChanged(marked), NOON) == []
    decisions = engine.apply(OrderChanged(replace(marked, refused=0)), NOON)
    assert decisions[0] == MarkStuck(refused.id, None)
    assert pairs(decisions) == [(refused.id, ANA)]


GERMAN = order(1, skills={"german": 3})
AWAY = AgentChanged(agent(ANA, available=False))


@pytest.mark.parametrize(
    ("name", "facts", "is_hopeless"),
    [
        ("nobody speaks it", queue(), True),
        ("a step drops it", queue(steps=(QueueStep(600, lower_skills={"german": 0}),)), False),
        (
            "a step lowers it too little",
            queue(steps=(QueueStep(9, lower_skills={"german": 1}),)),
            True,
        ),
        ("it goes where nobody is", queue(max_wait_seconds=9, overflow=TO_BILLING), True),
    ],
)
def test_order_that_nobody_there_is_could_ever_take_is_marked(
    name: str, facts: QueueFacts, is_hopeless: bool
) -> None:
    _, decisions = told(QueueChanged(facts), AWAY, OrderChanged(GERMAN))
    marks = only(MarkStuck, decisions)
    assert marks == ([MarkStuck(GERMAN.id, Stuck.NOBODY_QUALIFIED)] if is_hopeless else []), name


def test_mark_is_taken_back_as_soon_as_somebody_learns_it() -> None:
    engine, _ = told(QueueChanged(queue()), AWAY, OrderChanged(GERMAN))
    learned = agent(ANA, available=False, skills={"german": 3})
    assert engine.apply(AgentChanged(learned), NOON) == [MarkStuck(GERMAN.id, None)]
    forgot = AgentChanged(agent(ANA, available=False))
    assert engine.apply(forgot, NOON) == [MarkStuck(GERMAN.id, Stuck.NOBODY_QUALIFIED)]


def test_engine_that_starts_decides_nothing_before_it_knows_all() -> None:
    engine = Engine()
    assert engine.apply(Preloaded((OrderChanged(order(1)),)), NOON) == []
    assert engine.apply(Preloaded((AgentChanged(agent(ANA)),)), NOON) == []
    assert [*map(type, engine.apply(TimePassed(), NOON))] == [MakeOffer]


def test_place_in_line_counts_who_comes_before_in_the_same_queue() -> None:
    orders = [order(3), order(1, skills={"german": 1}), order(2, priority=4)]
    engine, _ = told(*STAFF, *map(OrderChanged, orders), OrderChanged(order(0, queue_id=BILLING)))
    places = [engine.place_of(each.id) for each in orders]
    assert places == [Place(each, 3, None, None) for each in (3, 2, 1)]
    assert engine.place_of(order(99).id) is None


def test_expected_wait_is_the_place_times_the_pace_of_the_line() -> None:
    """Every ten seconds one of three agents ends a chat and gets the next."""
    staff = [AgentChanged(agent(ANA, capacity={"chat": 1}))]
    engine, _ = told(
        QueueChanged(queue(auto_accept=True)),
        *staff,
        *(OrderChanged(order(number)) for number in range(40)),
    )
    for number in range(20):
        engine.apply(OrderGone(order(number).id), NOON + timedelta(seconds=10 * (number + 1)))
    place = engine.place_of(order(25).id)
    assert place is not None
    assert (place.place, place.of) == (5, 19)
    assert place.expected_seconds == pytest.approx(50)
    assert place.error_seconds == pytest.approx(50 * (1 / 5 + 1 / 20) ** 0.5)
