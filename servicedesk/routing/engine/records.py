"""The records of the book: orders that require the same stand in a line, agents who are qualified
for the same form a pool, and each line knows the pools that may serve it.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import assert_never

from servicedesk.domain.ids import OfferId, OrderId, QueueId, TeamId, UserId
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.orders import DivertCause, OrderState, Stuck
from servicedesk.routing.engine.forecast import Pace
from servicedesk.routing.engine.load import free_units
from servicedesk.routing.engine.policy import Requirement
from servicedesk.routing.engine.ranking import Entry, Key, Ranking
from servicedesk.routing.facts import (
    AgentChoice,
    AgentFacts,
    OfferFacts,
    OrderFacts,
    QueueFacts,
    Serving,
)


@dataclass(frozen=True, slots=True)
class Profile:
    """What an agent is qualified by; `skills` in order of name."""

    serves: tuple[Serving, ...]
    skills: tuple[tuple[str, int], ...] = ()
    team_ids: frozenset[TeamId] = frozenset()


@dataclass(eq=False, slots=True)
class Order:
    """`line` while it waits; `holder` while somebody owns it or it is held out to them.

    `promised`: we decided to offer it and have not heard since. `listed`: nobody is asked any
    more, supervisors see it. `steps`: how many of its queue's steps it has taken; `wake_at`: when
    to look at it again. `asked`: what we asked to be done for it and have not heard of since;
    `marked`: what we asked to be written down as its being stuck.
    """

    facts: OrderFacts
    shelf: "Shelf"
    line: "Line | None" = None
    holder: "Agent | None" = None
    offer: OfferFacts | None = None
    promised: bool = False
    listed: bool = False
    is_new: bool = False
    steps: int = 0
    wake_at: datetime | None = None
    asked: tuple[tuple[DivertCause, int], ...] = ()
    marked: Stuck | None = None

    @property
    def waits(self) -> bool:
        """Is it in line, or on the supervisors' list?"""
        return self.line is not None or self.listed


@dataclass(eq=False, slots=True)
class Shelf:
    """A queue with the lines of its orders. `delays` are those of its agents' profiles, rising.

    `facts` is None while only orders named it. `pace`: how fast its orders go to somebody.
    """

    queue_id: QueueId
    facts: QueueFacts | None = None
    is_open: bool = True
    flipped: bool = False
    waiting: int = 0
    lines: "list[Line]" = field(default_factory=list)
    plain: "dict[tuple[object, ...], Line]" = field(default_factory=dict)
    delays: tuple[int, ...] = ()
    is_plain: bool = False
    may_divert: bool = False
    pace: Pace = field(default_factory=Pace)

    def follow(self, queue: QueueFacts | None, delays: tuple[int, ...]) -> None:
        """Take over settings. `is_plain`: time alone changes nothing for the queue's orders;
        `may_divert`: something else may be done for them than to let them wait."""
        self.facts, self.delays = queue, delays
        if queue is not None:
            steps, longest = queue.steps, queue.max_wait_seconds
            self.is_plain = not delays and not steps and longest is None
            self.may_divert = (
                bool(steps) or queue.outside.is_something or queue.overflow.is_something
            )


