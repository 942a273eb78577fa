"""What stands between an agent and an order, and what an order was in the past."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from servicedesk.domain.ids import OrderId, QueueId, TeamId, TicketId, UserId
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.orders import OrderState, Stuck
from servicedesk.routing.engine.decisions import MakeOffer
from servicedesk.routing.engine.events import AgentChanged, OrderChanged, QueueChanged, Together
from servicedesk.routing.engine.machine import Engine
from servicedesk.routing.facts import (
    AgentFacts,
    Hours,
    OrderFacts,
    QueueFacts,
    QueueStep,
    Refusal,
    Serving,
)
from servicedesk.routing.history import order_at
from servicedesk.routing.obstacles import Candidate, Situation, judge, why_it_waits

NOW = datetime(2027, 3, 2, 9, tzinfo=UTC)
ANA, BEN = UserId(UUID(int=1)), UserId(UUID(int=2))
MAIL, NIGHT = QueueId(UUID(int=3)), QueueId(UUID(int=4))
QUEUE = QueueFacts(MAIL, "Mail", TeamId(UUID(int=5)), 45, active=True)
ORDER = OrderFacts(
    id=OrderId(UUID(int=6)),
    ticket_id=TicketId(UUID(int=7)),
    queue_id=MAIL,
    channel=ChannelKind.EMAIL,
    state=OrderState.WAITING,
    priority=2,
    units=1,
    owner_id=None,
    virtual_start=NOW - timedelta(seconds=90),
    attempts=0,
    skills={"English": 3},
)
AGENT = AgentFacts(ANA, True, NOW, (Serving(MAIL),), {"email": 2}, {"English": 3})


def candidate(**changes: Any) -> Candidate:
    used = changes.pop("used", {})
    agent = replace(AGENT, **changes)
    return Candidate(agent, "available" if agent.available else "away", "lunch", used)


@pytest.mark.parametrize(
    ("one", "codes"),
    [
        (candidate(), []),
        (candidate(available=False), ["takes_no_work"]),
        (candidate(closed=frozenset({ChannelKind.EMAIL})), ["channel_closed"]),
        (candidate(serves=(Serving(NIGHT),)), ["not_in_queue"]),
        (candidate(serves=(Serving(MAIL, 0, 60),)), []),
        (candidate(serves=(Serving(MAIL, 0, 120),)), ["waits_for_delay"]),
        (candidate(skills={"English": 2}), ["lacks_skill"]),
        (candidate(used={ChannelKind.EMAIL: 2}), ["at_capacity"]),
        (candidate(used={ChannelKind.VOICE: 1}), ["filled_by"]),
        (candidate(available=False, skills={}), ["takes_no_work", "lacks_skill"]),
    ],
)
def test_obstacles_of_an_agent(one: Candidate, codes: list[str]) -> None:
    (judged,) = judge(Situation(ORDER, QUEUE, NOW), [one])
    assert [reason.code for reason in judged.obstacles] == codes


def test_steps_that_were_taken_lower_what_is_asked_and_let_others_in() -> None:
    steps = (QueueStep(60, lower_skills={"English": 2}, also_queues=(NIGHT,)),)
    situation = Situation(ORDER, replace(QUEUE, steps=steps), NOW)
    (judged,) = judge(situation, [candidate(serves=(Serving(NIGHT),), skills={"English": 2})])
    assert (judged.serves, judged.obstacles) == (True, ())


def test_who_declined_and_who_is_not_preferred_are_told_until_when() -> None:
    until = NOW + timedelta(seconds=30)
    order = replace(
        ORDER,
        refusals=(Refusal(ANA, 1, NOW - timedelta(seconds=10)),),
        preferred_id=BEN,
        preferred_until=until,
    )
    bens, anas = judge(Situation(order, QUEUE, NOW), [candidate(), candidate(user_id=BEN)])
    assert bens.obstacles == ()
    assert [reason.code for reason in anas.obstacles] == ["declined", "another_is_preferred"]
    assert anas.obstacles[1].params["until"] == until.isoformat()


@pytest.mark.parametrize(
    "ben",
    [
        {"available": False},
        {"closed": frozenset({ChannelKind.EMAIL})},
        {"capacity": {"email": 0}},
        {"skills": {}},
        {"serves": (Serving(NIGHT),)},
    ],
)
def test_the_engine_and_the_explanation_wait_for_the_same(ben: dict[str, Any]) -> None:
    """Somebody who would not get it anyway is in nobody's way: Ana is asked at once."""
    soon = NOW + timedelta(seconds=30)
    order = replace(ORDER, preferred_id=BEN, preferred_until=soon)
    everybody = [candidate(), candidate(user_id=BEN, **ben)]
    (anas,) = [one for one in judge(Situation(order, QUEUE, NOW), everybody) if one.user_id == ANA]
    assert anas.obstacles == ()
    staff = [AgentChanged(one.agent) for one in everybody]
    (offer,) = Engine().apply(Together((QueueChanged(QUEUE), *staff, OrderChanged(order))), NOW)
    assert isinstance(offer, MakeOffer)
    assert offer.user_id == ANA


