"""What an order needs and where it stands, after the time that it has waited, by its queue's rules.

Pure tables of a queue's settings: the engine only asks for the answer and when it changes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from servicedesk.domain.ids import QueueId, TeamId
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.orders import DivertCause
from servicedesk.routing.engine.decisions import Divert
from servicedesk.routing.engine.ranking import Key
from servicedesk.routing.facts import (
    AgentChoice,
    Elsewhere,
    OrderFacts,
    QueueFacts,
    QueueOrder,
    QueueStep,
)

UNPROMISED_DUE_AFTER = timedelta(days=3)
"""Under `sla_slack`: what nobody promised counts as due so long after it came. Promised work goes
first, as a rule, and what is not promised still reaches the front in bounded time. Longer than a
weekend, so that on Monday it does not stand before what is promised for that morning."""
ANY_DELAY_SECONDS = 10**9


@dataclass(frozen=True, slots=True)
class Requirement:
    """What an agent must have: one of the queues (the order's own first) or teams, the units, the
    skills with their least levels (in order of name), and no delay above `waited_seconds` in their
    profile. `choice`: who of several is asked."""

    queue_ids: tuple[QueueId, ...]
    channel: ChannelKind
    units: int = 1
    skills: tuple[tuple[str, int], ...] = ()
    choice: AgentChoice = AgentChoice.LONGEST_IDLE
    team_ids: tuple[TeamId, ...] = ()
    waited_seconds: int = 0


@dataclass(frozen=True, slots=True)
class Needs:
    """`rank`: smaller is served first. `until`: when time changes this, None if never again.
    `steps`: how many of the queue's steps were taken."""

    requirement: Requirement
    rank: Key
    until: datetime | None
    steps: int = 0


def needs_of(
    order: OrderFacts, queue: QueueFacts | None, now: datetime, delays: tuple[int, ...] = ()
) -> Needs:
    """Say what the order needs at `now`. Of a queue that is not known yet the defaults hold.

    `delays` are the seconds, rising, that profiles make orders of this queue wait.
    """
    steps = () if queue is None else queue.steps
    choice = AgentChoice.LONGEST_IDLE if queue is None else queue.choice
    waited = now - order.virtual_start
    taken = [step for step in steps if timedelta(seconds=step.after_seconds) <= waited]
    past = [delay for delay in delays if timedelta(seconds=delay) <= waited]
    requirement = Requirement(
        queue_ids=_queues(order, taken),
        channel=order.channel,
        units=order.units,
        skills=_skills(order.skills, taken, choice),
        choice=choice,
        team_ids=tuple(sorted({team_id for step in taken for team_id in step.also_teams})),
        waited_seconds=past[-1] if past else 0,
    )
    rank = rank_of(order, queue, sum(step.raise_priority for step in taken))
    return Needs(requirement, rank, _next_change(order, queue, now, delays), len(taken))


def eventual(requirement: Requirement, queue: QueueFacts | None) -> Requirement:
    """Return what the order will need once it has waited for ever."""
    steps = () if queue is None else queue.steps
    own = requirement.queue_ids[0]
    more = {queue_id: None for step in steps for queue_id in step.also_queues}
    return replace(
        requirement,
        queue_ids=(own, *sorted(more.keys() - {own})),
        skills=_skills(dict(requirement.skills), steps, requirement.choice),
        team_ids=tuple(sorted({team_id for step in steps for team_id in step.also_teams})),
        waited_seconds=ANY_DELAY_SECONDS,
    )


def due_diverts(order: OrderFacts, queue: QueueFacts, now: datetime) -> list[Divert]:
    """Return what the queue's steps and its longest wait want done by now and was not done yet.

    Earliest first, and none after one that takes the order away.
    """
    found = []
    for number, (cause, step) in enumerate(_acting_steps(queue), start=1):
        if order.virtual_start + timedelta(seconds=step.after_seconds) > now:
            break
        if number > order.step and step.then.is_something:
            found.append(Divert(order.id, cause, number, step.then))
            if step.then.takes_away:
                break
    return found


def overflow_circles(queues: Iterable[QueueFacts]) -> frozenset[QueueId]:
    """Return the queues from which steps (or the longest wait) lead round to themselves.

    An order keeps the age it has, so it would go round without end: such a setting is refused, and
    the engine does not follow it.
    """
    leads_to: dict[QueueId, set[QueueId]] = {
        queue.id: {
            step.then.overflow_to
            for _, step in _acting_steps(queue)
            if step.then.overflow_to is not None
        }
        for queue in queues
    }
    return frozenset(queue_id for queue_id in leads_to if _reaches(leads_to, queue_id))


def _reaches(leads_to: Mapping[QueueId, set[QueueId]], start: QueueId) -> bool:
    seen: set[QueueId] = set()
    ahead = set(leads_to[start])
    while ahead:
        queue_id = ahead.pop()
        if queue_id == start:
            return True
        if queue_id not in seen:
            seen.add(queue_id)
            ahead |= leads_to.get(queue_id, set())
    return False


def overflows_of(queue: QueueFacts) -> list[QueueId]:
    """Return where orders of the queue may come to wait instead, in no order, with repeats."""
    every: list[Elsewhere] = [step.then for step in queue.steps]
    every += [queue.outside, queue.overflow]
    return [each.overflow_to for each in every if each.overflow_to is not None]


def _acting_steps(queue: QueueFacts) -> list[tuple[DivertCause, QueueStep]]:
    """The steps, with the longest wait as one more, in order of time."""
    steps = [(DivertCause.STEP, step) for step in queue.steps]
    if queue.max_wait_seconds is not None:
        last = QueueStep(queue.max_wait_seconds, then=queue.overflow)
        steps.append((DivertCause.TOO_LATE, last))
        steps.sort(key=lambda each: each[1].after_seconds)
    return steps


def _next_change(
    order: OrderFacts, queue: QueueFacts | None, now: datetime, delays: tuple[int, ...]
) -> datetime | None:
    seconds = [*delays]
    if queue is not None:
        seconds += [step.after_seconds for step in queue.steps]
        seconds += [] if queue.max_wait_seconds is None else [queue.max_wait_seconds]
    instants = (order.virtual_start + timedelta(seconds=each) for each in seconds)
    return min((at for at in instants if at > now), default=None)


def _queues(order: OrderFacts, taken: list[QueueStep]) -> tuple[QueueId, ...]:
    more = {queue_id: None for step in taken for queue_id in step.also_queues}
    return (order.queue_id, *sorted(more.keys() - {order.queue_id}))


def _skills(
    skills: Mapping[str, int], taken: Iterable[QueueStep], choice: AgentChoice
) -> tuple[tuple[str, int], ...]:
    """The least levels that are left. One of 0 asks for nothing, but the best at it come first
    where agents are chosen by skill."""
    if not skills:
        return ()
    levels = dict(skills)
    for step in taken:
        for skill, level in step.lower_skills.items():
            if skill in levels:
                levels[skill] = min(level, levels[skill])
    least = 0 if choice is AgentChoice.BEST_SKILL else 1
    return tuple(sorted((skill, level) for skill, level in levels.items() if level >= least))


def rank_of(order: OrderFacts, queue: QueueFacts | None, raised: int) -> Key:
    """The first figure keeps queues of different order apart: pure priority is served first, then
    what is due, then by age (as Genesys does where methods are mixed, field notes 2.3)."""
    if queue is None:
        return _by_priority(order, raised)
    match queue.order:
        case QueueOrder.PRIORITY_FIFO:
            return _by_priority(order, raised)
        case QueueOrder.SLA_SLACK:
            due_at = order.due_at or order.virtual_start + UNPROMISED_DUE_AFTER
            return (1, due_at, order.virtual_start, order.id.int)
        case QueueOrder.AGE_SCORE:
            minutes = (order.priority + raised) * queue.priority_minutes
            return (2, order.virtual_start - timedelta(minutes=minutes), order.id.int)
        case _:
            assert_never(queue.order)


def _by_priority(order: OrderFacts, raised: int) -> Key:
    """More urgent first, then who has waited longer, then the id, so that no two are equal."""
    return (0, -order.priority - raised, order.virtual_start, order.id.int)
