"""Rows of routing in memory, and by brute force what they allow: who could take which order now,
who could ever, what is due. It knows nothing of lines and pools, only of the rules.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from servicedesk.domain.ids import OrderId, QueueId, UserId
from servicedesk.domain.orders import OrderState, Stuck
from servicedesk.routing.engine.policy import Needs, needs_of
from servicedesk.routing.engine.refusals import passed_over_until
from servicedesk.routing.facts import AgentFacts, OfferFacts, OrderFacts, QueueFacts

START = datetime(2027, 3, 2, 9, 0, tzinfo=UTC)
AS_IF_FOREVER = timedelta(days=400)


class Rows:
    def __init__(self) -> None:
        self.now = START
        self.orders: dict[OrderId, OrderFacts] = {}
        self.offers: dict[OrderId, OfferFacts] = {}
        self.agents: dict[UserId, AgentFacts] = {}
        self.queues: dict[QueueId, QueueFacts] = {}

    def place_for(self, agent: AgentFacts, order: OrderFacts) -> tuple[object, ...]:
        """By the priority of their profile, then by rank."""
        reached = self.needs(order).requirement.queue_ids
        waited = self.now - order.virtual_start
        if self.kept_for(order) is not None:
            reached, waited = (order.queue_id,), AS_IF_FOREVER
        priorities = [
            each.priority
            for each in agent.serves
            if each.queue_id in reached and timedelta(seconds=each.delay_seconds) <= waited
        ]
        return (-max(priorities, default=0), self.needs(order).rank)

    def could_take(self, agent: AgentFacts, order: OrderFacts) -> bool:
        return (
            self.is_open(order.queue_id)
            and not self.is_given_up(order)
            and self.is_allowed(agent, order)
            and self.has_room(agent, order)
            and not _refuses(agent, order, self.now)
            and self.kept_for(order) in (None, agent.user_id)
        )

    def is_allowed(self, agent: AgentFacts, order: OrderFacts) -> bool:
        """By queue, delay, team and skills, as the steps say now."""
        required = self.needs(order).requirement
        waited = self.now - order.virtual_start
        is_preferred = self.kept_for(order) == agent.user_id
        reached = any(
            each.queue_id in required.queue_ids
            and (is_preferred or timedelta(seconds=each.delay_seconds) <= waited)
            for each in agent.serves
        )
        reached = reached or not agent.team_ids.isdisjoint(required.team_ids)
        return reached and _has_skills(agent, required.skills)

    def has_room(self, agent: AgentFacts, order: OrderFacts) -> bool:
        if not agent.available or order.channel in agent.closed:
            return False
        held = list(self.held_by(agent.user_id))
        if any(each.channel in agent.exclusive for each in held):
            return False
        if order.channel in agent.exclusive and any(
            each.channel not in agent.interruptible for each in held
        ):
            return False
        used = sum(each.units for each in held if each.channel == order.channel)
        return agent.capacity.get(order.channel, 0) - used >= order.units

    def kept_for(self, order: OrderFacts) -> UserId | None:
        """Who alone is asked now: the preferred agent, while they take such work at all."""
        if order.preferred_id is None or order.preferred_until is None:
            return None
        agent = self.agents.get(order.preferred_id)
        if agent is None or order.preferred_until <= self.now:
            return None
        required = self.needs(order).requirement
        serves = any(each.queue_id in required.queue_ids for each in agent.serves)
        serves = serves or not agent.team_ids.isdisjoint(required.team_ids)
        worth_it = (
            agent.available
            and order.channel not in agent.closed
            and agent.capacity.get(order.channel, 0) >= order.units
            and serves
            and _has_skills(agent, required.skills)
            and not _refuses(agent, order, self.now)
        )
        return agent.user_id if worth_it else None

    def is_open(self, queue_id: QueueId) -> bool:
        queue = self.queues.get(queue_id)
        if queue is None or queue.hours is None:
            return True
        changes_at = queue.hours.changes_at
        flips = changes_at is not None and changes_at <= self.now
        return queue.hours.is_open is not flips

    def is_given_up(self, order: OrderFacts) -> bool:
        queue = self.queues.get(order.queue_id)
        most = None if queue is None else queue.most_refusals
        return most is not None and order.refused >= most

    def could_ever_be_taken(self, order: OrderFacts) -> bool:
        """By anybody there is, whatever they do now, after all steps, here or where it may go."""
        ahead, tried = [order.queue_id], set[QueueId]()
        while ahead:
            queue_id = ahead.pop()
            if queue_id in tried:
                continue
            tried.add(queue_id)
            queue = self.queues.get(queue_id)
            moved = replace(order, queue_id=queue_id)
            last = needs_of(moved, queue, order.virtual_start + AS_IF_FOREVER).requirement
            order = replace(order, skills=dict(last.skills))
            for agent in self.agents.values():
                serves = any(each.queue_id in last.queue_ids for each in agent.serves)
                serves = serves or not agent.team_ids.isdisjoint(last.team_ids)
                has_units = agent.capacity.get(order.channel, 0) >= order.units
                if serves and has_units and _has_skills(agent, last.skills):
                    return True
            if queue is not None:
                every = [*(step.then for step in queue.steps), queue.outside, queue.overflow]
                ahead += [each.overflow_to for each in every if each.overflow_to is not None]
        return False

    def waiting(self) -> list[OrderFacts]:
        """The orders that wait, the best first."""
        found = [order for order in self.orders.values() if order.state is OrderState.WAITING]
        return sorted(found, key=lambda order: self.needs(order).rank)

    def needs(self, order: OrderFacts) -> Needs:
        return needs_of(order, self.queues.get(order.queue_id), self.now)

    def earliest_due(self) -> datetime | None:
        """When time alone changes something."""
        due = [offer.deadline for offer in self.offers.values()]
        due += [
            queue.hours.changes_at
            for queue in self.queues.values()
            if queue.hours is not None and queue.hours.changes_at is not None
        ]
        for order in self.orders.values():
            if order.state is OrderState.ACTIVE and order.wrap_up_until is not None:
                due.append(order.wrap_up_until)
            if order.state is OrderState.WAITING and not self.is_given_up(order):
                due += self._changes_of(order)
        return min(due, default=None)

    def _changes_of(self, order: OrderFacts) -> list[datetime]:
        queue, until = self.queues.get(order.queue_id), self.needs(order).until
        found = [] if until is None else [until]
        found += [passed_over_until(refusal) for refusal in order.refusals]
        if order.preferred_until is not None and self.kept_for(order):
            found.append(order.preferred_until)
        if queue is not None and queue.max_wait_seconds is not None:
            found.append(order.virtual_start + timedelta(seconds=queue.max_wait_seconds))
        reached = {order.queue_id, *self.needs(order).requirement.queue_ids}
        found += [
            order.virtual_start + timedelta(seconds=each.delay_seconds)
            for agent in self.agents.values()
            for each in agent.serves
            if each.queue_id in reached
        ]
        return [at for at in found if at > self.now]

    def stuck_of(self, order: OrderFacts) -> Stuck | None:
        if self.is_given_up(order):
            return Stuck.REFUSED_TOO_OFTEN
        return None if self.could_ever_be_taken(order) else Stuck.NOBODY_QUALIFIED

    def held_by(self, user_id: UserId) -> Iterable[OrderFacts]:
        for order in self.orders.values():
            offer = self.offers.get(order.id)
            if order.owner_id == user_id or (offer is not None and offer.user_id == user_id):
                yield order


def _has_skills(agent: AgentFacts, skills: Iterable[tuple[str, int]]) -> bool:
    return all(agent.skills.get(name, 0) >= least for name, least in skills)


def _refuses(agent: AgentFacts, order: OrderFacts, now: datetime) -> bool:
    return any(
        refusal.user_id == agent.user_id and passed_over_until(refusal) > now
        for refusal in order.refusals
    )
