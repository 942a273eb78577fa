"""What an order needs and where it stands, after the time that it has waited, by its queue's rules.

Pure tables of a queue's settings: the engine only asks for the answer and when it changes.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import assert_never

from servicedesk.domain.ids import QueueId
from servicedesk.domain.messages import ChannelKind
from servicedesk.routing.engine.ranking import Key
from servicedesk.routing.facts import AgentChoice, OrderFacts, QueueFacts, QueueOrder, QueueStep

DUE_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Requirement:
    """What an agent must have: one of the queues (the order's own first), the units, the skills
    with their least levels (in order of name). `choice`: who of several is asked."""

    queue_ids: tuple[QueueId, ...]
    channel: ChannelKind
    units: int = 1
    skills: tuple[tuple[str, int], ...] = ()
    choice: AgentChoice = AgentChoice.LONGEST_IDLE


@dataclass(frozen=True, slots=True)
class Needs:
    """`rank`: smaller is served first. `until`: when a step changes this, None if never again."""

    requirement: Requirement
    rank: Key
    until: datetime | None


def needs_of(order: OrderFacts, queue: QueueFacts | None, now: datetime) -> Needs:
    """Say what the order needs at `now`. Of a queue that is not known yet the defaults hold."""
    if queue is None:
        return Needs(_plain(order, AgentChoice.LONGEST_IDLE), _by_priority(order, 0), None)
    if not queue.steps:
        return Needs(_plain(order, queue.choice), _rank(order, queue, 0), None)
    starts = [
        (order.virtual_start + timedelta(seconds=step.after_seconds), step) for step in queue.steps
    ]
    taken = [step for at, step in starts if at <= now]
    requirement = Requirement(
        queue_ids=_queues(order, taken),
        channel=order.channel,
        units=order.units,
        skills=_skills(order, taken),
        choice=queue.choice,
    )
    raised = sum(step.raise_priority for step in taken)
    later = [at for at, _ in starts if at > now]
    return Needs(requirement, _rank(order, queue, raised), min(later, default=None))


def _plain(order: OrderFacts, choice: AgentChoice) -> Requirement:
    skills = tuple(sorted(order.skills.items())) if order.skills else ()
    return Requirement((order.queue_id,), order.channel, order.units, skills, choice)


def _queues(order: OrderFacts, taken: list[QueueStep]) -> tuple[QueueId, ...]:
    more = {queue_id: None for step in taken for queue_id in step.also_queues}
    return (order.queue_id, *sorted(more.keys() - {order.queue_id}))


def _skills(order: OrderFacts, taken: list[QueueStep]) -> tuple[tuple[str, int], ...]:
    levels = dict(order.skills)
    for step in taken:
        for skill, level in step.lower_skills.items():
            if skill in levels:
                levels[skill] = min(level, levels[skill])
    return tuple(sorted((skill, level) for skill, level in levels.items() if level > 0))


def _rank(order: OrderFacts, queue: QueueFacts, raised: int) -> Key:
    """The first figure keeps queues of different order apart: pure priority is served first, then
    what is due, then by age (as Genesys does where methods are mixed, field notes 2.3)."""
    match queue.order:
        case QueueOrder.PRIORITY_FIFO:
            return _by_priority(order, raised)
        case QueueOrder.SLA_SLACK:
            return (1, order.due_at or DUE_NEVER, order.virtual_start, order.id.int)
        case QueueOrder.AGE_SCORE:
            minutes = (order.priority + raised) * queue.priority_minutes
            return (2, order.virtual_start - timedelta(minutes=minutes), order.id.int)
        case _:
            assert_never(queue.order)


def _by_priority(order: OrderFacts, raised: int) -> Key:
    """More urgent first, then who has waited longer, then the id, so that no two are equal."""
    return (0, -order.priority - raised, order.virtual_start, order.id.int)
