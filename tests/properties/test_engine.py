"""What must hold of the engine whatever happens, in whatever order.

20,000 steps here; `tests/soak/routing` takes ten times as many.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from servicedesk.domain.ids import OrderId, QueueId, TeamId, UserId
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.orders import OrderState
from servicedesk.routing.engine.decisions import MakeOffer
from servicedesk.routing.engine.machine import Engine
from servicedesk.routing.facts import (
    AgentChoice,
    AgentFacts,
    OrderFacts,
    QueueFacts,
    QueueOrder,
    QueueStep,
)
from tests.properties.routing_world import START, World, new_ticket_id

QUEUES = [QueueId(UUID(int=number)) for number in (1, 2, 3)]
CHANNELS = st.sampled_from([ChannelKind.EMAIL, ChannelKind.VOICE])
SKILLS = st.dictionaries(st.sampled_from(["german", "billing"]), st.integers(1, 3), max_size=2)
STEPS = st.lists(
    st.builds(
        QueueStep,
        after_seconds=st.integers(0, 400),
        lower_skills=st.dictionaries(st.sampled_from(["german"]), st.integers(0, 2)),
        raise_priority=st.integers(0, 2),
        also_queues=st.lists(st.sampled_from(QUEUES), max_size=1).map(tuple),
    ),
    max_size=2,
)
PICK = st.integers(0, 1_000)


class EngineStories(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.tells_backwards = False

    def _done(self, tell: bool) -> None:
        """Mostly each change is told at once; now and then several come together."""
        if tell:
            self.world.tell(backwards=self.tells_backwards)

    def _orders(self, *states: OrderState) -> list[OrderId]:
        return [order.id for order in self.world.orders.values() if order.state in states]

    @rule(
        queue=st.sampled_from(QUEUES),
        channel=CHANNELS,
        priority=st.integers(1, 4),
        units=st.integers(1, 2),
        skills=SKILLS,
        waited=st.integers(0, 300),
        due=st.none() | st.integers(-600, 600),
        tell=st.booleans(),
    )
    def order_opens(
        self,
        queue: QueueId,
        channel: ChannelKind,
        priority: int,
        units: int,
        skills: dict[str, int],
        waited: int,
        due: int | None,
        tell: bool,
    ) -> None:
        world = self.world
        facts = OrderFacts(
            id=OrderId(world.new_id()),
            ticket_id=new_ticket_id(world),
            queue_id=queue,
            channel=channel,
            state=OrderState.WAITING,
            priority=priority,
            units=units,
            owner_id=None,
            virtual_start=START - timedelta(seconds=waited),
            due_at=None if due is None else START + timedelta(seconds=due),
            attempts=0,
            skills=skills,
        )
        world.open(facts)
        self._done(tell)

    @rule(
        queue=st.sampled_from(QUEUES),
        order=st.sampled_from(QueueOrder),
        choice=st.sampled_from(AgentChoice),
        steps=STEPS,
        tell=st.booleans(),
    )
    def queue_is_set_up(
        self,
        queue: QueueId,
        order: QueueOrder,
        choice: AgentChoice,
        steps: list[QueueStep],
        tell: bool,
    ) -> None:
        facts = QueueFacts(queue, "", TeamId(queue), 45, True, order=order, choice=choice)
        in_time = sorted(steps, key=lambda step: step.after_seconds)
        self.world.set_queue(replace(facts, steps=tuple(in_time)))
        self._done(tell)

    @rule(
        queues=st.frozensets(st.sampled_from(QUEUES), max_size=3),
        email=st.integers(0, 3),
        voice=st.integers(0, 1),
        skills=SKILLS,
        tell=st.booleans(),
    )
    def agent_comes(
        self, queues: frozenset[QueueId], email: int, voice: int, skills: dict[str, int], tell: bool
    ) -> None:
        world = self.world
        capacity = {"email": email, "voice": voice}
        user_id = UserId(world.new_id())
        world.set_agent(AgentFacts(user_id, True, world.now, queues, capacity, skills))
        self._done(tell)

    @precondition(lambda self: self.world.agents)
    @rule(pick=PICK, available=st.booleans(), tell=st.booleans())
    def agent_comes_or_goes(self, pick: int, available: bool, tell: bool) -> None:
        agent = self._agent(pick)
        idle_since = self.world.now if available else agent.idle_since
        self.world.set_agent(replace(agent, available=available, idle_since=idle_since))
        self._done(tell)

    @precondition(lambda self: self.world.agents)
    @rule(
        pick=PICK,
        queues=st.frozensets(st.sampled_from(QUEUES), max_size=3),
        email=st.integers(0, 3),
        tell=st.booleans(),
    )
    def agent_is_given_other_work(
        self, pick: int, queues: frozenset[QueueId], email: int, tell: bool
    ) -> None:
        agent = self._agent(pick)
        capacity = {**agent.capacity, "email": email}
        self.world.set_agent(replace(agent, queue_ids=queues, capacity=capacity))
        self._done(tell)

    @precondition(lambda self: self.world.offers)
    @rule(pick=PICK, accepts=st.booleans(), tell=st.booleans())
    def offer_is_answered(self, pick: int, accepts: bool, tell: bool) -> None:
        order_id = list(self.world.offers)[pick % len(self.world.offers)]
        if accepts:
            self.world.accept(order_id)
        else:
            self.world.decline(order_id)
        self._done(tell)

    @precondition(lambda self: self.world.orders)
    @rule(pick=PICK, tell=st.booleans())
    def order_ends(self, pick: int, tell: bool) -> None:
        self.world.end(self._order(pick))
        self._done(tell)

    @precondition(lambda self: self.world.orders)
    @rule(pick=PICK, queue=st.sampled_from(QUEUES), priority=st.integers(1, 4), tell=st.booleans())
    def order_is_put_back(self, pick: int, queue: QueueId, priority: int, tell: bool) -> None:
        self.world.put_back(self._order(pick), queue_id=queue, priority=priority)
        self._done(tell)

    @precondition(lambda self: self.world.orders and self.world.agents)
    @rule(pick=PICK, by=PICK, tell=st.booleans())
    def order_is_taken_by_hand(self, pick: int, by: int, tell: bool) -> None:
        self.world.own(self._order(pick), self._agent(by).user_id)
        self._done(tell)

    @rule(seconds=st.integers(1, 200), tell=st.booleans())
    def time_passes(self, seconds: int, tell: bool) -> None:
        self.world.pass_time(seconds)
        self._done(tell)

    @rule(backwards=st.booleans())
    def everything_is_told_again(self, backwards: bool) -> None:
        self.tells_backwards = backwards
        self.world.tell_everything_again()
        self._done(True)

    def _agent(self, pick: int) -> AgentFacts:
        return list(self.world.agents.values())[pick % len(self.world.agents)]

    def _order(self, pick: int) -> OrderId:
        return list(self.world.orders)[pick % len(self.world.orders)]

    @invariant()
    def nobody_idles_while_an_order_waits_for_them(self) -> None:
        if self.world.untold:
            return
        for order in self.world.waiting():
            idle = [
                agent for agent in self.world.agents.values() if self.world.could_take(agent, order)
            ]
            assert not idle, f"{order} waits though {idle[0]} could take it"

    @invariant()
    def whoever_waited_longer_is_offered_first(self) -> None:
        """Among orders that require the same, of those decided upon in the last step."""
        if self.world.untold or not self.world.log:
            return
        _, _, decisions = self.world.log[-1]
        for decision in decisions:
            if isinstance(decision, MakeOffer) and decision.order_id in self.world.orders:
                self._check_rank(decision)

    def _check_rank(self, decision: MakeOffer) -> None:
        offered = self.world.orders[decision.order_id]
        for order in self.world.waiting():
            alike = self.world.needs(order).requirement == self.world.needs(offered).requirement
            passed_over = any(each.user_id == decision.user_id for each in order.refusals)
            if alike and not passed_over:
                assert self.world.needs(order).rank >= self.world.needs(offered).rank

    @invariant()
    def what_is_due_wakes_the_engine_in_time(self) -> None:
        due = self.world.earliest_due()
        if due is not None and not self.world.untold:
            wake = self.world.engine.next_wake()
            assert wake is not None
            assert wake <= due

    @invariant()
    def engine_that_starts_now_knows_the_same(self) -> None:
        if not self.world.untold:
            fresh = Engine()
            assert fresh.apply(self.world.everything(), self.world.now) == []
            assert fresh.waiting == self.world.engine.waiting == len(self.world.waiting())

    def teardown(self) -> None:
        """The same events at the same times give the same decisions, byte for byte."""
        again = Engine()
        for event, now, decisions in self.world.log:
            assert repr(again.apply(event, now)) == repr(decisions)


USUAL = settings(
    max_examples=400,
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TestEngine = EngineStories.TestCase
TestEngine.settings = USUAL
