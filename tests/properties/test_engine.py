"""What must hold of the engine whatever happens, in whatever order.

20,000 steps here; `tests/soak/routing` takes ten times as many.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from servicedesk.domain.ids import OrderId, QueueId, TeamId, UserId
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.orders import OrderState
from servicedesk.routing.engine.decisions import Divert
from servicedesk.routing.engine.events import Preloaded, TimePassed
from servicedesk.routing.engine.machine import Engine
from servicedesk.routing.facts import (
    AgentChoice,
    AgentFacts,
    Hours,
    OrderFacts,
    QueueFacts,
    QueueOrder,
    QueueStep,
    Serving,
)
from tests.properties.routing_facts import (
    CHANNELS,
    LIMITS,
    PICK,
    QUEUES,
    SERVES,
    SKILLS,
    STEPS,
    TEAMS,
    Limits,
)
from tests.properties.routing_rows import START
from tests.properties.routing_world import World, new_ticket_id


class EngineStories(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.tells_backwards = False

    def _done(self, tell: bool) -> None:
        """Mostly each change is told at once; now and then several come together."""
        if tell:
            self.world.tell(backwards=self.tells_backwards)

    @rule(
        queue=st.sampled_from(QUEUES),
        channel=st.sampled_from(CHANNELS),
        priority=st.integers(1, 4),
        units=st.integers(1, 2),
        skills=SKILLS,
        waited=st.integers(0, 300),
        due=st.none() | st.integers(-600, 600),
        prefers=st.none() | PICK,
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
        prefers: int | None,
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
        if prefers is not None and world.agents:
            facts = replace(
                facts,
                preferred_id=self._agent(prefers).user_id,
                preferred_until=world.now + timedelta(seconds=prefers % 300),
            )
        world.open(facts)
        self._done(tell)

    @rule(
        queue=st.sampled_from(QUEUES),
        order=st.sampled_from(QueueOrder),
        choice=st.sampled_from(AgentChoice),
        steps=STEPS,
        limits=LIMITS,
        auto_accept=st.booleans(),
        changes_in=st.none() | st.integers(1, 300),
        tell=st.booleans(),
    )
    def queue_is_set_up(
        self,
        queue: QueueId,
        order: QueueOrder,
        choice: AgentChoice,
        steps: list[QueueStep],
        limits: Limits,
        auto_accept: bool,
        changes_in: int | None,
        tell: bool,
    ) -> None:
        hours = limits.hours
        if hours is not None and changes_in is not None:
            hours = Hours(hours.is_open, self.world.now + timedelta(seconds=changes_in))
        facts = QueueFacts(
            queue,
            "",
            TeamId(queue),
            45,
            active=True,
            order=order,
            choice=choice,
            steps=tuple(sorted(steps, key=lambda step: step.after_seconds)),
            auto_accept=auto_accept,
            hours=hours,
            outside=limits.outside,
            max_length=limits.max_length,
            max_wait_seconds=limits.max_wait_seconds,
            overflow=limits.overflow,
            most_refusals=limits.most_refusals,
        )
        self.world.set_queue(facts)
        self._done(tell)

    @rule(
        serves=SERVES,
        email=st.integers(0, 3),
        chat=st.integers(0, 2),
        voice=st.integers(0, 1),
        skills=SKILLS,
        teams=st.frozensets(st.sampled_from(TEAMS), max_size=1),
        tell=st.booleans(),
    )
    def agent_comes(
        self,
        serves: tuple[Serving, ...],
        email: int,
        chat: int,
        voice: int,
        skills: dict[str, int],
        teams: frozenset[TeamId],
        tell: bool,
    ) -> None:
        world = self.world
        capacity = {"email": email, "chat": chat, "voice": voice}
        user_id = UserId(world.new_id())
        facts = AgentFacts(user_id, True, world.now, serves, capacity, skills, teams)
        world.set_agent(facts)
        self._done(tell)

    @precondition(lambda self: self.world.agents)
    @rule(
        pick=PICK,
        available=st.booleans(),
        closed=st.frozensets(st.sampled_from(CHANNELS), max_size=1),
        tell=st.booleans(),
    )
    def agent_comes_or_goes(
        self, pick: int, available: bool, closed: frozenset[ChannelKind], tell: bool
    ) -> None:
        agent = self._agent(pick)
        idle_since = self.world.now if available else agent.idle_since
        changed = replace(agent, available=available, idle_since=idle_since, closed=closed)
        self.world.set_agent(changed)
        self._done(tell)

    @precondition(lambda self: self.world.agents)
    @rule(pick=PICK, serves=SERVES, email=st.integers(0, 3), tell=st.booleans())
    def agent_is_given_other_work(
        self, pick: int, serves: tuple[Serving, ...], email: int, tell: bool
    ) -> None:
        agent = self._agent(pick)
        capacity = {**agent.capacity, "email": email}
        self.world.set_agent(replace(agent, serves=serves, capacity=capacity))
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

    @precondition(lambda self: self._orders_at_hand())
    @rule(pick=PICK, seconds=st.integers(1, 120), tell=st.booleans())
    def notes_are_written(self, pick: int, seconds: int, tell: bool) -> None:
        at_hand = self._orders_at_hand()
        self.world.wrap_up(at_hand[pick % len(at_hand)], seconds)
        self._done(tell)

    @precondition(lambda self: self.world.orders)
    @rule(pick=PICK, queue=st.sampled_from(QUEUES), priority=st.integers(1, 4), tell=st.booleans())
    def order_is_put_back(self, pick: int, queue: QueueId, priority: int, tell: bool) -> None:
        order = self.world.orders[self._order(pick)]
        changes: dict[str, object] = {"queue_id": queue, "priority": priority}
        if queue != order.queue_id:
            changes |= {"step": 0, "diverted": frozenset()}
        self.world.put_back(order.id, **changes)
        self._done(tell)

    @precondition(lambda self: self.world.orders and self.world.agents)
    @rule(pick=PICK, by=PICK, transfers=st.booleans(), tell=st.booleans())
    def order_is_handed_over(self, pick: int, by: int, transfers: bool, tell: bool) -> None:
        """Forced upon somebody, or held out to somebody who takes work."""
        agent = self._agent(by)
        if not transfers:
            self.world.own(self._order(pick), agent.user_id)
        elif agent.available and self.world.orders[self._order(pick)].channel not in agent.closed:
            self.world.transfer(self._order(pick), agent.user_id)
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

    def _orders_at_hand(self) -> list[OrderId]:
        return [
            order.id for order in self.world.orders.values() if order.state is OrderState.ACTIVE
        ]

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
    def what_nobody_is_asked_to_take_is_marked(self) -> None:
        if not self.world.untold:
            for order in self.world.waiting():
                assert order.stuck is self.world.stuck_of(order), order

    @invariant()
    def what_is_due_wakes_the_engine_in_time(self) -> None:
        due = self.world.earliest_due()
        if due is not None and not self.world.untold:
            wake = self.world.engine.next_wake()
            assert wake is not None
            assert wake <= due

    @invariant()
    def place_in_line_goes_by_rank(self) -> None:
        if self.world.untold:
            return
        for queue in QUEUES:
            line = [
                order
                for order in self.world.waiting()
                if order.queue_id == queue and not self.world.is_given_up(order)
            ]
            for place, order in enumerate(line, start=1):
                found = self.world.engine.place_of(order.id)
                assert found is not None
                assert (found.place, found.of) == (place, len(line))

    @invariant()
    def engine_that_starts_now_knows_the_same(self) -> None:
        if self.world.untold:
            return
        fresh = Engine()
        assert fresh.apply(Preloaded(self.world.everything()), self.world.now) == []
        sent_on = fresh.apply(TimePassed(), self.world.now)
        for each in sent_on:  # what found no room, and is not looked at again before some seconds
            assert isinstance(each, Divert)
            assert each.elsewhere.overflow_to is not None
        in_line = [order for order in self.world.waiting() if not self.world.is_given_up(order)]
        assert fresh.waiting + len(sent_on) == self.world.engine.waiting == len(in_line)

    def teardown(self) -> None:
        self._same_again()
        self._nothing_waits_for_ever()

    def _same_again(self) -> None:
        """The same events at the same times give the same decisions, byte for byte."""
        again = Engine()
        for event, now, decisions in self.world.log:
            assert repr(again.apply(event, now)) == repr(decisions)

    def _nothing_waits_for_ever(self) -> None:
        """Every state has an exit: once queues are open and somebody can do everything, no order
        is left in line."""
        world = self.world
        for queue in QUEUES:
            world.set_queue(QueueFacts(queue, "", TeamId(queue), 45, active=True, auto_accept=True))
        serves = tuple(Serving(queue) for queue in QUEUES)
        capacity = dict.fromkeys(("email", "chat", "voice"), 10_000)
        skills = {"german": 5, "billing": 5}
        able = AgentFacts(UserId(world.new_id()), True, world.now, serves, capacity, skills)
        for seconds in (0, 2_000):
            world.pass_time(seconds)
            world.set_agent(replace(able, exclusive=frozenset()))
            world.tell()
        assert [order for order in world.waiting() if not world.is_given_up(order)] == []


USUAL = settings(
    max_examples=400,
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TestEngine = EngineStories.TestCase
TestEngine.settings = USUAL
