"""Waiting orders that require the same: a line each, in the order in which they are served."""

from dataclasses import dataclass, field

from servicedesk.domain.ids import OrderId, QueueId
from servicedesk.domain.messages import ChannelKind
from servicedesk.routing.engine.ranking import Key, Ranking
from servicedesk.routing.facts import OrderFacts


@dataclass(frozen=True, slots=True)
class Requirement:
    """What an agent must have for the order; `skills` in order of name, with least levels."""

    queue_id: QueueId
    channel: ChannelKind
    units: int
    skills: tuple[tuple[str, int], ...] = ()


@dataclass(eq=False, slots=True)
class Line:
    requirement: Requirement
    waiting: Ranking[OrderId] = field(default_factory=Ranking)


def requirement_of(order: OrderFacts) -> Requirement:
    skills = tuple(sorted(order.skills.items()))
    return Requirement(order.queue_id, order.channel, order.units, skills)


def rank_of(order: OrderFacts) -> Key:
    """More urgent first, then who has waited longer, then the id, so that no two are equal."""
    return (-order.priority, order.virtual_start, order.id.int)
