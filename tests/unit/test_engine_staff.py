"""What an agent may be asked: profiles, presence by channel, calls that fill them, notes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from servicedesk.domain.ids import UserId
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.orders import OfferHow
from servicedesk.routing.engine.decisions import EndWrapUp, MakeOffer, RescindOffer
from servicedesk.routing.engine.events import (
    AgentChanged,
    OrderChanged,
    OrderGone,
    QueueChanged,
    TimePassed,
)
from servicedesk.routing.facts import AgentFacts, QueueStep, Refusal, Serving
from tests.unit.engine_facts import (
    ANA,
    BEN,
    BILLING,
    EVE,
    NIGHT_TEAM,
    NOON,
    SUPPORT,
    agent,
    held_out,
    later,
    only,
    order,
    owned,
    pairs,
    queue,
    told,
)

EMAIL, CHAT, VOICE = ChannelKind.EMAIL, ChannelKind.CHAT, ChannelKind.VOICE


def test_queue_of_larger_priority_in_the_profile_comes_first_whatever_waits_elsewhere() -> None:
    old, young = order(1, priority=4), order(2, queue_id=BILLING, priority=1)
    engine, _ = told(OrderChanged(old), OrderChanged(young))
    ana = agent(ANA, Serving(SUPPORT), Serving(BILLING, priority=5), capacity={"chat": 2})
    assert pairs(engine.apply(AgentChanged(ana), NOON)) == [(young.id, ANA), (old.id, ANA)]


def test_agents_with_priorities_apart_each_get_their_own_queue_first() -> None:
    one, other = order(1), order(2, queue_id=BILLING)
    _, decisions = told(
        AgentChanged(agent(ANA, Serving(SUPPORT, 1), Serving(BILLING, 9), capacity={"chat": 1})),
        AgentChanged(agent(BEN, Serving(SUPPORT, 9), Serving(BILLING, 1), capacity={"chat": 1})),
        OrderChanged(one),
        OrderChanged(other),
    )
    assert sorted(pairs(decisions)) == [(one.id, BEN), (other.id, ANA)]


def test_order_comes_to_an_agent_with_a_delay_once_it_has_waited_that_long() -> None:
    engine, decisions = told(
        AgentChanged(agent(ANA, Serving(SUPPORT, delay_seconds=60))), OrderChanged(order(0))
    )
    assert decisions == []
    assert engine.next_wake() == later(60)
    assert engine.apply(TimePassed(), later(59.999)) == []
    assert pairs(engine.apply(TimePassed(), later(60))) == [(order(0).id, ANA)]


def test_delay_that_is_new_holds_for_what_waits_already() -> None:
    engine, _ = told(OrderChanged(order(0)))
    late = AgentChanged(agent(ANA, Serving(SUPPORT, delay_seconds=60)))
    assert pairs(engine.apply(late, later(30))) == []
    assert engine.next_wake() == later(60)
    assert pairs(engine.apply(TimePassed(), later(60))) == [(order(0).id, ANA)]


def test_agent_takes_nothing_on_a_channel_that_is_closed_and_loses_what_is_held_out() -> None:
    engine, decisions = told(
        AgentChanged(agent(ANA, closed=frozenset({CHAT}))),
        OrderChanged(order(1)),
        OrderChanged(order(2, channel=EMAIL)),
    )
    assert pairs(decisions) == [(order(2, channel=EMAIL).id, ANA)]

    engine, _ = told(AgentChanged(agent(ANA)), held_out(order(3), ANA))
    decisions = engine.apply(AgentChanged(agent(ANA, closed=frozenset({CHAT}))), NOON)
    assert [each.order_id for each in only(RescindOffer, decisions)] == [order(3).id]


def test_call_fills_the_agent_until_it_is_over() -> None:
    call, chat = order(1, channel=VOICE), order(2)
    engine, decisions = told(AgentChanged(agent(ANA)), OrderChanged(call))
    assert pairs(decisions) == [(call.id, ANA)]
    engine.apply(owned(call, ANA), NOON)
    assert engine.apply(OrderChanged(chat), NOON) == []
    assert engine.apply(OrderChanged(order(3, channel=VOICE)), NOON) == []
    decisions = engine.apply(OrderGone(call.id), NOON)
    assert pairs(decisions) == [(chat.id, ANA)], "and then a call may not come beside a chat"


def test_call_interrupts_an_email_and_says_so_but_no_chat() -> None:
    mail, call = order(1, channel=EMAIL), order(2, channel=VOICE)
    _, decisions = told(AgentChanged(agent(ANA)), owned(mail, ANA), OrderChanged(call))
    (offer,) = only(MakeOffer, decisions)
    assert (offer.order_id, offer.interrupts) == (call.id, (mail.id,))

    engine, decisions = told(AgentChanged(agent(ANA)), owned(order(1), ANA), OrderChanged(call))
    assert decisions == []
    assert pairs(engine.apply(OrderGone(order(1).id), NOON)) == [(call.id, ANA)]


def test_notes_keep_the_units_until_their_time_is_over() -> None:
    call = order(1, channel=VOICE)
    engine, decisions = told(
        AgentChanged(agent(ANA)), owned(call, ANA, wrap_up_until=later(30)), OrderChanged(order(2))
    )
    assert decisions == []
    assert engine.next_wake() == later(30)
    assert engine.apply(TimePassed(), later(30)) == [EndWrapUp(call.id, ANA)]
    assert engine.apply(TimePassed(), later(31)) == [], "asked for once"
    assert pairs(engine.apply(OrderGone(call.id), later(31))) == [(order(2).id, ANA)]


def test_notes_that_are_prolonged_end_later() -> None:
    call = order(1, channel=VOICE)
    engine, _ = told(AgentChanged(agent(ANA)), owned(call, ANA, wrap_up_until=later(30)))
    engine.apply(owned(call, ANA, wrap_up_until=later(90)), later(10))
    assert engine.next_wake() == later(90)
    assert engine.apply(TimePassed(), later(30)) == []


FAVOURITE = order(1, preferred_id=ANA, preferred_until=later(60))
BUSY = owned(order(90, units=5), ANA)


def test_order_waits_for_its_preferred_agent_while_they_take_work() -> None:
    engine, decisions = told(
        AgentChanged(agent(ANA)), AgentChanged(agent(BEN)), BUSY, OrderChanged(FAVOURITE)
    )
    assert decisions == []
    (offer,) = only(MakeOffer, engine.apply(OrderGone(order(90).id), later(59)))
    assert (offer.user_id, offer.why[1].code) == (ANA, "preferred")


@pytest.mark.parametrize(
    ("name", "ana"),
    [
        ("away", agent(ANA, available=False)),
        ("in another queue", agent(ANA, BILLING)),
        ("not on this channel", agent(ANA, closed=frozenset({CHAT}))),
        ("without capacity for it", agent(ANA, capacity={"email": 5})),
    ],
)
def test_order_does_not_wait_for_somebody_who_would_not_get_it(name: str, ana: AgentFacts) -> None:
    _, decisions = told(AgentChanged(ana), AgentChanged(agent(BEN)), OrderChanged(FAVOURITE))
    assert pairs(decisions) == [(FAVOURITE.id, BEN)], name


def test_others_are_asked_once_the_time_of_the_preferred_agent_is_over() -> None:
    engine, _ = told(
        AgentChanged(agent(ANA)), AgentChanged(agent(BEN)), BUSY, OrderChanged(FAVOURITE)
    )
    assert engine.next_wake() == later(60)
    assert pairs(engine.apply(TimePassed(), later(60))) == [(FAVOURITE.id, BEN)]


def test_preferred_agent_who_goes_or_declines_sets_the_order_free() -> None:
    both = (AgentChanged(agent(ANA)), AgentChanged(agent(BEN)), BUSY, OrderChanged(FAVOURITE))
    engine, _ = told(*both)
    gone = AgentChanged(agent(ANA, available=False))
    assert pairs(engine.apply(gone, NOON)) == [(FAVOURITE.id, BEN)]
    engine, _ = told(*both)
    declined = replace(FAVOURITE, refusals=(Refusal(ANA, 1, NOON),))
    assert pairs(engine.apply(OrderChanged(declined), NOON)) == [(FAVOURITE.id, BEN)]


def test_preferred_agent_who_comes_back_in_time_is_waited_for_again() -> None:
    engine, _ = told(
        AgentChanged(agent(ANA, available=False)),
        AgentChanged(agent(BEN, available=False)),
        BUSY,
        OrderChanged(FAVOURITE),
    )
    engine.apply(AgentChanged(agent(ANA)), NOON)
    assert engine.apply(AgentChanged(agent(BEN)), NOON) == []
    assert pairs(engine.apply(OrderGone(order(90).id), NOON)) == [(FAVOURITE.id, ANA)]


def test_preferred_agent_need_not_sit_out_the_delay_of_their_profile() -> None:
    late = agent(ANA, Serving(SUPPORT, delay_seconds=600))
    _, decisions = told(AgentChanged(late), OrderChanged(FAVOURITE))
    assert pairs(decisions) == [(FAVOURITE.id, ANA)]


def test_step_lets_a_team_in() -> None:
    step = QueueStep(60, also_teams=(NIGHT_TEAM,))
    engine, decisions = told(
        QueueChanged(queue(steps=(step,))),
        AgentChanged(agent(EVE, BILLING, team_ids=frozenset({NIGHT_TEAM}))),
        OrderChanged(order(0)),
    )
    assert pairs(decisions) == []
    (offer,) = only(MakeOffer, engine.apply(TimePassed(), later(60)))
    assert offer.user_id == EVE
    assert [reason.code for reason in offer.why][:2] == ["in_queue", "after_steps"]


def test_offer_says_through_which_queue_somebody_was_let_in() -> None:
    step = QueueStep(0, also_queues=(BILLING,))
    _, decisions = told(
        QueueChanged(queue(steps=(step,))),
        AgentChanged(agent(BEN, BILLING)),
        OrderChanged(order(0)),
    )
    (offer,) = only(MakeOffer, decisions)
    assert ("widened", {"queue_id": str(BILLING)}) in [
        (reason.code, dict(reason.params)) for reason in offer.why
    ]


@pytest.mark.parametrize(
    ("how", "changed", "is_kept"),
    [
        (OfferHow.OFFERED, agent(ANA, BILLING), False),
        (OfferHow.TRANSFERRED, agent(ANA, BILLING), True),
        (OfferHow.TRANSFERRED, agent(ANA, available=False), False),
        (OfferHow.OFFERED, agent(ANA, skills={"german": 1}), True),
    ],
)
def test_offer_by_hand_asks_only_that_the_agent_takes_work(
    how: OfferHow, changed: AgentFacts, is_kept: bool
) -> None:
    engine, _ = told(AgentChanged(agent(ANA)), held_out(order(1), ANA, how))
    assert (engine.apply(AgentChanged(changed), NOON) == []) is is_kept


def test_force_and_transfer_may_exceed_capacity_and_then_nothing_more_comes() -> None:
    small = agent(ANA, capacity={"chat": 1})
    engine, decisions = told(
        AgentChanged(small), owned(order(1), ANA), owned(order(2), ANA), OrderChanged(order(3))
    )
    assert decisions == []
    assert engine.apply(OrderGone(order(1).id), NOON) == [], "still as full as may be"
    assert pairs(engine.apply(OrderGone(order(2).id), NOON)) == [(order(3).id, ANA)]


def test_queue_that_accepts_by_itself_counts_the_order_as_taken() -> None:
    engine, decisions = told(
        QueueChanged(queue(auto_accept=True)),
        AgentChanged(agent(ANA, capacity={"chat": 1})),
        OrderChanged(order(1)),
        OrderChanged(order(2)),
    )
    (offer,) = only(MakeOffer, decisions)
    assert offer.auto_accept
    assert engine.next_wake() is None, "nothing to be answered"
    assert pairs(engine.apply(OrderGone(order(1).id), NOON)) == [(order(2).id, ANA)]


def test_unknown_user_ids_stay_unknown() -> None:
    """An order may name an agent before we are told of them."""
    stranger = UserId(order(77).id)
    engine, decisions = told(owned(order(1), stranger), OrderChanged(order(2)))
    assert pairs(decisions) == []
    assert engine.waiting == 1


def test_profiles_that_nobody_has_any_more_cost_nothing() -> None:
    """Whoever edits skills all day must not make each decision dearer."""
    engine, _ = told(QueueChanged(queue()), AgentChanged(agent(BEN, SUPPORT, available=False)))
    for number in range(1, 200):
        skills = {f"skill-{number}": 1}
        engine.apply(AgentChanged(agent(ANA, SUPPORT, skills=skills, available=False)), NOON)
        engine.apply(OrderChanged(order(number, skills=skills)), NOON)
        engine.apply(OrderGone(order(number).id), NOON)
    hall = engine._book.hall
    assert len(hall.pools) == 2
    assert max(len(line.free) for line in hall.lines.values()) <= 2
    assert max(len(prospect.pools) for prospect in hall.prospects.values()) <= 2
    engine.apply(QueueChanged(queue(most_refusals=3)), NOON)
    assert not hall.lines


def test_a_new_profile_is_offered_what_the_old_one_could_not_take() -> None:
    wanted = order(1, skills={"german": 2})
    engine, decisions = told(OrderChanged(wanted), AgentChanged(agent(ANA, SUPPORT)))
    assert only(MakeOffer, decisions) == []
    learned = agent(ANA, SUPPORT, skills={"german": 2})
    assert pairs(engine.apply(AgentChanged(learned), NOON)) == [(wanted.id, ANA)]
