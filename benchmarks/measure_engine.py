"""What one decision of the routing engine costs, from a small desk to a very large one.

All agents are busy and orders wait, in 200 combinations of skills. Measured are, each by itself:
an agent becomes free and gets the best order that waits for them; an order arrives that nobody can
take; an agent is free and an order arrives. A naive scan does the first beside it.
"""

from __future__ import annotations

import gc
import random
import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from servicedesk.domain.ids import OrderId, QueueId, TicketId, UserId
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.orders import OrderState
from servicedesk.routing.engine.decisions import MakeOffer
from servicedesk.routing.engine.events import (
    AgentChanged,
    Event,
    OrderChanged,
    OrderGone,
    Together,
)
from servicedesk.routing.engine.machine import Engine
from servicedesk.routing.facts import AgentFacts, OrderFacts

SIZES = ((1_000, 100), (100_000, 1_000), (500_000, 15_000))
COMBINATIONS = 200
SKILLS = tuple(f"skill-{number}" for number in range(12))
DECISIONS = 3_000
SCANS = 5
START = datetime(2027, 3, 2, 9, 0, tzinfo=UTC)
QUEUES = tuple(QueueId(UUID(int=number)) for number in range(1, 6))
Requirement = tuple[QueueId, dict[str, int]]


def main() -> None:
    print(f"{'orders':>8} {'agents':>7} | {'freed':>8} {'p99':>8} | {'no match':>8} {'arrival':>8} "
          f"| {'scan':>9} | {'fill':>7} {'memory':>10}")  # fmt: skip
    for orders, agents in SIZES:
        print(_row(orders, agents), flush=True)


def _row(orders: int, agents: int) -> str:
    desk = BenchDesk(orders, agents)
    freed, unmatched = desk.work(DECISIONS)
    matched = desk.let_orders_arrive_for_the_free(min(DECISIONS, agents))
    scan = desk.scan(SCANS)
    return (
        f"{orders:>8,} {agents:>7,} | {_us(freed)} {_p99(freed)} | {_us(unmatched)} {_us(matched)} "
        f"| {_us(scan):>9} | {desk.fill_seconds:>5.1f} s {desk.bytes_per_order:>5,.0f} B/order"
    )