@dataclass(eq=False, slots=True)
class Agent:
    """What the engine knows of an agent. `facts` is None while only orders named them.

    `used` is in units per channel, of orders at hand and held out; `held` are these orders and
    `held_out` those that they have not answered yet, with the open offer once that is known.
    `channels` are those they have any capacity on.
    `turn`: the number of the last offer that we decided to make them; an engine that starts anew
    counts from 0. `wanted_by` are orders that prefer them; `own_lines` hold those that wait for
    them alone.
    """

    user_id: UserId
    facts: AgentFacts | None = None
    pool: "Pool | None" = None
    channels: tuple[ChannelKind, ...] = ()
    used: dict[ChannelKind, int] = field(default_factory=dict)
    held: dict[OrderId, Order] = field(default_factory=dict)
    held_out: dict[OrderId, OfferId | None] = field(default_factory=dict)
    turn: int = 0
    wanted_by: dict[Order, None] = field(default_factory=dict)
    own_lines: "dict[Requirement, Line]" = field(default_factory=dict)

    def free_units(self, channel: ChannelKind) -> int:
        """Return how many units they could take; 0 or less if none, or if they take no work."""
        return 0 if self.facts is None else free_units(self.facts, self.used, channel)

    def free_channels(self) -> set[ChannelKind]:
        """The channels on which they could take anything at all."""
        if self.facts is None or not self.facts.available:
            return set()
        return {
            channel for channel in self.channels if free_units(self.facts, self.used, channel) > 0
        }

    def lines(self) -> "list[Line]":
        """Where they might be served from."""
        if self.pool is None:
            return []
        if not self.own_lines:
            return self.pool.lines
        return [*self.pool.lines, *self.own_lines.values()]

    def interrupted_by(self, order: OrderFacts) -> tuple[OrderId, ...]:
        """Return which orders are held while they have this one."""
        facts = self.facts
        if facts is None or order.channel not in facts.exclusive:
            return ()
        return tuple(
            each.facts.id
            for each in self.held.values()
            if each.facts.channel in facts.interruptible
            and each.facts.state is OrderState.ACTIVE
            and each.facts.wrap_up_until is None
        )

    def key(self, choice: AgentChoice) -> Key:
        """Smaller is asked earlier. No two agents have the same.

        Unanswered offers come first, so that a burst is spread over all who are free.
        """
        assert self.facts is not None  # noqa: S101  # only agents with facts are in a pool
        idle = (self.facts.idle_since, self.user_id.int)
        match choice:
            case AgentChoice.LONGEST_IDLE | AgentChoice.BEST_SKILL:
                return (len(self.held_out), *idle)
            case AgentChoice.LEAST_LOADED:
                return (sum(self.used.values()), *idle)
            case AgentChoice.ROUND_ROBIN:
                return (self.turn, *idle)
            case _:
                assert_never(choice)

    def rank(self) -> None:
        """List them wherever they have units to spare, and nowhere else."""
        if self.pool is None:
            return
        for kind, ranking in self.pool.free.items():
            _list_if_free(self, kind, ranking)
        for line in self.own_lines.values():
            _list_if_free(self, (line.channel, line.requirement.choice), line.free[0])


@dataclass(eq=False, slots=True)
class Line:
    """`waiting` orders, the best first. `free` has a ranking for each pool of qualified agents,
    with the pool's priority for the queue in `priorities` at the same index, and how good the pool
    is at what is required in `grades` (smaller is better; empty unless that is asked for).

    `level` is the priority that all pools have, None if they differ. `only`: the agent for whom
    alone these orders wait. `hope`: whether anybody could ever take them, as of a count of changes.
    `heap` and `channel` are at hand for loops: those of `waiting` and `requirement`.
    """

    requirement: Requirement
    is_open: bool = True
    only: Agent | None = None
    waiting: Ranking[Order] = field(default_factory=Ranking)
    free: list[Ranking[Agent]] = field(default_factory=list)
    priorities: list[int] = field(default_factory=list)
    level: int | None = 0
    grades: dict[Ranking[Agent], int] = field(default_factory=dict)
    hope: tuple[int, bool] = (-1, True)
    heap: list[Entry[Order]] = field(init=False)
    channel: ChannelKind = field(init=False)

    def __post_init__(self) -> None:
        self.heap, self.channel = self.waiting.heap, self.requirement.channel

    @property
    def may_match(self) -> bool:
        """Does somebody wait whom somebody free might serve?"""
        return bool(self.heap and self.is_open) and any(ranking.heap for ranking in self.free)

    def admit(self, ranking: Ranking[Agent], priority: int) -> None:
        """Let the agents of the ranking serve the line."""
        self.level = priority if not self.free or self.level == priority else None
        self.free.append(ranking)
        self.priorities.append(priority)

    def dismiss(self, ranking: Ranking[Agent]) -> None:
        """Nobody of the ranking is there any more."""
        place = self.free.index(ranking)
        del self.free[place], self.priorities[place]
        self.grades.pop(ranking, None)
        levels = set(self.priorities)
        self.level = None if len(levels) > 1 else next(iter(levels), 0)


