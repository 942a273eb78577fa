"""Where orders stand and who may serve them: lines by requirement, pools by profile.

Each line is joined with every pool whose agents meet its requirement, when either is made. There
are as many of both as there are different requirements and profiles, however many orders wait.
"""

from dataclasses import replace

from servicedesk.domain.ids import QueueId
from servicedesk.domain.messages import ChannelKind
from servicedesk.routing.engine.policy import ANY_DELAY_SECONDS, Requirement, eventual, overflows_of
from servicedesk.routing.engine.ranking import Ranking
from servicedesk.routing.engine.records import (
    Agent,
    Line,
    Order,
    Pool,
    Profile,
    Prospect,
    Shelf,
    is_qualified,
    priority_for,
    profile_of,
)
from servicedesk.routing.facts import AgentFacts, OrderFacts, QueueFacts


class Hall:
    """`changes` counts what may have changed who could ever take an order. `has_priorities`: some
    profile prefers one queue to another."""

    def __init__(self) -> None:
        self.lines: dict[Requirement, Line] = {}
        self.pools: dict[Profile, Pool] = {}
        self.prospects: dict[Requirement, Prospect] = {}
        self.shelves: dict[QueueId, Shelf] = {}
        self.delays: dict[QueueId, set[int]] = {}
        self.changes = 0
        self.has_priorities = False

    def shelf(self, queue_id: QueueId) -> Shelf:
        shelf = self.shelves.get(queue_id)
        if shelf is None:
            shelf = self.shelves[queue_id] = Shelf(queue_id)
            shelf.follow(None, self.delays_for(shelf, None))
        return shelf

    def line(self, requirement: Requirement) -> Line:
        line = self.lines.get(requirement)
        if line is None:
            line = self.lines[requirement] = self._open_line(requirement, None)
            for profile, pool in self.pools.items():
                if is_qualified(profile, requirement):
                    pool.serve(line)
        return line

    def plain_line(self, shelf: Shelf, order: OrderFacts) -> Line:
        """The line of an order whose queue lets time alone change nothing."""
        skills = tuple(sorted(order.skills.items())) if order.skills else ()
        kind = (order.channel, order.units, skills)
        line = shelf.plain.get(kind)
        if line is None:
            required = Requirement((shelf.queue_id,), order.channel, order.units, skills)
            if shelf.facts is not None:
                required = replace(required, choice=shelf.facts.choice)
            line = shelf.plain[kind] = self.line(required)
        return line

    def own_line(self, agent: Agent, requirement: Requirement) -> Line:
        """The line of what waits for this agent alone: one for each queue, channel and size."""
        own = replace(
            requirement,
            queue_ids=requirement.queue_ids[:1],
            skills=(),
            team_ids=(),
            waited_seconds=ANY_DELAY_SECONDS,
        )
        line = agent.own_lines.get(own)
        if line is None:
            line = agent.own_lines[own] = self._open_line(own, agent)
            line.admit(Ranking(), 0)
            agent.rank()
        if agent.pool is not None:
            line.level = line.priorities[0] = priority_for(agent.pool.profile, own)
        return line

    def seat(self, agent: Agent, facts: AgentFacts) -> bool:
        """Give the agent the facts and the pool that goes with them; return whether there are new
        delays to be waited for."""
        before, agent.facts = agent.facts, facts
        if before is None or before.capacity != facts.capacity:
            agent.channels = tuple(ChannelKind(name) for name in facts.capacity)
        if agent.pool is not None and before is not None and _alike(before, facts):
            if before.capacity != facts.capacity and agent.pool.count_capacity():
                self.changes += 1
            return False
        if agent.pool is not None:
            agent.pool.leave(agent)
            self.changes += agent.pool.count_capacity()
            if not agent.pool.agents:
                self._give_up(agent.pool)
        knows_delays = sum(map(len, self.delays.values()))
        agent.pool = self._pool(profile_of(facts))
        agent.pool.agents[agent] = None
        for channel, units in facts.capacity.items():
            if units > agent.pool.most.get(channel, 0):
                agent.pool.most[channel] = units
                self.changes += 1
        return sum(map(len, self.delays.values())) > knows_delays

    def delays_for(self, shelf: Shelf, queue: QueueFacts | None) -> tuple[int, ...]:
        """The delays that orders of the queue may have to wait for, by its steps' queues too."""
        found = set(self.delays.get(shelf.queue_id, ()))
        for step in () if queue is None else queue.steps:
            for queue_id in step.also_queues:
                found |= self.delays.get(queue_id, set())
        return tuple(sorted(found))

    def is_hopeful(self, line: Line) -> bool:
        """Could anybody ever take what waits here, once every step was taken?"""
        if line.only is not None:
            return True
        changes, hope = line.hope
        if changes != self.changes:
            hope = self._find_hope(line.requirement, set())
            line.hope = (self.changes, hope)
        return hope

    def _find_hope(self, requirement: Requirement, tried: set[QueueId]) -> bool:
        own = requirement.queue_ids[0]
        tried.add(own)
        queue = self.shelf(own).facts
        last = self._prospect(eventual(requirement, queue))
        channel, units = requirement.channel, requirement.units
        if any(pool.most.get(channel, 0) >= units for pool in last.pools):
            return True
        ways = [] if queue is None else sorted(set(overflows_of(queue)) - tried)
        return any(
            self._find_hope(replace(last.requirement, queue_ids=(queue_id,), team_ids=()), tried)
            for queue_id in ways
        )

    def _prospect(self, requirement: Requirement) -> Prospect:
        prospect = self.prospects.get(requirement)
        if prospect is None:
            prospect = self.prospects[requirement] = Prospect(requirement)
            for profile, pool in self.pools.items():
                if is_qualified(profile, requirement):
                    prospect.pools.append(pool)
        return prospect

    def give_up_lines(self, shelf: Shelf) -> None:
        """Forget the lines of the queue that nobody stands in: its rules changed, and none may be
        asked for again."""
        gone = {line for line in shelf.lines if not line.heap and line.only is None}
        shelf.lines = [line for line in shelf.lines if line not in gone]
        for line in gone:
            del self.lines[line.requirement]
        for pool in self.pools.values() if gone else ():
            pool.lines = [line for line in pool.lines if line not in gone]

    def _give_up(self, pool: Pool) -> None:
        """Forget a pool that nobody is in: else a decision would cost as much as there were ever
        different profiles."""
        del self.pools[pool.profile]
        pool.close()
        for prospect in self.prospects.values():
            if pool in prospect.pools:
                prospect.pools.remove(pool)

    def _open_line(self, requirement: Requirement, only: Agent | None) -> Line:
        shelf = self.shelf(requirement.queue_ids[0])
        line = Line(requirement, shelf.is_open, only)
        shelf.lines.append(line)
        return line

    def _pool(self, profile: Profile) -> Pool:
        pool = self.pools.get(profile)
        if pool is None:
            pool = self.pools[profile] = Pool(profile)
            for requirement, line in self.lines.items():
                if is_qualified(profile, requirement):
                    pool.serve(line)
            for requirement, prospect in self.prospects.items():
                if is_qualified(profile, requirement):
                    prospect.pools.append(pool)
            for each in profile.serves:
                self.has_priorities |= each.priority != 0
                if each.delay_seconds:
                    self.delays.setdefault(each.queue_id, set()).add(each.delay_seconds)
        return pool


def orders_of(shelf: Shelf) -> list[Order]:
    """The orders that wait in the queue's lines."""
    return [order for line in shelf.lines for order in line.waiting]


def _alike(before: AgentFacts, after: AgentFacts) -> bool:
    return (
        before.serves == after.serves
        and before.skills == after.skills
        and before.team_ids == after.team_ids
    )
