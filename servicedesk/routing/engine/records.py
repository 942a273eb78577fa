"""The records of the book: orders that require the same stand in a line, agents who are qualified
for the same form a pool, and each line knows the pools that may serve it.
"""

from dataclasses import dataclass, field

from servicedesk.domain.ids import OfferId, OrderId, QueueId, UserId
from servicedesk.domain.messages import ChannelKind
from servicedesk.routing.engine.ranking import Key, Ranking
from servicedesk.routing.facts import AgentFacts, OfferFacts, OrderFacts


@dataclass(frozen=True, slots=True)
class Requirement:
    """What an agent must have for an order; `skills` in order of name, with least levels."""

    queue_id: QueueId
    channel: ChannelKind
    units: int
    skills: tuple[tuple[str, int], ...] = ()


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

    def rank(self) -> Key:
        """More urgent first, then who has waited longer, then the id, so that no two are equal."""
        return (-self.facts.priority, self.facts.virtual_start, self.facts.id.int)


@dataclass(eq=False, slots=True)
class Agent:
    """What the engine knows of an agent. `facts` is None while only orders named them.

    `used` is in units per channel, of orders owned and held out; `held_out` are the orders that
    they have not answered yet, with the open offer once that is known.
    """

    user_id: UserId
    facts: AgentFacts | None = None
    pool: "Pool | None" = None
    used: dict[ChannelKind, int] = field(default_factory=dict)
    held_out: dict[OrderId, OfferId | None] = field(default_factory=dict)

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

    def idle_key(self) -> Key:
        """Smaller is asked earlier: whoever has least to answer, then the longest idle, then by id.

        Unanswered offers come first, so that a burst is spread over all who are free.
        """
        assert self.facts is not None  # noqa: S101  # only agents with facts are in a pool
        return (len(self.held_out), self.facts.idle_since, self.user_id.int)


@dataclass(eq=False, slots=True)
class Line:
    """`waiting` orders, the best first. `free` has a ranking for each pool of qualified agents."""

    requirement: Requirement
    waiting: Ranking[Order] = field(default_factory=Ranking)
    free: list[Ranking[Agent]] = field(default_factory=list)

    @property
    def has_free_agents(self) -> bool:
        return any(ranking.heap for ranking in self.free)


@dataclass(eq=False, slots=True)
class Pool:
    """`lines` are those whose requirement its agents meet. `free` ranks, for each channel, the
    agents with at least one unit to spare, in the order in which they are asked."""

    lines: list[Line] = field(default_factory=list)
    free: dict[ChannelKind, Ranking[Agent]] = field(default_factory=dict)

    def serve(self, line: Line) -> None:
        self.lines.append(line)
        line.free.append(self._free_on(line.requirement.channel))

    def rank(self, agent: Agent) -> None:
        """List the agent wherever they have units to spare, and nowhere else."""
        assert agent.facts is not None  # noqa: S101  # only agents with facts are in a pool
        key = agent.idle_key()
        for name in agent.facts.capacity:
            channel = ChannelKind(name)
            if agent.free_units(channel) > 0:
                self._free_on(channel).put(agent, key)
            else:
                self._free_on(channel).drop(agent)

    def leave(self, agent: Agent) -> None:
        for ranking in self.free.values():
            ranking.drop(agent)

    def _free_on(self, channel: ChannelKind) -> Ranking[Agent]:
        ranking = self.free.get(channel)
        if ranking is None:
            ranking = self.free[channel] = Ranking()
        return ranking


def requirement_of(order: OrderFacts) -> Requirement:
    skills = tuple(sorted(order.skills.items())) if order.skills else ()
    return Requirement(order.queue_id, order.channel, order.units, skills)


def profile_of(agent: AgentFacts) -> Profile:
    return Profile(agent.queue_ids, tuple(sorted(agent.skills.items())))


def is_qualified(profile: Profile, requirement: Requirement) -> bool:
    """Do they serve the queue and have the skills? Capacity is another question."""
    if requirement.queue_id not in profile.queue_ids:
        return False
    levels = dict(profile.skills)
    return all(levels.get(skill, 0) >= level for skill, level in requirement.skills)
