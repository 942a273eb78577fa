"""Rows and a router in memory: commits what the engine decides and tells it what became of it.

It stands for database and journal in properties of the engine, and checks by brute force, knowing
nothing of lines and pools, what must hold after each event.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

from servicedesk.domain.ids import OfferId, OrderId, QueueId, TicketId, UserId
from servicedesk.domain.orders import OfferState, OrderState
from servicedesk.routing.engine.decisions import Decision, ExpireOffer, MakeOffer, RescindOffer
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
from servicedesk.routing.engine.policy import Needs, needs_of
from servicedesk.routing.engine.refusals import passed_over_until
from servicedesk.routing.facts import AgentFacts, OfferFacts, OrderFacts, QueueFacts, Refusal

START = datetime(2027, 3, 2, 9, 0, tzinfo=UTC)
NOTHING_BUT_TIME = UUID(int=0)
FIRST_ID = 100  # smaller ones are queues


class World:
    def __init__(self) -> None:
        self.now = START
        self.orders: dict[OrderId, OrderFacts] = {}
        self.offers: dict[OrderId, OfferFacts] = {}
        self.agents: dict[UserId, AgentFacts] = {}
        self.queues: dict[QueueId, QueueFacts] = {}
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
        self._write(replace(self.orders[order_id], state=OrderState.ACTIVE, owner_id=user_id))
        self._restart_idle(user_id)

    def decline(self, order_id: OrderId) -> None:
        user_id = self.offers[order_id].user_id
        refusals = {refusal.user_id: refusal for refusal in self.orders[order_id].refusals}
        times = refusals[user_id].times + 1 if user_id in refusals else 1
        refusals[user_id] = Refusal(user_id, times, self.now)
        self._wait_again(order_id, refusals=tuple(refusals.values()))

    def end(self, order_id: OrderId) -> None:
        self.offers.pop(order_id, None)
        del self.orders[order_id]
        self.untold[order_id] = None

    def put_back(self, order_id: OrderId, **changes: object) -> None:
        self._wait_again(order_id, **changes)

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

    def everything(self) -> Event:
        """What a router that starts now would be told."""
        orders = [OrderChanged(facts, self.offers.get(facts.id)) for facts in self.orders.values()]
        agents = [AgentChanged(facts) for facts in self.agents.values()]
        queues = [QueueChanged(facts) for facts in self.queues.values()]
        return Together((*queues, *orders, *agents))

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
            case MakeOffer(order_id, user_id, seconds):
                self._make_offer(order_id, user_id, seconds)
            case ExpireOffer(offer_id, order_id, user_id):
                self._expire(offer_id, order_id, user_id)
            case RescindOffer(offer_id, order_id):
                assert self.offers[order_id].id == offer_id
                self._wait_again(order_id)

    def _expire(self, offer_id: OfferId, order_id: OrderId, user_id: UserId) -> None:
        """Of two offers to one agent that run out together the first takes the other along."""
        offer = self.offers.get(order_id)
        if offer is None:
            self.untold |= {order_id: None, user_id: None}
            return
        assert offer.id == offer_id
        assert offer.deadline <= self.now, "expired before its deadline"
        self.set_agent(replace(self.agents[user_id], available=False))

    def _make_offer(self, order_id: OrderId, user_id: UserId, seconds: int) -> None:
        order, agent = self.orders[order_id], self.agents[user_id]
        assert order.state is OrderState.WAITING, "offered though it does not wait"
        assert order_id not in self.offers, "offered twice"
        assert self.could_take(agent, order), "offered to somebody who cannot take it"
        deadline = self.now + timedelta(seconds=seconds)
        self.offers[order_id] = OfferFacts(
            OfferId(self.new_id()), order_id, order.ticket_id, user_id, OfferState.OPEN, deadline
        )
        self._write(replace(order, state=OrderState.OFFERED, attempts=order.attempts + 1))

    # Brute force

    def could_take(self, agent: AgentFacts, order: OrderFacts) -> bool:
        used = sum(
            held.units for held in self._held_by(agent.user_id) if held.channel == order.channel
        )
        required = self.needs(order).requirement
        return (
            agent.available
            and any(queue_id in agent.queue_ids for queue_id in required.queue_ids)
            and all(agent.skills.get(name, 0) >= least for name, least in required.skills)
            and agent.capacity.get(order.channel, 0) - used >= order.units
            and not any(
                refusal.user_id == agent.user_id and passed_over_until(refusal) > self.now
                for refusal in order.refusals
            )
        )

    def waiting(self) -> list[OrderFacts]:
        """The orders that wait, the best first."""
        found = [order for order in self.orders.values() if order.state is OrderState.WAITING]
        return sorted(found, key=lambda order: self.needs(order).rank)

    def needs(self, order: OrderFacts) -> Needs:
        return needs_of(order, self.queues.get(order.queue_id), self.now)

    def earliest_due(self) -> datetime | None:
        """When time alone changes something: an offer runs out, a refusal lapses, a step comes."""
        deadlines = [offer.deadline for offer in self.offers.values()]
        lapses = [
            passed_over_until(refusal)
            for order in self.waiting()
            for refusal in order.refusals
            if passed_over_until(refusal) > self.now
        ]
        steps = [at for order in self.waiting() if (at := self.needs(order).until) is not None]
        return min([*deadlines, *lapses, *steps], default=None)

    def _held_by(self, user_id: UserId) -> Iterable[OrderFacts]:
        for order in self.orders.values():
            offer = self.offers.get(order.id)
            if order.owner_id == user_id or (offer is not None and offer.user_id == user_id):
                yield order

    def _offers_to(self, user_id: UserId) -> list[OfferFacts]:
        return [offer for offer in self.offers.values() if offer.user_id == user_id]

    def _wait_again(self, order_id: OrderId, **changes: object) -> None:
        self.offers.pop(order_id, None)
        order = replace(self.orders[order_id], state=OrderState.WAITING, owner_id=None)
        self._write(replace(order, **changes))  # type: ignore[arg-type]

    def _write(self, facts: OrderFacts) -> None:
        self.orders[facts.id] = facts
        self.untold[facts.id] = None

    def _restart_idle(self, user_id: UserId) -> None:
        if user_id in self.agents:
            self.set_agent(replace(self.agents[user_id], idle_since=self.now))


def new_ticket_id(world: World) -> TicketId:
    return TicketId(world.new_id())