@pytest.mark.parametrize(
    ("situation", "candidates", "codes"),
    [
        (Situation(ORDER, QUEUE, NOW), [candidate()], ["others_first"]),
        (Situation(ORDER, QUEUE, NOW), [], ["nobody_serves"]),
        (Situation(ORDER, QUEUE, NOW), [candidate(available=False)], ["all_blocked"]),
        (Situation(ORDER, replace(QUEUE, hours=Hours(False, NOW)), NOW), [candidate()],
         ["queue_closed"]),
        (Situation(replace(ORDER, stuck=Stuck.REFUSED_TOO_OFTEN), QUEUE, NOW), [candidate()],
         ["stuck"]),
        (Situation(replace(ORDER, state=OrderState.OFFERED), QUEUE, NOW, ANA), [], ["held_out"]),
        (Situation(replace(ORDER, state=OrderState.ACTIVE, owner_id=ANA), QUEUE, NOW), [],
         ["at_hand"]),
        (Situation(replace(ORDER, state=OrderState.DONE), QUEUE, NOW), [], ["over"]),
    ],
)  # fmt: skip
def test_why_the_order_is_where_it_is(
    situation: Situation, candidates: list[Candidate], codes: list[str]
) -> None:
    found = why_it_waits(situation, judge(situation, candidates))
    assert [reason.code for reason in found] == codes


@dataclass(frozen=True, slots=True)
class Entry:
    second: int
    kind: str
    payload: dict[str, Any]

    @property
    def at(self) -> datetime:
        return NOW + timedelta(seconds=self.second)


OFFER = {"offer_id": str(UUID(int=9)), "user_id": str(ANA)}
STORY = [
    Entry(0, "order.opened", {"queue_id": str(MAIL), "priority": 2}),
    Entry(10, "offer.made", OFFER),
    Entry(20, "offer.declined", OFFER),
    Entry(30, "order.marked", {"stuck": "refused_too_often"}),
    Entry(40, "order.moved", {"from_queue_id": str(MAIL), "to_queue_id": str(NIGHT)}),
    Entry(50, "ticket.assigned", {"from": None, "to": str(BEN), "how": "forced"}),
    Entry(60, "order.finished", {"outcome": "solved"}),
]


@pytest.mark.parametrize(
    ("second", "told"),
    [
        (-1, None),
        (5, ("waiting", MAIL, None, None, 0)),
        (15, ("offered", MAIL, ANA, None, 0)),
        (25, ("waiting", MAIL, None, None, 1)),
        (35, ("waiting", MAIL, None, "refused_too_often", 1)),
        (45, ("waiting", NIGHT, None, None, 1)),
        (55, ("active", NIGHT, None, None, 1)),
        (65, ("done", NIGHT, None, None, 0)),
    ],
)
def test_an_order_at_an_instant(second: int, told: tuple[object, ...] | None) -> None:
    past = order_at(ORDER, STORY, NOW + timedelta(seconds=second))
    order = past.order
    if told is None:
        assert order is None
        return
    assert order is not None
    found = (order.state, order.queue_id, past.held_out_to, order.stuck, len(order.refusals))
    assert found == told


def test_what_happens_to_the_ticket_afterwards_does_not_bring_the_order_back() -> None:
    afterwards = [
        *STORY,
        Entry(70, "ticket.assigned", {"from": str(BEN), "to": str(ANA), "how": "taken"}),
        Entry(80, "ticket.assigned", {"from": str(ANA), "to": None, "how": "released"}),
    ]
    for second in (75, 85):
        order = order_at(ORDER, afterwards, NOW + timedelta(seconds=second)).order
        assert order is not None
        assert order.state is OrderState.DONE


def test_the_priority_of_then_is_told() -> None:
    changed = Entry(5, "ticket.changed", {"fields": ["priority"], "priority": {"from": 2, "to": 4}})
    tagged = Entry(6, "ticket.changed", {"fields": ["tags"]})
    found = [
        order_at(ORDER, [STORY[0], changed, tagged], NOW + timedelta(seconds=second)).order
        for second in (4, 7)
    ]
    assert [order and order.priority for order in found] == [2, 4]
