"""Why an order still waits, and why somebody does not have it: by the engine's own rules.

Pure. Codes of an agent's obstacles, most general first: takes_no_work {state, reason},
channel_closed {channel}, not_in_queue {}, waits_for_delay {seconds}, lacks_skill {skill, level,
has}, filled_by {channel}, at_capacity {channel, used, capacity}, declined {until, times},
another_is_preferred {user_id, until}. Nothing in the way: they may be asked, and others come first.

Codes of the order itself: queue_closed {until}, stuck {stuck}, nobody_serves {}, all_blocked
{agents}, others_first {}, held_out {user_id}, at_hand {user_id}, over {state}.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from servicedesk.domain.ids import UserId
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.orders import OrderState
from servicedesk.routing.engine.favour import is_worth_waiting
from servicedesk.routing.engine.load import hindrance
from servicedesk.routing.engine.policy import Requirement, needs_of
from servicedesk.routing.engine.reasons import Reason
from servicedesk.routing.engine.records import profile_of
from servicedesk.routing.engine.refusals import passed_over_until
from servicedesk.routing.facts import AgentFacts, OrderFacts, QueueFacts


@dataclass(frozen=True, slots=True)
class Situation:
    """An order at one instant (`at`, aware UTC), as the engine would have seen it.

    `held_out_to` has it offered. `queue` None: it is not known.
    """

    order: OrderFacts
    queue: QueueFacts | None
    at: datetime
    held_out_to: UserId | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """An agent at that instant. `state` and `reason` are their presence, `used` their units."""

    agent: AgentFacts
    state: str
    reason: str | None = None
    used: Mapping[ChannelKind, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judged:
    """`serves`: they are among those whom the queue, or a step of it so far, lets in."""

    user_id: UserId
    serves: bool
    obstacles: tuple[Reason, ...]


def judge(situation: Situation, candidates: Sequence[Candidate]) -> list[Judged]:
    """Say for each agent what stands between them and the order. Fewest obstacles first."""
    delays = sorted(
        {
            each.delay_seconds
            for one in candidates
            for each in one.agent.serves
            if each.queue_id == situation.order.queue_id
        }
    )
    needs = needs_of(situation.order, situation.queue, situation.at, tuple(delays))
    favour = _favour(situation, needs.requirement, candidates)
    judged = [_judge(situation, needs.requirement, favour, one) for one in candidates]
    return sorted(judged, key=lambda one: (not one.serves, len(one.obstacles), one.user_id))


def why_it_waits(situation: Situation, judged: Sequence[Judged]) -> tuple[Reason, ...]:
    """Say what holds the order itself up, or what became of it."""
    order, queue = situation.order, situation.queue
    if situation.held_out_to is not None:
        return (Reason("held_out", {"user_id": str(situation.held_out_to)}),)
    if order.state is OrderState.ACTIVE and order.owner_id is not None:
        return (Reason("at_hand", {"user_id": str(order.owner_id)}),)
    if order.state is not OrderState.WAITING:
        return (Reason("over", {"state": order.state.value}),)
    found = []
    if queue is not None and queue.hours is not None and not queue.hours.is_open:
        changes_at = queue.hours.changes_at
        until = None if changes_at is None else changes_at.isoformat()
        found.append(Reason("queue_closed", {"until": until}))
    if order.stuck is not None:
        found.append(Reason("stuck", {"stuck": order.stuck.value}))
    serving = [one for one in judged if one.serves]
    if not serving:
        found.append(Reason("nobody_serves"))
    elif all(one.obstacles for one in serving):
        found.append(Reason("all_blocked", {"agents": len(serving)}))
    elif not found:
        found.append(Reason("others_first"))
    return tuple(found)


def _judge(
    situation: Situation, required: Requirement, favour: Reason | None, one: Candidate
) -> Judged:
    agent, order = one.agent, situation.order
    serves = _is_let_in(agent, required, wait_over=True)
    found = [
        *_presence(one, order.channel),
        *_reach(agent, required),
        *_skills(agent, required),
        *_load(one, order),
        *_refusals(order, agent.user_id, situation.at),
        *([favour] if favour and agent.user_id != order.preferred_id else []),
    ]
    return Judged(agent.user_id, serves, tuple(found))


def _presence(one: Candidate, channel: ChannelKind) -> list[Reason]:
    if not one.agent.available:
        return [Reason("takes_no_work", {"state": one.state, "reason": one.reason})]
    if channel in one.agent.closed:
        return [Reason("channel_closed", {"channel": channel.value})]
    return []


def _is_let_in(agent: AgentFacts, required: Requirement, *, wait_over: bool) -> bool:
    if not agent.team_ids.isdisjoint(required.team_ids):
        return True
    return any(
        each.queue_id in required.queue_ids
        and (wait_over or each.delay_seconds <= required.waited_seconds)
        for each in agent.serves
    )


def _reach(agent: AgentFacts, required: Requirement) -> list[Reason]:
    if _is_let_in(agent, required, wait_over=False):
        return []
    delays = [each.delay_seconds for each in agent.serves if each.queue_id in required.queue_ids]
    if delays:
        return [Reason("waits_for_delay", {"seconds": min(delays)})]
    return [Reason("not_in_queue")]


def _skills(agent: AgentFacts, required: Requirement) -> list[Reason]:
    return [
        Reason("lacks_skill", {"skill": skill, "level": level, "has": agent.skills.get(skill, 0)})
        for skill, level in required.skills
        if agent.skills.get(skill, 0) < level
    ]


def _load(one: Candidate, order: OrderFacts) -> list[Reason]:
    at_hand = {channel: units for channel, units in one.used.items() if units}
    hinders = hindrance(one.agent, at_hand, order.channel) if at_hand else None
    if hinders is not None:
        return [Reason("filled_by", {"channel": hinders.value})]
    used, capacity = at_hand.get(order.channel, 0), one.agent.capacity.get(order.channel, 0)
    if capacity - used >= order.units:
        return []
    figures = {"channel": order.channel.value, "used": used, "capacity": capacity}
    return [Reason("at_capacity", figures)]


def _refusals(order: OrderFacts, user_id: UserId, at: datetime) -> list[Reason]:
    return [
        Reason("declined", {"until": until.isoformat(), "times": refusal.times})
        for refusal in order.refusals
        if refusal.user_id == user_id and (until := passed_over_until(refusal)) > at
    ]


def _favour(
    situation: Situation, required: Requirement, candidates: Sequence[Candidate]
) -> Reason | None:
    """What stands in everybody's way but the preferred agent's, while they are waited for."""
    order, until = situation.order, situation.order.preferred_until
    preferred = [one.agent for one in candidates if one.agent.user_id == order.preferred_id]
    if not preferred or until is None or until <= situation.at:
        return None
    agent = preferred[0]
    if not is_worth_waiting(agent, profile_of(agent), order, required, situation.at):
        return None
    params = {"user_id": str(agent.user_id), "until": until.isoformat()}
    return Reason("another_is_preferred", params)
