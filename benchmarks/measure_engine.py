"""What one decision of the routing engine costs, from a small desk to a very large one.

All agents are busy and orders wait, in 200 combinations of skills. Measured are, each by itself:
an agent becomes free and gets the best order that waits for them; an order arrives that nobody can
take; an agent is free and an order arrives. Beside the first, turn by turn: a naive scan of every
order that waits, and a router that asks PostgreSQL with SKIP LOCKED (commit included).

Engine and scan in processor time of their thread, since other work may run on the machine; it still
shows, in the 99th percentiles first, so the median stands by. SKIP LOCKED in elapsed time. The
garbage collector runs as in the router's process: what is there is frozen, thresholds are higher.
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
from pathlib import Path
from uuid import UUID

from benchmarks.routing_rows import SkipLocked, skip_locked_router
from servicedesk.domain.ids import OrderId, QueueId, TeamId, TicketId, UserId
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.orders import OrderState
from servicedesk.routing.engine.decisions import MakeOffer
from servicedesk.routing.engine.events import (
    AgentChanged,
    Event,
    OrderChanged,
    OrderGone,
    Preloaded,
    QueueChanged,
    Together,
)
from servicedesk.routing.engine.machine import Engine
from servicedesk.routing.facts import AgentFacts, OrderFacts, QueueFacts, Serving

SIZES = ((1_000, 100), (100_000, 1_000), (500_000, 15_000))
COMBINATIONS = 200
SKILLS = tuple(f"skill-{number}" for number in range(12))
DECISIONS = 3_000
ROUNDS = 10
ASKED_A_ROUND = 5
START = datetime(2027, 3, 2, 9, 0, tzinfo=UTC)
QUEUES = tuple(QueueId(UUID(int=number)) for number in range(1, 6))
Requirement = tuple[QueueId, dict[str, int]]


def main() -> None:
    print(
        f"{'orders':>8} {'agents':>7} | {'freed':>8} {'median':>8} {'p99':>8} | "
        f"{'no match':>8} {'p99':>8} {'arrival':>8} | "
        f"{'scan':>18} {'SKIP LOCKED':>18} | {'fill':>6} {'memory':>11}"
    )
    with skip_locked_router() as rows:
        costs = [_measure(orders, agents, rows) for orders, agents in SIZES]
    print(f"growth from the smallest to the largest: {costs[-1] / costs[0]:.1f} times")


def _measure(orders: int, agents: int, rows: SkipLocked | None) -> float:
    """Print a line; return the mean cost of a freed agent in seconds."""
    desk = BenchDesk(orders, agents)
    if rows is not None:
        rows.fill(desk.waiting.values())
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    freed: list[float] = []
    unmatched: list[float] = []
    scans: list[float] = []
    asked: list[float] = []
    for _ in range(ROUNDS):
        found, missed = desk.work(DECISIONS // ROUNDS)
        freed += found
        unmatched += missed
        agent = desk.dice.choice(list(desk.agents.values()))
        scans.append(desk.scan(agent))
        if rows is not None:
            asked += [rows.take_best(agent) for _ in range(ASKED_A_ROUND)]
    matched = desk.let_orders_arrive_for_the_free(min(DECISIONS, agents))
    gc.unfreeze()
    cost = statistics.fmean(freed)
    print(
        f"{orders:>8,} {agents:>7,} | {_us(freed)} {_us([statistics.median(freed)])} "
        f"{_p99(freed)} | {_us(unmatched)} {_p99(unmatched)} {_us(matched)} "
        f"| {_times(scans, cost):>18} {_times(asked, cost):>18} "
        f"| {desk.fill_seconds:>4.1f} s {desk.bytes_per_order:>5,.0f} B/order",
        flush=True,
    )
    return cost


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
        gc.collect()
        self.before = _memory_bytes()
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

    def scan(self, agent: AgentFacts) -> float:
        """The seconds that the decision takes by looking at every order that waits."""
        orders = list(self.waiting.values())
        return _timed_call(lambda: _best_by_scan(agent, orders))

    def _fill(self) -> None:
        started = time.perf_counter()
        events: list[Event] = [OrderChanged(order) for order in self.waiting.values()]
        queues = [
            QueueChanged(QueueFacts(queue_id, "", TeamId(queue_id), 45, active=True))
            for queue_id in QUEUES
        ]
        self.engine.apply(Preloaded((*queues, *events)), self.now)
        del events
        gc.collect()
        self.fill_seconds = time.perf_counter() - started
        self.bytes_per_order = (_memory_bytes() - self.before) / len(self.waiting)
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
        started = time.thread_time()
        decisions = self.engine.apply(event, self.now)
        seconds = time.thread_time() - started
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
            serves=tuple(Serving(queue_id) for queue_id in sorted(queues)),
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
        if not any(order.queue_id == each.queue_id for each in agent.serves):
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
    started = time.thread_time()
    call()
    return time.thread_time() - started


def _memory_bytes() -> int:
    """What the process has in memory now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def _times(seconds: list[float], cost: float) -> str:
    """The mean, and how many times the cost of ours it is."""
    if not seconds:
        return "skipped"
    mean = statistics.fmean(seconds)
    return f"{1e6 * mean:>9,.0f}us {mean / cost:>5,.0f}x"


def _us(seconds: list[float]) -> str:
    return f"{1e6 * statistics.fmean(seconds):>6,.1f}us"


def _p99(seconds: list[float]) -> str:
    return f"{1e6 * statistics.quantiles(seconds, n=100)[98]:>6,.1f}us"


if __name__ == "__main__":
    main()
