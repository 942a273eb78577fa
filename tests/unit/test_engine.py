"""Which agent gets which order, case by case. No database, no clock: times are arguments."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from servicedesk.domain.ids import OfferId, OrderId, QueueId, TeamId, TicketId, UserId
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.orders import OfferState, OrderState, Stuck
from servicedesk.routing.engine.decisions import (
    Decision,
    ExpireOffer,
    MakeOffer,
    MarkStuck,
    RescindOffer,
)
from servicedesk.routing.engine.events import (
    AgentChanged,
    Event,
    OrderChanged,
    OrderGone,
    QueueChanged,
    TimePassed,
    Together,
)
from servicedesk.routing.engine.machine import Engine
from servicedesk.routing.engine.ranking import Ranking
from servicedesk.routing.engine.refusals import passed_over_until
from servicedesk.routing.facts import (
    AgentFacts,
    OfferFacts,
    OrderFacts,
    QueueFacts,
    Refusal,
    Serving,
)

NOON = datetime(2027, 3, 2, 12, 0, tzinfo=UTC)
SUPPORT, BILLING = QueueId(UUID(int=1)), QueueId(UUID(int=2))
ANA, BEN, EVE = (UserId(UUID(int=number)) for number in (11, 12, 13))


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def order(number: int, **changes: object) -> OrderFacts:
    """An order that waits since `number` seconds after noon, unless told otherwise."""
    facts = OrderFacts(
        id=OrderId(UUID(int=1000 + number)),
        ticket_id=TicketId(UUID(int=2000 + number)),
        queue_id=SUPPORT,
        channel=ChannelKind.EMAIL,
        state=OrderState.WAITING,
        priority=2,
        units=1,
        owner_id=None,
        virtual_start=NOON + seconds(number),
        attempts=0,
    )
    return replace(facts, **changes)  # type: ignore[arg-type]


def agent(user_id: UserId, *, idle_seconds: float = 0, **changes: object) -> AgentFacts:
    facts = AgentFacts(
        user_id=user_id,
        available=True,
        idle_since=NOON - seconds(idle_seconds),
        serves=(Serving(SUPPORT),),
        capacity={"email": 2, "voice": 1},
    )
    return replace(facts, **changes)  # type: ignore[arg-type]


def offered(facts: OrderFacts, user_id: UserId, *, until: datetime) -> OrderChanged:
    offer = OfferFacts(
        id=OfferId(UUID(int=facts.id.int + 5000)),
        order_id=facts.id,
        ticket_id=facts.ticket_id,
        user_id=user_id,
        state=OfferState.OPEN,
        deadline=until,
    )
    return OrderChanged(replace(facts, state=OrderState.OFFERED), offer)


def owned(facts: OrderFacts, user_id: UserId) -> OrderChanged:
    return OrderChanged(replace(facts, state=OrderState.ACTIVE, owner_id=user_id))


def told(*events: Event, now: datetime = NOON) -> tuple[Engine, list[Decision]]:
    engine = Engine()
    return engine, engine.apply(Together(events), now)


def pairs(decisions: list[Decision]) -> list[tuple[OrderId, UserId]]:
    return [
        (decision.order_id, decision.user_id)
        for decision in decisions
        if isinstance(decision, MakeOffer)
    ]


def test_waiting_order_goes_to_the_longest_idle_agent_of_its_queue() -> None:
    _, decisions = told(
        AgentChanged(agent(ANA, idle_seconds=10)),
        AgentChanged(agent(BEN, idle_seconds=90)),
        AgentChanged(agent(EVE, idle_seconds=900, serves=(Serving(BILLING),))),
        OrderChanged(order(1)),
    )
    assert pairs(decisions) == [(order(1).id, BEN)]


def test_offer_says_why_this_agent() -> None:
    _, decisions = told(
        QueueChanged(QueueFacts(SUPPORT, "Support", TeamId(UUID(int=9)), 30, True)),
        AgentChanged(agent(ANA, idle_seconds=10)),
        AgentChanged(agent(BEN, idle_seconds=90)),
        OrderChanged(order(1)),
    )
    (decision,) = decisions
    assert isinstance(decision, MakeOffer)
    assert decision.deadline_seconds == 30
    assert [(reason.code, dict(reason.params)) for reason in decision.why] == [
        ("in_queue", {"queue_id": str(SUPPORT)}),
        ("longest_idle", {"idle_seconds": 90}),
        ("free_capacity", {"channel": "email", "used": 0, "capacity": 2}),
    ]


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("away", agent(ANA, available=False)),
        ("serves another queue", agent(ANA, serves=(Serving(BILLING),))),
        ("takes no mail", agent(ANA, capacity={"voice": 1})),
        ("no capacity at all", agent(ANA, capacity={})),
    ],
)
def test_order_waits_while_nobody_may_take_it(name: str, facts: AgentFacts) -> None:
    engine, decisions = told(AgentChanged(facts), OrderChanged(order(1)))
    assert pairs(decisions) == [], name
    assert engine.waiting == 1
    assert pairs(engine.apply(AgentChanged(agent(ANA)), NOON)) == [(order(1).id, ANA)]


def test_order_that_needs_skills_waits_for_whoever_has_them() -> None:
    needy = order(1, skills={"german": 3})
    engine, decisions = told(
        AgentChanged(agent(ANA, skills={"german": 2})),
        AgentChanged(agent(BEN)),
        OrderChanged(needy),
    )
    assert decisions == [MarkStuck(needy.id, Stuck.NOBODY_QUALIFIED)]
    better = AgentChanged(agent(ANA, skills={"german": 3, "french": 1}))
    decisions = engine.apply(better, NOON)
    assert decisions[0] == MarkStuck(needy.id, None)
    assert pairs(decisions) == [(needy.id, ANA)]


def test_orders_go_by_priority_then_by_how_long_they_waited() -> None:
    first, second, third = order(3, priority=4), order(1), order(2)
    engine, _ = told(*(OrderChanged(each) for each in (third, second, first)))
    decisions = engine.apply(AgentChanged(agent(ANA, capacity={"email": 3})), NOON)
    assert [each[0] for each in pairs(decisions)] == [first.id, second.id, third.id]


def test_best_order_of_all_queues_that_the_agent_serves_comes_first() -> None:
    engine, _ = told(OrderChanged(order(2)), OrderChanged(order(1, queue_id=BILLING)))
    ana = agent(ANA, serves=(Serving(SUPPORT), Serving(BILLING)), capacity={"email": 1})
    assert pairs(engine.apply(AgentChanged(ana), NOON)) == [(order(1).id, ANA)]


def test_burst_is_spread_over_all_who_are_free() -> None:
    _, decisions = told(
        AgentChanged(agent(ANA, idle_seconds=90)),
        AgentChanged(agent(BEN, idle_seconds=10)),
        *(OrderChanged(order(number)) for number in range(1, 6)),
    )
    assert [user_id for _, user_id in pairs(decisions)] == [ANA, BEN, ANA, BEN]


def test_what_agents_own_and_are_offered_counts_against_their_capacity() -> None:
    engine, decisions = told(
        AgentChanged(agent(ANA)),
        owned(order(1), ANA),
        offered(order(2), ANA, until=NOON + seconds(45)),
        OrderChanged(order(3)),
    )
    assert decisions == []
    assert pairs(engine.apply(OrderGone(order(1).id), NOON)) == [(order(3).id, ANA)]


def test_larger_order_waits_for_enough_units_while_smaller_ones_pass() -> None:
    large, small = order(1, units=2), order(2)
    engine, decisions = told(
        AgentChanged(agent(ANA)), owned(order(0), ANA), OrderChanged(large), OrderChanged(small)
    )
    assert pairs(decisions) == [(small.id, ANA)]
    engine.apply(OrderGone(small.id), NOON)
    assert pairs(engine.apply(OrderGone(order(0).id), NOON)) == [(large.id, ANA)]


def test_capacity_is_counted_per_channel() -> None:
    call = order(2, channel=ChannelKind.VOICE)
    _, decisions = told(
        AgentChanged(agent(ANA, capacity={"email": 1, "voice": 1})),
        owned(order(1), ANA),
        OrderChanged(call),
    )
    assert pairs(decisions) == [(call.id, ANA)]


def test_order_is_decided_once_even_if_its_facts_come_twice_later() -> None:
    engine, decisions = told(AgentChanged(agent(ANA)), OrderChanged(order(1)))
    assert len(pairs(decisions)) == 1
    assert engine.apply(TimePassed(), NOON) == []
    made = offered(order(1), ANA, until=NOON + seconds(45))
    assert engine.apply(made, NOON) == []
    assert engine.apply(made, NOON) == []


def test_failed_decision_is_taken_again_from_the_newest_facts() -> None:
    engine, decisions = told(AgentChanged(agent(ANA)), OrderChanged(order(1)))
    assert pairs(decisions) == [(order(1).id, ANA)]
    gone = AgentChanged(agent(ANA, available=False))
    assert engine.apply(Together((OrderChanged(order(1)), gone)), NOON) == []
    assert pairs(engine.apply(AgentChanged(agent(BEN)), NOON)) == [(order(1).id, BEN)]


def test_due_offer_is_expired_once_and_wakes_the_engine_in_time() -> None:
    deadline = NOON + seconds(45)
    made = offered(order(1), ANA, until=deadline)
    engine, _ = told(AgentChanged(agent(ANA)), made)
    assert engine.next_wake() == deadline
    assert engine.apply(TimePassed(), deadline - seconds(1)) == []
    expired = [ExpireOffer(OfferId(UUID(int=6001)), order(1).id, ANA)]
    assert engine.apply(TimePassed(), deadline) == expired
    assert engine.apply(TimePassed(), deadline) == []
    assert engine.next_wake() is None
    assert engine.apply(made, deadline) == expired, "told that it is still open"


def test_agent_who_let_an_offer_run_out_gets_nothing_until_they_are_back() -> None:
    engine, _ = told(AgentChanged(agent(ANA)), offered(order(1), ANA, until=NOON))
    later = NOON + seconds(1)
    assert pairs(engine.apply(OrderChanged(order(2)), later)) == []
    assert pairs(engine.apply(AgentChanged(agent(ANA)), later)) == [(order(2).id, ANA)]


@pytest.mark.parametrize(
    "facts", [agent(ANA, available=False), agent(ANA, serves=(Serving(BILLING),))]
)
def test_offer_is_taken_back_from_an_agent_who_may_not_have_it_any_more(facts: AgentFacts) -> None:
    made = offered(order(1), ANA, until=NOON + seconds(45))
    engine, _ = told(AgentChanged(agent(ANA)), made)
    wanted = [RescindOffer(OfferId(UUID(int=6001)), order(1).id, "agent_left")]
    assert engine.apply(AgentChanged(facts), NOON) == wanted
    assert engine.apply(AgentChanged(facts), NOON) == []


def test_declined_order_goes_to_somebody_else_before_the_same_agent_is_asked_again() -> None:
    refused = order(1, refusals=(Refusal(ANA, 1, NOON),))
    engine, decisions = told(AgentChanged(agent(ANA)), OrderChanged(refused))
    assert decisions == []
    assert engine.next_wake() == NOON + seconds(60)
    assert engine.apply(TimePassed(), NOON + seconds(59)) == []
    (again,) = engine.apply(TimePassed(), NOON + seconds(60))
    assert isinstance(again, MakeOffer)
    assert (again.user_id, again.why[-1].code) == (ANA, "asked_again")

    engine, decisions = told(AgentChanged(agent(ANA)), AgentChanged(agent(BEN)))
    assert pairs(engine.apply(OrderChanged(refused), NOON)) == [(refused.id, BEN)]


def test_order_behind_a_refused_one_does_not_wait_for_it() -> None:
    refused = order(1, refusals=(Refusal(ANA, 1, NOON),))
    engine, _ = told(OrderChanged(refused), OrderChanged(order(2)))
    assert pairs(engine.apply(AgentChanged(agent(ANA)), NOON)) == [(order(2).id, ANA)]


def test_pause_doubles_with_each_decline_up_to_half_an_hour() -> None:
    pauses = [
        (passed_over_until(Refusal(ANA, times, NOON)) - NOON).total_seconds()
        for times in (1, 2, 3, 5, 6, 50)
    ]
    assert pauses == [60, 120, 240, 960, 1800, 1800]


def test_same_events_in_a_batch_give_the_same_decisions_in_any_order() -> None:
    events: list[Event] = [
        AgentChanged(agent(ANA, idle_seconds=5)),
        AgentChanged(agent(BEN, idle_seconds=7)),
        OrderChanged(order(1)),
        OrderChanged(order(2, priority=3)),
        OrderChanged(order(3, queue_id=BILLING)),
    ]
    _, forwards = told(*events)
    _, backwards = told(*reversed(events))
    assert pairs(forwards) == pairs(backwards) == [(order(2).id, BEN), (order(1).id, ANA)]


def test_ranking_keeps_no_more_outdated_entries_than_items() -> None:
    ranking = Ranking[int]()
    for turn in range(1_000):
        for item in range(10):
            ranking.put(item, (turn * 10 + item,))
    assert len(ranking) == 10
    assert len(ranking.heap) < 200
    assert ranking.first() == ((9_990,), 9_991, 0)
    ranking.drop(0)
    assert ranking.first_that(lambda item: item > 3) == ((9_994,), 9_995, 4)
    assert ranking.first() == ((9_991,), 9_992, 1)
