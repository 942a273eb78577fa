"""Rows and a router in memory: commits what the engine decides and tells it what became of it.

It stands for database and journal in properties of the engine, and checks each decision against
what the rows allow.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import assert_never
from uuid import UUID

from servicedesk.domain.ids import OfferId, OrderId, QueueId, TicketId, UserId
from servicedesk.domain.orders import DivertCause, OfferHow, OfferState, OrderState
from servicedesk.routing.engine.decisions import (
    Decision,
    Divert,
    EndWrapUp,
    ExpireOffer,
    LookUpHours,
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
from servicedesk.routing.facts import (
    AgentFacts,
    Hours,
    OfferFacts,
    OrderFacts,
    QueueFacts,
    Refusal,
)
from tests.properties.routing_rows import Rows

NOTHING_BUT_TIME = UUID(int=0)
FIRST_ID = 100  # smaller ones are queues and teams
OPEN_SECONDS = 250
"""Queues with hours open and close by turns, after so many seconds."""


class World(Rows):
    def __init__(self) -> None:
        super().__init__()
        self.engine = Engine()
        self.log: list[tuple[Event, datetime, list[Decision]]] = []
        self.untold: dict[UUID, None] = {}
        self._numbers = count(FIRST_ID)

    def new_id(self) -> UUID:
        return UUID(int=next(self._numbers))

    # What people do

    def open(self, facts: OrderFacts) -> None:
        self._write(facts)

    def set_agent(self, facts: AgentFacts) -> None:
        """Whoever stops taking work loses their offers in the same moment, as in `set_presence`."""
        self.agents[facts.user_id] = facts
        self.untold[facts.user_id] = None
        if not facts.available:
            for offer in self._offers_to(facts.user_id):
                self._wait_again(offer.order_id)

    def set_queue(self, facts: QueueFacts) -> None:
        self.queues[facts.id] = facts
        self.untold[facts.id] = None

    def accept(self, order_id: OrderId) -> None:
        offer = self.offers.pop(order_id)
        self.own(order_id, offer.user_id)

    def own(self, order_id: OrderId, user_id: UserId) -> None:
        self.offers.pop(order_id, None)
        order = replace(self.orders[order_id], state=OrderState.ACTIVE, owner_id=user_id)
        self._write(replace(order, wrap_up_until=None, stuck=None))
        self._restart_idle(user_id)

    def transfer(self, order_id: OrderId, user_id: UserId) -> None:
        """Held out to somebody by hand, whatever the queue's rules and their capacity say."""
        self._hold_out(order_id, user_id, 45, OfferHow.TRANSFERRED)

    def decline(self, order_id: OrderId) -> None:
        user_id = self.offers[order_id].user_id
        refusals = {refusal.user_id: refusal for refusal in self.orders[order_id].refusals}
        times = refusals[user_id].times + 1 if user_id in refusals else 1
        refusals[user_id] = Refusal(user_id, times, self.now)
        refused = self.orders[order_id].refused + 1
        self._wait_again(order_id, refusals=tuple(refusals.values()), refused=refused)

    def wrap_up(self, order_id: OrderId, seconds: int) -> None:
        until = self.now + timedelta(seconds=seconds)
        self._write(replace(self.orders[order_id], wrap_up_until=until))

    def end(self, order_id: OrderId) -> None:
        self.offers.pop(order_id, None)
        del self.orders[order_id]
        self.untold[order_id] = None

    def put_back(self, order_id: OrderId, **changes: object) -> None:
        self._wait_again(order_id, refused=0, **changes)

    # What the router does

    def tell(self, *, backwards: bool = False) -> None:
        """Tell the newest facts of all that changed, commit what is decided, until nothing is."""
        while True:
            events = [self._newest(changed) for changed in self.untold]
            event = Together(tuple(reversed(events) if backwards else events))
            self.untold.clear()
            decisions = self.engine.apply(event, self.now)
            self.log.append((event, self.now, decisions))
            for decision in decisions:
                self._commit(decision)
            if not self.untold:
                return

    def pass_time(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.untold[NOTHING_BUT_TIME] = None

    def tell_everything_again(self) -> None:
        self.untold |= dict.fromkeys([*self.queues, *self.agents, *self.orders])

    def everything(self) -> tuple[Event, ...]:
        """What a router that starts now would be told."""
        orders = [OrderChanged(facts, self.offers.get(facts.id)) for facts in self.orders.values()]
        agents = [AgentChanged(facts) for facts in self.agents.values()]
        queues = [QueueChanged(facts) for facts in self.queues.values()]
        return (*queues, *orders, *agents)

    def _newest(self, changed: UUID) -> Event:
        if changed == NOTHING_BUT_TIME:
            return TimePassed()
        if changed in self.queues:
            return QueueChanged(self.queues[QueueId(changed)])
        if changed in self.agents:
            return AgentChanged(self.agents[UserId(changed)])
        order_id = OrderId(changed)
        if order_id in self.orders:
            return OrderChanged(self.orders[order_id], self.offers.get(order_id))
        return OrderGone(order_id)

    def _commit(self, decision: Decision) -> None:
        match decision:
            case MakeOffer():
                self._make_offer(decision)
            case ExpireOffer(offer_id, order_id, user_id):
                self._expire(offer_id, order_id, user_id)
            case RescindOffer(offer_id, order_id):
                self._rescind(offer_id, order_id)
            case EndWrapUp(order_id, user_id):
                order = self.orders[order_id]
                assert order.owner_id == user_id
                assert order.wrap_up_until is not None
                assert order.wrap_up_until <= self.now
                self.end(order_id)
            case Divert():
                self._divert(decision)
            case MarkStuck(order_id, stuck):
                assert self.orders[order_id].stuck is not stuck, "marked twice"
                self._write(replace(self.orders[order_id], stuck=stuck))
            case LookUpHours(queue_id):
                self._turn_hours(queue_id)
            case _:
                assert_never(decision)

    def _turn_hours(self, queue_id: QueueId) -> None:
        queue = self.queues[queue_id]
        assert queue.hours is not None
        assert queue.hours.changes_at is not None
        assert queue.hours.changes_at <= self.now
        is_open, changes_at = queue.hours.is_open, queue.hours.changes_at
        while changes_at <= self.now:
            is_open, changes_at = not is_open, changes_at + timedelta(seconds=OPEN_SECONDS)
        self.set_queue(replace(queue, hours=Hours(is_open, changes_at)))

    def _divert(self, decision: Divert) -> None:
        order = self.orders[decision.order_id]
        assert order.state is OrderState.WAITING, "diverted though it does not wait"
        assert decision.elsewhere.is_something
        if decision.cause in (DivertCause.STEP, DivertCause.TOO_LATE):
            assert decision.steps > order.step, "a step acted upon twice"
            order = replace(order, step=decision.steps)
        else:
            assert decision.cause not in order.diverted, "done twice"
            order = replace(order, diverted=order.diverted | {decision.cause})
        target = decision.elsewhere.overflow_to
        if decision.elsewhere.turn_away:
            self.end(order.id)
        elif target is not None:
            known = target not in self.untold  # its hours may have changed twice since it was told
            assert self.is_open(target) or not known, "sent on to a queue that is closed"
            self._write(replace(order, queue_id=target, step=0, diverted=frozenset()))
        else:
            self._write(order)

    def _expire(self, offer_id: OfferId, order_id: OrderId, user_id: UserId) -> None:
        """Of two offers to one agent that run out together the first takes the other along."""
        offer = self.offers.get(order_id)
        if offer is None:
            self.untold |= {order_id: None, user_id: None}
            return
        assert offer.id == offer_id
        assert offer.deadline <= self.now, "expired before its deadline"
        self._wait_again(order_id, refused=self.orders[order_id].refused + 1)
        self.set_agent(replace(self.agents[user_id], available=False))

    def _rescind(self, offer_id: OfferId, order_id: OrderId) -> None:
        """One that ran out in the same moment may have taken this one along."""
        offer = self.offers.get(order_id)
        if offer is None:
            self.untold[order_id] = None
            return
        assert offer.id == offer_id
        self._wait_again(order_id)

    def _make_offer(self, decision: MakeOffer) -> None:
        order, agent = self.orders[decision.order_id], self.agents[decision.user_id]
        assert order.state is OrderState.WAITING, "offered though it does not wait"
        assert order.id not in self.offers, "offered twice"
        assert self.could_take(agent, order), "offered to somebody who cannot take it"
        assert decision.why, "offered for no reason"
        self._check_rank(agent, order)
        for held_id in decision.interrupts:
            held = self.orders[held_id]
            assert held.owner_id == agent.user_id
            assert held.channel in agent.interruptible
        if decision.auto_accept:
            self.own(order.id, agent.user_id)
        else:
            self._hold_out(order.id, agent.user_id, decision.deadline_seconds, OfferHow.OFFERED)

    def _hold_out(self, order_id: OrderId, user_id: UserId, seconds: int, how: OfferHow) -> None:
        order = self.orders[order_id]
        self.offers[order_id] = OfferFacts(
            id=OfferId(self.new_id()),
            order_id=order_id,
            ticket_id=order.ticket_id,
            user_id=user_id,
            state=OfferState.OPEN,
            deadline=self.now + timedelta(seconds=seconds),
            how=how,
        )
        offered = replace(order, state=OrderState.OFFERED, owner_id=None, stuck=None)
        self._write(replace(offered, attempts=order.attempts + 1, wrap_up_until=None))

    def _check_rank(self, agent: AgentFacts, offered: OrderFacts) -> None:
        """Nothing else that the agent could take comes first for them, of what the engine knows."""
        for order in self.waiting():
            if order.id not in self.untold and self.could_take(agent, order):
                assert self.place_for(agent, offered) <= self.place_for(agent, order)

    def _offers_to(self, user_id: UserId) -> list[OfferFacts]:
        return [offer for offer in self.offers.values() if offer.user_id == user_id]

    def _wait_again(self, order_id: OrderId, **changes: object) -> None:
        self.offers.pop(order_id, None)
        order = replace(self.orders[order_id], state=OrderState.WAITING, owner_id=None)
        self._write(replace(order, wrap_up_until=None, **changes))  # type: ignore[arg-type]

    def _write(self, facts: OrderFacts) -> None:
        self.orders[facts.id] = facts
        self.untold[facts.id] = None

    def _restart_idle(self, user_id: UserId) -> None:
        if user_id in self.agents:
            self.set_agent(replace(self.agents[user_id], idle_since=self.now))


def new_ticket_id(world: World) -> TicketId:
    return TicketId(world.new_id())
