"""What a queue's settings make of an order's place in line, its needs, and who is asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest

from servicedesk.domain.ids import OfferId, OrderId, QueueId, TeamId, TicketId, UserId
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.orders import OfferState, OrderState
from servicedesk.routing.engine.decisions import Decision, MakeOffer, RescindOffer
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
from servicedesk.routing.engine.policy import needs_of
from servicedesk.routing.facts import (
    AgentChoice,
    AgentFacts,
    OfferFacts,
    OrderFacts,
    QueueFacts,
    QueueOrder,
    QueueStep,
    Serving,
)

NOON = datetime(2027, 3, 2, 12, 0, tzinfo=UTC)
SUPPORT, BILLING = QueueId(UUID(int=1)), QueueId(UUID(int=2))
ANA, BEN, EVE = (UserId(UUID(int=number)) for number in (11, 12, 13))
GERMAN = {"german": 3}


def queue(**changes: object) -> QueueFacts:
    facts = QueueFacts(SUPPORT, "Support", TeamId(UUID(int=9)), 45, active=True)
    return replace(facts, **changes)  # type: ignore[arg-type]


def order(number: int, *, waited: float = 0, **changes: object) -> OrderFacts:
    facts = OrderFacts(
        id=OrderId(UUID(int=1000 + number)),
        ticket_id=TicketId(UUID(int=2000 + number)),
        queue_id=SUPPORT,
        channel=ChannelKind.EMAIL,
        state=OrderState.WAITING,
        priority=2,
        units=1,
        owner_id=None,
        virtual_start=NOON - timedelta(minutes=waited),
        attempts=0,
    )
    return replace(facts, **changes)  # type: ignore[arg-type]


def agent(user_id: UserId, *, idle: float = 0, **changes: object) -> AgentFacts:
    idle_since = NOON - timedelta(seconds=idle)
    facts = AgentFacts(user_id, True, idle_since, (Serving(SUPPORT),), {"email": 9, "sms": 9})
    return replace(facts, **changes)  # type: ignore[arg-type]


DAY = 24 * 60


def in_minutes(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("settings", "orders"),
    [
        (
            queue(order=QueueOrder.PRIORITY_FIFO),
            [order(1, priority=4), order(2, waited=90), order(3, waited=5)],
        ),
        (
            queue(order=QueueOrder.SLA_SLACK),
            [
                order(1, due_at=in_minutes(-5)),
                order(2, due_at=in_minutes(5), waited=90),
                order(3, waited=900, priority=4),
                order(4, due_at=in_minutes(5 * 24 * 60)),
            ],
        ),
        (
            queue(order=QueueOrder.AGE_SCORE, priority_minutes=30),
            [order(1, waited=61), order(2, priority=4), order(3, waited=59), order(4)],
        ),
    ],
    ids=["by priority, then age", "by what is due", "by age plus minutes of priority"],
)
def test_order_in_which_a_queue_is_served(settings: QueueFacts, orders: list[OrderFacts]) -> None:
    ranks = [needs_of(each, settings, NOON).rank for each in orders]
    assert all(earlier < later for earlier, later in pairwise(ranks))


def test_what_nobody_promised_reaches_the_front_all_the_same() -> None:
    """Else it would wait for ever where promised work keeps coming."""
    settings = queue(order=QueueOrder.SLA_SLACK)
    promised = order(1, due_at=in_minutes(60))
    old, young = order(2, waited=4 * DAY), order(3, waited=DAY)
    ranks = [needs_of(each, settings, NOON).rank for each in (old, promised, young)]
    assert ranks == sorted(ranks)


def test_queues_of_pure_priority_are_served_before_others() -> None:
    by_order = [
        needs_of(order(1), queue(order=each), NOON).rank
        for each in (QueueOrder.PRIORITY_FIFO, QueueOrder.SLA_SLACK, QueueOrder.AGE_SCORE)
    ]
    assert by_order == sorted(by_order)


STEPS = (
    QueueStep(60, lower_skills={"german": 2}),
    QueueStep(120, lower_skills={"german": 0}, raise_priority=1),
    QueueStep(300, also_queues=(BILLING,)),
)


@pytest.mark.parametrize(
    ("minutes", "skills", "priority", "queues", "until"),
    [
        (0, (("german", 3),), 2, (SUPPORT,), 1),
        (0.99, (("german", 3),), 2, (SUPPORT,), 1),
        (1, (("german", 2),), 2, (SUPPORT,), 2),
        (2, (), 3, (SUPPORT,), 5),
        (5, (), 3, (SUPPORT, BILLING), None),
        (500, (), 3, (SUPPORT, BILLING), None),
    ],
)
def test_steps_add_up_as_an_order_waits(
    minutes: float,
    skills: tuple[tuple[str, int], ...],
    priority: int,
    queues: tuple[QueueId, ...],
    until: float | None,
) -> None:
    needs = needs_of(order(1, skills=GERMAN), queue(steps=STEPS), in_minutes(minutes))
    assert needs.requirement.skills == skills
    assert needs.requirement.queue_ids == queues
    assert needs.rank[1] == -priority
    assert needs.until == (None if until is None else in_minutes(until))


def test_order_is_offered_at_the_step_that_lets_somebody_take_it() -> None:
    engine = Engine()
    in_billing = agent(BEN, serves=(Serving(BILLING),))
    events = (
        QueueChanged(queue(steps=STEPS)),
        AgentChanged(agent(ANA, skills={"german": 1}, available=False)),
        AgentChanged(in_billing),
        OrderChanged(order(1, skills=GERMAN)),
    )
    assert engine.apply(Together(events), NOON) == []
    for minutes in (1, 2):
        assert engine.next_wake() == in_minutes(minutes)
        assert engine.apply(TimePassed(), in_minutes(minutes)) == []
    (decision,) = engine.apply(TimePassed(), in_minutes(5))
    assert isinstance(decision, MakeOffer)
    assert decision.user_id == BEN
    assert engine.next_wake() is None


def test_changed_queue_takes_back_offers_that_its_rules_do_not_allow_any_more() -> None:
    engine = Engine()
    held = order(1, skills=GERMAN, state=OrderState.OFFERED)
    offer_id = OfferId(UUID(int=7))
    offer = OfferFacts(offer_id, held.id, held.ticket_id, ANA, OfferState.OPEN, in_minutes(9))
    lax = QueueChanged(queue(steps=(QueueStep(0, lower_skills={"german": 0}),)))
    events = (lax, AgentChanged(agent(ANA)), OrderChanged(held, offer))
    assert engine.apply(Together(events), NOON) == []
    strict = QueueChanged(queue())
    assert engine.apply(strict, NOON) == [RescindOffer(offer_id, held.id, "agent_left")]


def test_changed_queue_moves_the_orders_that_wait_in_it() -> None:
    engine = Engine()
    old, urgent = order(1, waited=90), order(2, priority=4)
    events = (QueueChanged(queue()), OrderChanged(old), OrderChanged(urgent))
    engine.apply(Together(events), NOON)
    engine.apply(QueueChanged(queue(order=QueueOrder.AGE_SCORE)), NOON)
    decisions = engine.apply(AgentChanged(agent(ANA, capacity={"email": 1})), NOON)
    assert _pairs(decisions) == [(old.id, ANA)]


@pytest.mark.parametrize(
    ("choice", "asked", "reason"),
    [
        (AgentChoice.LONGEST_IDLE, [ANA, BEN, EVE, ANA], "longest_idle"),
        (AgentChoice.LEAST_LOADED, [BEN, EVE, BEN, EVE], "least_loaded"),
        (AgentChoice.ROUND_ROBIN, [ANA, BEN, EVE, ANA], "round_robin"),
        (AgentChoice.BEST_SKILL, [EVE, EVE, EVE, EVE], "best_skill"),
    ],
)
def test_who_is_asked_of_several_who_could(
    choice: AgentChoice, asked: list[UserId], reason: str
) -> None:
    """Ana is idle longest but has three short messages at hand; Eve knows most German."""
    engine = Engine()
    agents = (
        agent(ANA, idle=90, skills={"german": 3}),
        agent(BEN, idle=60, skills={"german": 3}),
        agent(EVE, idle=30, skills={"german": 5}),
    )
    at_hand = [
        order(90 + each, channel=ChannelKind.SMS, state=OrderState.ACTIVE, owner_id=ANA)
        for each in range(3)
    ]
    events: list[Event] = [
        QueueChanged(queue(choice=choice)),
        *(AgentChanged(each) for each in agents),
        *(OrderChanged(each) for each in at_hand),
    ]
    engine.apply(Together(tuple(events)), NOON)
    found: list[Decision] = []
    for number in range(4):
        found += engine.apply(OrderChanged(order(number, skills=GERMAN)), NOON)
    assert [user_id for _, user_id in _pairs(found)] == asked
    assert {each.why[1].code for each in found if isinstance(each, MakeOffer)} == {reason}


def test_skill_that_is_not_needed_any_more_still_decides_who_is_best() -> None:
    engine = Engine()
    dropped = queue(
        choice=AgentChoice.BEST_SKILL, steps=(QueueStep(0, lower_skills={"german": 0}),)
    )
    agents = (agent(ANA, idle=90), agent(BEN, skills={"german": 1}))
    engine.apply(Together((QueueChanged(dropped), *map(AgentChanged, agents))), NOON)
    decisions = engine.apply(OrderChanged(order(1, skills=GERMAN)), NOON)
    assert [user_id for _, user_id in _pairs(decisions)] == [BEN]


def test_turns_go_round_even_when_work_ends_at_once() -> None:
    engine = Engine()
    events = [QueueChanged(queue(choice=AgentChoice.ROUND_ROBIN))]
    agents = [AgentChanged(agent(user_id)) for user_id in (ANA, BEN)]
    engine.apply(Together((*events, *agents)), NOON)
    asked = []
    for number in range(4):
        asked += [user_id for _, user_id in _pairs(engine.apply(OrderChanged(order(number)), NOON))]
        engine.apply(OrderGone(order(number).id), NOON)
    assert asked == [ANA, BEN, ANA, BEN]


def _pairs(decisions: list[Decision]) -> list[tuple[OrderId, UserId]]:
    return [(each.order_id, each.user_id) for each in decisions if isinstance(each, MakeOffer)]
