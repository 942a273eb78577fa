"""The records of the book: orders that require the same stand in a line, agents who are qualified
for the same form a pool, and each line knows the pools that may serve it.
"""

from dataclasses import dataclass, field
from typing import assert_never

from servicedesk.domain.ids import OfferId, OrderId, QueueId, UserId
from servicedesk.domain.messages import ChannelKind
from servicedesk.routing.engine.policy import Requirement
from servicedesk.routing.engine.ranking import Key, Ranking
from servicedesk.routing.facts import AgentChoice, AgentFacts, OfferFacts, OrderFacts


@dataclass(frozen=True, slots=True)
class Profile:
    """What an agent is qualified by; `skills` in order of name."""

    queue_ids: frozenset[QueueId]
    skills: tuple[tuple[str, int], ...] = ()


@dataclass(eq=False, slots=True)
class Order:
    """`line` while it waits; `holder` while somebody owns it or it is held out to them.

    `promised`: we decided to offer it and have not heard since.
    """

    facts: OrderFacts
    line: "Line | None" = None
    holder: "Agent | None" = None
    offer: OfferFacts | None = None
    promised: bool = False


@dataclass(eq=False, slots=True)
class Agent:
    """What the engine knows of an agent. `facts` is None while only orders named them.

    `used` is in units per channel, of orders owned and held out; `held_out` are the orders that
    they have not answered yet, with the open offer once that is known. `turn`: the number of the
    last offer that we decided to make them; an engine that starts anew counts from 0.
    """

    user_id: UserId
    facts: AgentFacts | None = None
    pool: "Pool | None" = None
    used: dict[ChannelKind, int] = field(default_factory=dict)
    held_out: dict[OrderId, OfferId | None] = field(default_factory=dict)
    turn: int = 0

    def free_units(self, channel: ChannelKind) -> int:
        """Return how many units they could take; 0 or less if none, or if they take no work."""
        if self.facts is None or not self.facts.available:
            return 0
        return self.facts.capacity.get(channel, 0) - self.used.get(channel, 0)

    @property
    def has_units(self) -> bool:
        """Could they take anything at all?"""
        if self.facts is None or not self.facts.available:
            return False
        return any(self.free_units(ChannelKind(name)) > 0 for name in self.facts.capacity)

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


@dataclass(eq=False, slots=True)
class Line:
    """`waiting` orders, the best first. `free` has a ranking for each pool of qualified agents, and
    how good the pool is at what is required (smaller is better; all 0 unless that is asked for)."""

    requirement: Requirement
    waiting: Ranking[Order] = field(default_factory=Ranking)
    free: list[Ranking[Agent]] = field(default_factory=list)
    grades: dict[Ranking[Agent], int] = field(default_factory=dict)

    @property
    def has_free_agents(self) -> bool:
        return any(ranking.heap for ranking in self.free)


@dataclass(eq=False, slots=True)
class Pool:
    """`lines` are those whose requirement its agents meet. `free` ranks, for each channel and way
    to choose that a line asks for, the agents with at least one unit to spare."""

    profile: Profile
    lines: list[Line] = field(default_factory=list)
    agents: dict[Agent, None] = field(default_factory=dict)
    free: dict[tuple[ChannelKind, AgentChoice], Ranking[Agent]] = field(default_factory=dict)

    def serve(self, line: Line) -> None:
        required = line.requirement
        kind = (required.channel, required.choice)
        ranking = self.free.get(kind)
        if ranking is None:
            ranking = self.free[kind] = Ranking()
            for agent in self.agents:
                _list_if_free(agent, kind, ranking)
        self.lines.append(line)
        line.free.append(ranking)
        if required.choice is AgentChoice.BEST_SKILL:
            levels = dict(self.profile.skills)
            line.grades[ranking] = -sum(levels.get(skill, 0) for skill, _ in required.skills)

    def join(self, agent: Agent) -> None:
        self.agents[agent] = None
        self.rank(agent)

    def rank(self, agent: Agent) -> None:
        """List the agent wherever they have units to spare, and nowhere else."""
        for kind, ranking in self.free.items():
            _list_if_free(agent, kind, ranking)

    def leave(self, agent: Agent) -> None:
        self.agents.pop(agent, None)
        for ranking in self.free.values():
            ranking.drop(agent)


def _list_if_free(
    agent: Agent, kind: tuple[ChannelKind, AgentChoice], ranking: Ranking[Agent]
) -> None:
    channel, choice = kind
    if agent.free_units(channel) > 0:
        ranking.put(agent, agent.key(choice))
    else:
        ranking.drop(agent)


def profile_of(agent: AgentFacts) -> Profile:
    return Profile(agent.queue_ids, tuple(sorted(agent.skills.items())))


def is_qualified(profile: Profile, requirement: Requirement) -> bool:
    """Do they serve the queue and have the skills? Capacity is another question."""
    if profile.queue_ids.isdisjoint(requirement.queue_ids):
        return False
    levels = dict(profile.skills)
    return all(levels.get(skill, 0) >= level for skill, level in requirement.skills)
