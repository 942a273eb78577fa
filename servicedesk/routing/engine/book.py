"""What the engine knows: orders in lines, agents in pools, open offers; kept as facts arrive.

`changed_lines` and `changed_agents` collect where something may match now that did not before; the
engine empties them. They are dicts for their order: a set's would depend on hashes.
"""

from dataclasses import replace
from datetime import datetime
from heapq import heappop, heappush
from typing import assert_never

from servicedesk.domain.ids import OfferId, OrderId, QueueId, UserId
from servicedesk.domain.orders import LIVE_ORDERS, OrderState
from servicedesk.routing.engine.events import (
    AgentChanged,
    Event,
    OrderChanged,
    OrderGone,
    QueueChanged,
    TimePassed,
    Together,
)
from servicedesk.routing.engine.policy import Needs, Requirement, needs_of
from servicedesk.routing.engine.records import (
    Agent,
    Line,
    Order,
    Pool,
    Profile,
    is_qualified,
    profile_of,
)
from servicedesk.routing.engine.refusals import next_lapses
from servicedesk.routing.facts import AgentFacts, OfferFacts, OrderFacts, QueueFacts


class Book:
    def __init__(self) -> None:
        self.orders: dict[OrderId, Order] = {}
        self.agents: dict[UserId, Agent] = {}
        self.queues: dict[QueueId, QueueFacts] = {}
        self.lines: dict[Requirement, Line] = {}
        self.pools: dict[Profile, Pool] = {}
        self.open_offers: dict[OfferId, OfferFacts] = {}
        self.changed_lines: dict[Line, None] = {}
        self.changed_agents: dict[Agent, None] = {}
        self._deadlines: list[tuple[datetime, int, OfferId]] = []
        self._wakes: list[tuple[datetime, int, OrderId]] = []
        self._turn = 0

    def learn(self, event: Event, now: datetime) -> None:
        match event:
            case OrderChanged(order, offer):
                self._forget_order(order.id)
                if order.state in LIVE_ORDERS:
                    self._enter_order(order, offer, now)
            case OrderGone(order_id):
                self._forget_order(order_id)
            case AgentChanged(agent):
                self._enter_agent(agent)
            case QueueChanged(queue):
                self._enter_queue(queue, now)
            case Together(events):
                for each in events:
                    self.learn(each, now)
            case TimePassed():
                pass
            case _:
                assert_never(event)

    def needs_of(self, order: Order, now: datetime) -> Needs:
        return needs_of(order.facts, self.queues.get(order.facts.queue_id), now)

    def promise(self, order: Order, line: Line, agent: Agent) -> None:
        """Hold the order out to the agent in the book, until the rows say what became of it."""
        line.waiting.drop(order)
        order.line = None
        order.promised = True
        self._turn += 1
        agent.turn = self._turn
        self._give(order, agent, None)

    def due_offers(self, now: datetime) -> list[OfferFacts]:
        """Take out the open offers whose deadline has come, the earliest first.

        Their agents did not answer: nothing goes to them until we are told that they are back.
        """
        due = []
        while self._deadlines and self._deadlines[0][0] <= now:
            offer = self.open_offers.pop(heappop(self._deadlines)[2], None)
            if offer is not None:
                due.append(offer)
                self._set_away(self._agent(offer.user_id))
        return due

    def let_time_pass(self, now: datetime) -> None:
        """Let orders take the steps of their queue, and note where somebody may be asked again."""
        while self._wakes and self._wakes[0][0] <= now:
            order = self.orders.get(heappop(self._wakes)[2])
            if order is not None and order.line is not None:
                self._stand_in_line(order, now)

    def next_wake(self) -> datetime | None:
        """Return the earliest instant at which time alone changes something."""
        while self._deadlines and self._deadlines[0][2] not in self.open_offers:
            heappop(self._deadlines)
        while self._wakes and not self._waits(self._wakes[0][2]):
            heappop(self._wakes)
        return min((heap[0][0] for heap in (self._deadlines, self._wakes) if heap), default=None)

    def _waits(self, order_id: OrderId) -> bool:
        order = self.orders.get(order_id)
        return order is not None and order.line is not None

    def _enter_order(self, facts: OrderFacts, offer: OfferFacts | None, now: datetime) -> None:
        order = self.orders[facts.id] = Order(facts, offer=offer)
        if facts.state is OrderState.WAITING:
            self._stand_in_line(order, now)
        elif offer is not None:
            self.open_offers[offer.id] = offer
            heappush(self._deadlines, (offer.deadline, offer.id.int, offer.id))
            agent = self._agent(offer.user_id)
            self._give(order, agent, offer.id)
            self.changed_agents[agent] = None
        elif facts.owner_id is not None:
            self._give(order, self._agent(facts.owner_id), None)

    def _stand_in_line(self, order: Order, now: datetime) -> None:
        """Let it stand where its needs of now put it, and note when that changes."""
        facts = order.facts
        needs = self.needs_of(order, now)
        line = self._line_for(needs.requirement)
        if order.line is not None and order.line is not line:
            order.line.waiting.drop(order)
        order.line = line
        line.waiting.put(order, needs.rank)
        self.changed_lines[line] = None
        changes = [needs.until] if needs.until is not None else []
        if facts.refusals:
            changes += next_lapses(facts, now)
        if changes:
            heappush(self._wakes, (min(changes), facts.id.int, facts.id))

    def _enter_queue(self, queue: QueueFacts, now: datetime) -> None:
        before = self.queues.get(queue.id)
        self.queues[queue.id] = queue
        if before == queue:
            return
        for order in self.orders.values():
            if order.facts.queue_id != queue.id:
                continue
            if order.line is not None:
                self._stand_in_line(order, now)
            elif order.offer is not None and order.holder is not None:
                self.changed_agents[order.holder] = None  # may they still have it?

    def _forget_order(self, order_id: OrderId) -> None:
        order = self.orders.pop(order_id, None)
        if order is None:
            return
        if order.line is not None:
            order.line.waiting.drop(order)
        if order.offer is not None:
            self.open_offers.pop(order.offer.id, None)
        if order.holder is not None:
            self._take_back(order, order.holder)

    def _give(self, order: Order, agent: Agent, offer_id: OfferId | None) -> None:
        channel = order.facts.channel
        order.holder = agent
        agent.used[channel] = agent.used.get(channel, 0) + order.facts.units
        if order.promised or offer_id is not None:
            agent.held_out[order.facts.id] = offer_id
        if agent.pool is not None:
            agent.pool.rank(agent)

    def _take_back(self, order: Order, agent: Agent) -> None:
        agent.used[order.facts.channel] -= order.facts.units
        agent.held_out.pop(order.facts.id, None)
        if agent.pool is not None:
            agent.pool.rank(agent)
        self.changed_agents[agent] = None

    def _enter_agent(self, facts: AgentFacts) -> None:
        agent = self._agent(facts.user_id)
        if agent.pool is not None:
            agent.pool.leave(agent)
        agent.facts, agent.pool = facts, self._pool_for(profile_of(facts))
        agent.pool.join(agent)
        self.changed_agents[agent] = None

    @staticmethod
    def _set_away(agent: Agent) -> None:
        if agent.facts is not None and agent.pool is not None:
            agent.facts = replace(agent.facts, available=False)
            agent.pool.rank(agent)

    def _agent(self, user_id: UserId) -> Agent:
        agent = self.agents.get(user_id)
        if agent is None:
            agent = self.agents[user_id] = Agent(user_id)
        return agent

    def _line_for(self, requirement: Requirement) -> Line:
        line = self.lines.get(requirement)
        if line is None:
            line = self.lines[requirement] = Line(requirement)
            for profile, pool in self.pools.items():
                if is_qualified(profile, requirement):
                    pool.serve(line)
        return line

    def _pool_for(self, profile: Profile) -> Pool:
        pool = self.pools.get(profile)
        if pool is None:
            pool = self.pools[profile] = Pool(profile)
            for requirement, line in self.lines.items():
                if is_qualified(profile, requirement):
                    pool.serve(line)
        return pool