@dataclass(frozen=True, slots=True)
class Prospect:
    """What orders of some line will need once they have waited for ever, and who could do that."""

    requirement: Requirement
    pools: "list[Pool]" = field(default_factory=list)


@dataclass(eq=False, slots=True)
class Pool:
    """`lines` are those whose requirement its agents meet. `free` ranks, for each channel and way
    to choose that a line asks for, the agents with at least one unit to spare. `most` is the
    largest capacity of any of them by channel."""

    profile: Profile
    lines: list[Line] = field(default_factory=list)
    agents: dict[Agent, None] = field(default_factory=dict)
    free: dict[tuple[ChannelKind, AgentChoice], Ranking[Agent]] = field(default_factory=dict)
    most: dict[str, int] = field(default_factory=dict)

    def serve(self, line: Line) -> None:
        required = line.requirement
        kind = (required.channel, required.choice)
        ranking = self.free.get(kind)
        if ranking is None:
            ranking = self.free[kind] = Ranking()
            for agent in self.agents:
                _list_if_free(agent, kind, ranking)
        self.lines.append(line)
        line.admit(ranking, priority_for(self.profile, required))
        if required.choice is AgentChoice.BEST_SKILL:
            levels = dict(self.profile.skills)
            line.grades[ranking] = -sum(levels.get(skill, 0) for skill, _ in required.skills)

    def close(self) -> None:
        """Its last agent has left: no line need look at it."""
        for line in self.lines:
            line.dismiss(self.free[line.channel, line.requirement.choice])

    def leave(self, agent: Agent) -> None:
        self.agents.pop(agent, None)
        for ranking in self.free.values():
            ranking.drop(agent)

    def count_capacity(self) -> bool:
        """Find `most` anew; return whether it changed."""
        before = self.most
        self.most = {}
        for agent in self.agents:
            assert agent.facts is not None  # noqa: S101  # only agents with facts are in a pool
            for channel, units in agent.facts.capacity.items():
                self.most[channel] = max(units, self.most.get(channel, 0))
        return self.most != before


def _list_if_free(
    agent: Agent, kind: tuple[ChannelKind, AgentChoice], ranking: Ranking[Agent]
) -> None:
    channel, choice = kind
    if agent.free_units(channel) > 0:
        ranking.put(agent, agent.key(choice))
    else:
        ranking.drop(agent)


def profile_of(agent: AgentFacts) -> Profile:
    return Profile(agent.serves, tuple(sorted(agent.skills.items())), agent.team_ids)


def is_qualified(profile: Profile, requirement: Requirement, *, delay_matters: bool = True) -> bool:
    """Do they serve the queue, for so long a wait, and have the skills? Capacity is another
    question."""
    if not _may_reach(profile, requirement, delay_matters=delay_matters):
        return False
    levels = dict(profile.skills)
    return all(levels.get(skill, 0) >= level for skill, level in requirement.skills)


def _may_reach(profile: Profile, requirement: Requirement, *, delay_matters: bool) -> bool:
    if not profile.team_ids.isdisjoint(requirement.team_ids):
        return True
    return any(
        each.queue_id in requirement.queue_ids
        and (each.delay_seconds <= requirement.waited_seconds or not delay_matters)
        for each in profile.serves
    )


def priority_for(profile: Profile, requirement: Requirement) -> int:
    """Return the largest priority of the queues through which they may take it; 0 by a team."""
    reached = [
        each.priority
        for each in profile.serves
        if each.queue_id in requirement.queue_ids
        and each.delay_seconds <= requirement.waited_seconds
    ]
    return max(reached, default=0)