class BenchDesk:
    """An engine with every agent busy on one order and the rest of the orders waiting."""

    def __init__(self, orders: int, agents: int) -> None:
        self.dice = random.Random(1)
        self.now = START
        self.numbers = iter(range(10_000, 10**9))
        self.requirements = [self._requirement() for _ in range(COMBINATIONS)]
        profiles = [self._profile() for _ in range(COMBINATIONS)]
        self.agents = {
            agent.user_id: agent for agent in (self._agent(profiles) for _ in range(agents))
        }
        self.waiting = {order.id: order for order in (self._order() for _ in range(orders))}
        self.held: dict[UserId, OrderFacts] = {}
        self.engine = Engine()
        self._fill()

    def work(self, times: int) -> tuple[list[float], list[float]]:
        """An agent ends their order and gets another, and a new order takes its place in line.

        Returns the seconds of both, where the agent got one and the new one had to wait.
        """
        freed, waited = [], []
        for user_id in self.dice.choices(sorted(self.held), k=times):
            self.now += timedelta(seconds=1)
            if user_id in self.held:
                seconds, found = self._timed(OrderGone(self.held.pop(user_id).id))
                freed += [seconds] if found else []
            order = self._order()
            self.waiting[order.id] = order
            seconds, found = self._timed(OrderChanged(order))
            waited += [] if found else [seconds]
        return freed, waited

    def let_orders_arrive_for_the_free(self, times: int) -> list[float]:
        """Some are free, since nothing waits for them; then an order comes that they can take."""
        self.engine.apply(
            Together(tuple(OrderGone(order_id) for order_id in self.waiting)), self.now
        )
        self.waiting.clear()
        for user_id in list(self.held)[::2]:
            self.engine.apply(OrderGone(self.held.pop(user_id).id), self.now)
        arrived = []
        for _ in range(times):
            order = self._order()
            self.waiting = {order.id: order}
            seconds, found = self._timed(OrderChanged(order))
            if found:
                arrived.append(seconds)
            self.engine.apply(OrderGone(order.id), self.now)
        return arrived

    def scan(self, times: int) -> list[float]:
        """The same decision as `free_agents`, made by looking at every order that waits."""
        orders = [self._order() for _ in range(self.size)]
        agents = self.dice.choices(list(self.agents.values()), k=times)
        return [_timed_call(lambda agent=agent: _best_by_scan(agent, orders)) for agent in agents]

    def _fill(self) -> None:
        self.size = len(self.waiting)
        gc.collect()
        before = _memory_bytes()
        started = time.perf_counter()
        events: list[Event] = [OrderChanged(order) for order in self.waiting.values()]
        self.engine.apply(Together(tuple(events)), self.now)
        del events
        self.fill_seconds = time.perf_counter() - started
        self.bytes_per_order = (_memory_bytes() - before) / self.size
        started = time.perf_counter()
        for decision in self.engine.apply(
            Together(tuple(AgentChanged(agent) for agent in self.agents.values())), self.now
        ):
            assert isinstance(decision, MakeOffer)
            self._give(decision)
        self.fill_seconds += time.perf_counter() - started

    def _give(self, decision: MakeOffer) -> None:
        order = replace(
            self.waiting.pop(decision.order_id), state=OrderState.ACTIVE, owner_id=decision.user_id
        )
        self.held[decision.user_id] = order
        self.engine.apply(OrderChanged(order), self.now)

    def _timed(self, event: Event) -> tuple[float, int]:
        """Apply the event; return the seconds that took and how many offers it led to."""
        started = time.perf_counter()
        decisions = self.engine.apply(event, self.now)
        seconds = time.perf_counter() - started
        for decision in decisions:
            assert isinstance(decision, MakeOffer)
            self._give(decision)
        return seconds, len(decisions)

    def _id(self) -> UUID:
        return UUID(int=next(self.numbers))

    def _requirement(self) -> Requirement:
        skills = self.dice.sample(SKILLS, self.dice.choice((1, 1, 2)))
        return self.dice.choice(QUEUES), {skill: self.dice.randint(1, 2) for skill in skills}

    def _profile(self) -> tuple[frozenset[QueueId], dict[str, int]]:
        skills = self.dice.sample(SKILLS, 6)
        queues = frozenset(self.dice.sample(QUEUES, 3))
        return queues, {skill: self.dice.randint(1, 3) for skill in skills}

    def _agent(self, profiles: list[tuple[frozenset[QueueId], dict[str, int]]]) -> AgentFacts:
        queues, skills = self.dice.choice(profiles)
        idle_since = START - timedelta(seconds=self.dice.random() * 3_600)
        return AgentFacts(
            user_id=UserId(self._id()),
            available=True,
            idle_since=idle_since,
            queue_ids=queues,
            capacity={"email": 1},
            skills=skills,
        )

    def _order(self) -> OrderFacts:
        queue_id, skills = self.dice.choice(self.requirements)
        return OrderFacts(
            id=OrderId(self._id()),
            ticket_id=TicketId(self._id()),
            queue_id=queue_id,
            channel=ChannelKind.EMAIL,
            state=OrderState.WAITING,
            priority=self.dice.randint(1, 4),
            units=1,
            owner_id=None,
            virtual_start=START - timedelta(seconds=self.dice.random() * 86_400),
            attempts=0,
            skills=skills,
        )


def _best_by_scan(agent: AgentFacts, orders: list[OrderFacts]) -> OrderFacts | None:
    best: OrderFacts | None = None
    for order in orders:
        if order.queue_id not in agent.queue_ids:
            continue
        if not all(agent.skills.get(name, 0) >= least for name, least in order.skills.items()):
            continue
        if best is None or (-order.priority, order.virtual_start) < (
            -best.priority,
            best.virtual_start,
        ):
            best = order
    return best


def _timed_call(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def _memory_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _us(seconds: list[float]) -> str:
    return f"{1e6 * statistics.fmean(seconds):>6,.1f}us"


def _p99(seconds: list[float]) -> str:
    return f"{1e6 * statistics.quantiles(seconds, n=100)[98]:>6,.1f}us"


if __name__ == "__main__":
    main()
