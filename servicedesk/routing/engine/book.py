"""What the engine knows: orders in lines, agents in pools, open offers; kept as facts arrive.

`changed_lines` and `changed_agents` collect where something may match now that did not before
(such agents are ranked anew before that is looked at),
`to_divert` and `to_review` orders to look at; the engine empties them. They are dicts for their
order: a set's would depend on hashes.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import assert_never
from uuid import UUID

from servicedesk.domain.ids import OfferId, OrderId, QueueId, UserId
from servicedesk.domain.orders import LIVE_ORDERS, DivertCause, OrderState
from servicedesk.routing.engine.decisions import Decision, EndWrapUp, ExpireOffer, LookUpHours
from servicedesk.routing.engine.events import (
    AgentChanged,
    Event,
    OrderChanged,
    OrderGone,
    Preloaded,
    QueueChanged,
    TimePassed,
    Together,
)
from servicedesk.routing.engine.favour import is_worth_waiting
from servicedesk.routing.engine.hall import Hall, orders_of
from servicedesk.routing.engine.policy import (
    Needs,
    Requirement,
    needs_of,
    overflow_circles,
    rank_of,
)
from servicedesk.routing.engine.records import (
    Agent,
    Line,
    Order,
    Shelf,
)
from servicedesk.routing.engine.refusals import next_lapses
from servicedesk.routing.engine.timers import Due, Timers
from servicedesk.routing.facts import AgentFacts, OfferFacts, OrderFacts, QueueFacts


class Book:
    def __init__(self) -> None:
        self.orders: dict[OrderId, Order] = {}
        self.agents: dict[UserId, Agent] = {}
        self.hall = Hall()
        self.open_offers: dict[OfferId, OfferFacts] = {}
        self.circles: frozenset[QueueId] = frozenset()
        self.changed_lines: dict[Line, None] = {}
        self.changed_agents: dict[Agent, None] = {}
        self.to_divert: dict[Order, None] = {}
        self.to_review: dict[Order, None] = {}
        self.timers = Timers(self._is_live)
        self._turn = 0

    def learn(self, event: Event, now: datetime) -> None:
        match event:
            case OrderChanged():
                self._enter_order(event, now)
            case OrderGone(order_id):
                self._forget_order(order_id)
            case AgentChanged(agent):
                self._enter_agent(agent, now)
            case QueueChanged(queue):
                self._enter_queue(queue, now)
            case Together(events):
                for each in events:
                    self.learn(each, now)
            case Preloaded(events):
                self.learn(Together(events), now)
                for order in self.to_divert:
                    order.is_new = False  # it was let in before we started
            case TimePassed():
                pass
            case _:
                assert_never(event)

    def let_time_pass(self, now: datetime) -> Iterator[Decision]:
        """Yield what is due by now and nothing else: whoever did not answer in time, notes that
        must be over, queues that open or close. Orders take the steps of their queue."""
        for due, key in self.timers.pop_due(now):
            match due:
                case Due.OFFER:
                    offer = self.open_offers.pop(OfferId(key))
                    self._set_away(self._agent(offer.user_id), now)
                    yield ExpireOffer(offer.id, offer.order_id, offer.user_id)
                case Due.WRAP_UP:
                    order = self.orders[OrderId(key)]
                    order.wake_at = None
                    assert order.facts.owner_id is not None  # noqa: S101  # it is active
                    yield EndWrapUp(order.facts.id, order.facts.owner_id)
                case Due.HOURS:
                    shelf = self.hall.shelf(QueueId(key))
                    shelf.flipped = True
                    self._set_open(shelf, is_open=not shelf.is_open)
                    yield LookUpHours(shelf.queue_id)
                case Due.LOOK_UP:
                    yield LookUpHours(QueueId(key))
                case Due.ORDER:
                    order = self.orders[OrderId(key)]
                    order.wake_at = None
                    self.place(order, now)
                case _:
                    assert_never(due)

    def needs_of(self, order: Order, now: datetime) -> Needs:
        shelf = order.shelf
        return needs_of(order.facts, shelf.facts, now, shelf.delays)

    def promise(self, order: Order, agent: Agent, now: datetime, *, is_theirs: bool) -> None:
        """Hold the order out to the agent in the book, or give it to them at once, until the rows
        say what became of it."""
        shelf = order.shelf
        self.let_go(order)
        shelf.pace.note(now, others_wait=shelf.waiting > 0)
        self._turn += 1
        agent.turn = self._turn
        order.promised = True
        self._give(order, agent)
        if not is_theirs:
            agent.held_out[order.facts.id] = None
        agent.rank()

    def let_go(self, order: Order) -> None:
        """Take the order out of its line, if it stands in one."""
        order.listed = False
        if order.facts.preferred_id is not None:
            self._agent(order.facts.preferred_id).wanted_by.pop(order, None)
        if order.line is not None:
            order.line.waiting.drop(order)
            order.line = None
            order.shelf.waiting -= 1

    def place(self, order: Order, now: datetime) -> None:
        """Let it stand where its needs of now put it, and note when that changes."""
        facts, shelf = order.facts, order.shelf
        queue = shelf.facts
        if shelf.may_divert:
            self.to_divert[order] = None
        self.to_review[order] = None
        if queue and queue.most_refusals is not None and facts.refused >= queue.most_refusals:
            self.let_go(order)
            order.listed = True
            return
        if facts.preferred_id is None and shelf.is_plain:
            self._stand(order, self.hall.plain_line(shelf, facts), rank_of(facts, queue, 0))
            wakes = []
        else:
            needs = self.needs_of(order, now)
            order.steps = needs.steps
            self._stand(order, self._line_for(order, needs.requirement, now), needs.rank)
            wakes = [] if needs.until is None else [needs.until]
            if facts.preferred_until is not None and facts.preferred_until > now:
                wakes.append(facts.preferred_until)
        if facts.refusals:
            wakes += next_lapses(facts, now)
        if wakes:
            self.wake(order, min(wakes))

    def wake(self, order: Order, at: datetime) -> None:
        """Look at the order again at this instant, if not at an earlier one."""
        if order.wake_at is None or at < order.wake_at:
            order.wake_at = at
            due = Due.WRAP_UP if order.facts.state is OrderState.ACTIVE else Due.ORDER
            self.timers.set(at, due, order.facts.id)

    def _stand(self, order: Order, line: Line, rank: tuple[object, ...]) -> None:
        if order.line is None:
            order.shelf.waiting += 1
        elif order.line is not line:
            order.line.waiting.drop(order)
        order.line, order.listed = line, False
        line.waiting.put(order, rank)
        self.changed_lines[line] = None

    def _line_for(self, order: Order, requirement: Requirement, now: datetime) -> Line:
        """The line of its requirement, or its preferred agent's while it waits for them alone."""
        facts = order.facts
        if facts.preferred_id is None or facts.preferred_until is None:
            return self.hall.line(requirement)
        agent = self._agent(facts.preferred_id)
        if facts.preferred_until <= now:
            agent.wanted_by.pop(order, None)
            return self.hall.line(requirement)
        agent.wanted_by[order] = None
        if self._is_worth_waiting(agent, order, requirement, now):
            return self.hall.own_line(agent, requirement)
        return self.hall.line(requirement)

    @staticmethod
    def _is_worth_waiting(
        agent: Agent, order: Order, requirement: Requirement, now: datetime
    ) -> bool:
        facts, pool = agent.facts, agent.pool
        if facts is None or pool is None:
            return False
        return is_worth_waiting(facts, pool.profile, order.facts, requirement, now)

    def _is_live(self, at: datetime, due: Due, key: UUID) -> bool:
        match due:
            case Due.OFFER:
                offer = self.open_offers.get(OfferId(key))
                return offer is not None and offer.deadline == at
            case Due.HOURS:
                shelf = self.hall.shelf(QueueId(key))
                hours = None if shelf.facts is None else shelf.facts.hours
                return hours is not None and hours.changes_at == at and not shelf.flipped
            case Due.LOOK_UP:
                facts = self.hall.shelf(QueueId(key)).facts
                return (
                    facts is not None and facts.hours is not None and facts.hours.ask_again_at == at
                )
            case Due.WRAP_UP:
                order = self.orders.get(OrderId(key))
                return order is not None and order.wake_at == at
            case Due.ORDER:
                order = self.orders.get(OrderId(key))
                return order is not None and order.wake_at == at and order.line is not None
            case _:
                assert_never(due)

    def _enter_order(self, event: OrderChanged, now: datetime) -> None:
        facts, offer = event.order, event.offer
        before = self._forget_order(facts.id)
        if facts.state not in LIVE_ORDERS:
            return
        order = self.orders[facts.id] = Order(
            facts, self.hall.shelf(facts.queue_id), offer=offer, marked=facts.stuck
        )
        if facts.state is OrderState.WAITING:
            order.is_new = facts.attempts == 0 and not _stood_there(before, facts)
            self.place(order, now)
        elif offer is not None:
            self.open_offers[offer.id] = offer
            self.timers.set(offer.deadline, Due.OFFER, offer.id)
            agent = self._agent(offer.user_id)
            self._give(order, agent)
            agent.held_out[facts.id] = offer.id
            self.changed_agents[agent] = None
        elif facts.owner_id is not None:
            agent = self._agent(facts.owner_id)
            self._give(order, agent)
            agent.rank()
            if facts.wrap_up_until is not None:
                self.wake(order, facts.wrap_up_until)

    def _forget_order(self, order_id: OrderId) -> Order | None:
        order = self.orders.pop(order_id, None)
        if order is None:
            return None
        self.let_go(order)
        self.to_divert.pop(order, None)
        self.to_review.pop(order, None)
        if order.offer is not None:
            self.open_offers.pop(order.offer.id, None)
        if order.holder is not None:
            self._take_back(order, order.holder)
        return order

    @staticmethod
    def _give(order: Order, agent: Agent) -> None:
        facts = order.facts
        order.holder = agent
        agent.held[facts.id] = order
        agent.used[facts.channel] = agent.used.get(facts.channel, 0) + facts.units

    def _take_back(self, order: Order, agent: Agent) -> None:
        channel = order.facts.channel
        agent.used[channel] -= order.facts.units
        if not agent.used[channel]:
            del agent.used[channel]
        agent.held.pop(order.facts.id, None)
        agent.held_out.pop(order.facts.id, None)
        self.changed_agents[agent] = None

    def _enter_agent(self, facts: AgentFacts, now: datetime) -> None:
        agent = self._agent(facts.user_id)
        if self.hall.seat(agent, facts):
            self._wait_for_delays(now)
        self.changed_agents[agent] = None
        for order in list(agent.wanted_by):
            self.place(order, now)

    def _wait_for_delays(self, now: datetime) -> None:
        for shelf in list(self.hall.shelves.values()):
            delays = self.hall.delays_for(shelf, shelf.facts)
            if delays != shelf.delays:
                shelf.follow(shelf.facts, delays)
                for order in orders_of(shelf):
                    self.place(order, now)

    def _enter_queue(self, queue: QueueFacts, now: datetime) -> None:
        shelf = self.hall.shelf(queue.id)
        before = shelf.facts
        if before == queue and not shelf.flipped:
            return
        shelf.follow(queue, self.hall.delays_for(shelf, queue))
        shelf.flipped = False
        if queue.hours is not None:
            if queue.hours.changes_at is not None:
                self.timers.set(queue.hours.changes_at, Due.HOURS, queue.id)
            elif queue.hours.ask_again_at is not None:
                self.timers.set(queue.hours.ask_again_at, Due.LOOK_UP, queue.id)
        self._set_open(shelf, is_open=queue.hours is None or queue.hours.is_open)
        if before is None or _rules(before) != _rules(queue):
            self._follow_new_rules(shelf, now)

    def _follow_new_rules(self, shelf: Shelf, now: datetime) -> None:
        shelf.plain.clear()
        self.hall.changes += 1
        known = (each.facts for each in self.hall.shelves.values() if each.facts is not None)
        self.circles = overflow_circles(known)
        for order in self.orders.values():
            if order.shelf is not shelf:
                continue
            if order.waits:
                self.place(order, now)
            elif order.offer is not None and order.holder is not None:
                self.changed_agents[order.holder] = None  # may they still have it?
        self.hall.give_up_lines(shelf)

    def _set_open(self, shelf: Shelf, *, is_open: bool) -> None:
        shelf.is_open = is_open
        for line in shelf.lines:
            line.is_open = is_open
            if is_open:
                self.changed_lines[line] = None
            else:
                self.to_divert |= dict.fromkeys(line.waiting)

    def _set_away(self, agent: Agent, now: datetime) -> None:
        if agent.facts is not None:
            agent.facts = replace(agent.facts, available=False)
            agent.rank()
            for order in list(agent.wanted_by):
                self.place(order, now)

    def _agent(self, user_id: UserId) -> Agent:
        agent = self.agents.get(user_id)
        if agent is None:
            agent = self.agents[user_id] = Agent(user_id)
        return agent


def _stood_there(before: Order | None, facts: OrderFacts) -> bool:
    """Was the order let into this queue before? One that we asked to be sent on was not."""
    if before is None or before.facts.queue_id != facts.queue_id:
        return False
    return (DivertCause.FULL, 0) not in before.asked


def _rules(queue: QueueFacts) -> tuple[object, ...]:
    """What orders must be placed anew for when it changes."""
    return (
        queue.order,
        queue.choice,
        queue.priority_minutes,
        queue.steps,
        queue.max_length,
        queue.max_wait_seconds,
        queue.overflow,
        queue.outside,
        queue.most_refusals,
    )
