"""A scenario as facts that the engine is told: names become ids, groups become agents."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from servicedesk.domain.ids import OrderId, QueueId, TeamId, TicketId, UserId
from servicedesk.domain.orders import OrderState
from servicedesk.routing.facts import (
    AgentFacts,
    Elsewhere,
    OrderFacts,
    QueueFacts,
    QueueStep,
    Serving,
)
from servicedesk.routing.simulation.scenario import (
    Group,
    OrderClass,
    Overflow,
    Queue,
    Scenario,
    Step,
)

START = datetime(2027, 3, 1, tzinfo=UTC)
"""When simulated time begins. Any instant would do: the engine only compares."""

NOBODYS_TICKET = TicketId(UUID(int=0))
FIRST_QUEUE, FIRST_TEAM, FIRST_AGENT, FIRST_ORDER = 1, 10**6, 2 * 10**6, 10**9


@dataclass(frozen=True, slots=True)
class Stage:
    """The ids behind a scenario's names."""

    queue_ids: dict[str, QueueId]
    team_ids: dict[str, TeamId]

    @classmethod
    def of(cls, scenario: Scenario) -> "Stage":
        teams = {group.team: None for group in scenario.agents if group.team is not None}
        teams |= {
            name: None
            for queue in scenario.queues
            for step in queue.steps
            for name in step.also_teams
        }
        return cls(
            {
                queue.name: QueueId(UUID(int=FIRST_QUEUE + number))
                for number, queue in enumerate(scenario.queues)
            },
            {name: TeamId(UUID(int=FIRST_TEAM + number)) for number, name in enumerate(teams)},
        )

    def queue(self, queue: Queue) -> QueueFacts:
        """Whoever is offered something takes it at once."""
        return QueueFacts(
            id=self.queue_ids[queue.name],
            name=queue.name,
            team_id=TeamId(UUID(int=FIRST_TEAM - 1)),
            offer_seconds=1,
            active=True,
            order=queue.order,
            choice=queue.strategy,
            priority_minutes=queue.priority_minutes,
            steps=tuple(
                self._step(step)
                for step in sorted(queue.steps, key=lambda step: step.after_seconds)
            ),
            auto_accept=True,
            max_length=queue.max_length,
            max_wait_seconds=queue.max_wait_seconds,
            overflow=self._elsewhere(queue.overflow),
        )

    def agent(self, group: Group, number: int, idle_since: datetime) -> AgentFacts:
        serves = (
            Serving(self.queue_ids[each.queue], each.priority, each.delay_seconds)
            for each in group.serves
        )
        return AgentFacts(
            user_id=UserId(UUID(int=FIRST_AGENT + number)),
            available=True,
            idle_since=idle_since,
            serves=tuple(sorted(serves, key=lambda each: each.queue_id)),
            capacity={channel.value: units for channel, units in group.capacity.items()},
            skills=group.skills,
            team_ids=frozenset() if group.team is None else frozenset({self.team_ids[group.team]}),
        )

    def order(self, asked: OrderClass, number: int, now: datetime) -> OrderFacts:
        return OrderFacts(
            OrderId(UUID(int=FIRST_ORDER + number)),
            NOBODYS_TICKET,
            self.queue_ids[asked.queue],
            asked.channel,
            OrderState.WAITING,
            asked.priority,
            asked.units,
            None,
            now,
            0,
            asked.skills,
        )

    def _step(self, step: Step) -> QueueStep:
        return QueueStep(
            after_seconds=step.after_seconds,
            lower_skills=step.lower_skills,
            raise_priority=step.raise_priority,
            also_queues=tuple(self.queue_ids[name] for name in step.also_queues),
            also_teams=tuple(self.team_ids[name] for name in step.also_teams),
            then=self._elsewhere(step),
        )

    def _elsewhere(self, asked: Step | Overflow) -> Elsewhere:
        target = None if asked.overflow_to is None else self.queue_ids[asked.overflow_to]
        return Elsewhere(target, asked.offer_callback, asked.tell, asked.turn_away)
