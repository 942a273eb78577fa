"""Agents who are qualified for the same: a pool each, with those in it who could take more."""

from dataclasses import dataclass, field

from servicedesk.domain.ids import OfferId, OrderId, QueueId, UserId
from servicedesk.domain.messages import ChannelKind
from servicedesk.routing.engine.lines import Line, Requirement
from servicedesk.routing.engine.ranking import Key, Ranking
from servicedesk.routing.facts import AgentFacts


@dataclass(frozen=True, slots=True)
class Profile:
    """What makes agents alike; `skills` in order of name."""

    queue_ids: frozenset[QueueId]
    skills: tuple[tuple[str, int], ...] = ()


@dataclass(eq=False, slots=True)
class Pool:
    """`lines` are those whose requirement its agents meet. `free` ranks, for each channel, the
    agents with at least one unit to spare, the longest idle first."""

    lines: dict[ChannelKind, list[Line]] = field(default_factory=dict)
    free: dict[ChannelKind, Ranking[UserId]] = field(
        default_factory=lambda: {channel: Ranking() for channel in ChannelKind}
    )


@dataclass(eq=False, slots=True)
class Agent:
    """What the engine knows of an agent. `facts` is None while only orders named them.

    `used` is in units per channel, of orders owned and held out; `held_out` are the orders that
    they have not answered yet, with the open offer once that is known.
    """

    user_id: UserId
    facts: AgentFacts | None = None
    pool: Pool | None = None
    used: dict[ChannelKind, int] = field(default_factory=dict)
    held_out: dict[OrderId, OfferId | None] = field(default_factory=dict)

    def free_units(self, channel: ChannelKind) -> int:
        """Return how many units they could take; 0 or less if none, or if they take no work."""
        if self.facts is None or not self.facts.available:
            return 0
        return self.facts.capacity.get(channel, 0) - self.used.get(channel, 0)

    def idle_key(self) -> Key:
        """Smaller is asked earlier: whoever has least to answer, then the longest idle, then by id.

        Unanswered offers come first, so that a burst is spread over all who are free.
        """
        assert self.facts is not None  # noqa: S101  # only agents with facts are in a pool
        return (len(self.held_out), self.facts.idle_since, self.user_id.int)


def profile_of(agent: AgentFacts) -> Profile:
    return Profile(agent.queue_ids, tuple(sorted(agent.skills.items())))


def is_qualified(profile: Profile, requirement: Requirement) -> bool:
    """Do they serve the queue and have the skills? Capacity is another question."""
    if requirement.queue_id not in profile.queue_ids:
        return False
    levels = dict(profile.skills)
    return all(levels.get(skill, 0) >= level for skill, level in requirement.skills)
