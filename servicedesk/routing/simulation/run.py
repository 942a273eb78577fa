"""One run of a scenario: a calendar of events drives the engine from one instant to the next.

    arrival ──engine──▶ waits ──engine──▶ at work ──▶ done ──engine──▶ the next
       │ no trunk        │ patience ends
       ▼                 ▼
    blocked           abandoned

Orders that arrive within the measured time are measured; the run goes on without arrivals until
each of them was answered or gave up.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum
from heapq import heappop, heappush
from typing import NamedTuple

from servicedesk.domain.ids import OrderId, UserId
from servicedesk.domain.orders import DivertCause
from servicedesk.routing.engine.decisions import Decision, Divert, MakeOffer
from servicedesk.routing.engine.events import (
    AgentChanged,
    Event,
    OrderChanged,
    OrderGone,
    QueueChanged,
    TimePassed,
    Together,
)
from servicedesk.routing.engine.machine import Engine
from servicedesk.routing.facts import AgentFacts, OrderFacts
from servicedesk.routing.simulation.dice import Dice, Draw
from servicedesk.routing.simulation.scenario import OrderClass, Scenario, Spread
from servicedesk.routing.simulation.staging import START, Stage
from servicedesk.routing.simulation.tallies import ClassTally, GroupTally

EVENTS_BETWEEN_REPORTS = 20_000
BY_TIME = frozenset({DivertCause.STEP, DivertCause.TOO_LATE})
SECOND = timedelta(seconds=1)


class Kind(IntEnum):
    """Of events at one instant the smaller comes first."""

    DONE = 0
    PATIENCE = 1
    ARRIVAL = 2
    STEP = 3


@dataclass(slots=True)
class Staff:
    """An agent at work. `takes_more`: they may have several orders at hand. `busy_since` is when
    their present spell of work began."""

    facts: AgentFacts
    tally: GroupTally
    takes_more: bool
    at_hand: int = 0
    busy_since: float = 0.0


@dataclass(slots=True)
class Job:
    """An order on its way. `staff` is who works on it. `measured`: it arrived within that time."""

    facts: OrderFacts
    stream: "Stream"
    arrived: float
    handle_seconds: float
    measured: bool
    staff: Staff | None = None


@dataclass(slots=True)
class Stream:
    """A class with its sources of chance and what is counted of it."""

    asked: OrderClass
    gap: Draw
    handle: Draw
    patience: Draw | None
    tally: ClassTally


@dataclass(frozen=True, slots=True)
class Outcome:
    """`measured_seconds` is shorter than asked if the run was stopped."""

    classes: list[ClassTally]
    groups: list[GroupTally]
    decisions: int
    measured_seconds: float
    stopped: bool


class Happening(NamedTuple):
    at: float
    kind: Kind
    serial: int
    what: Stream | Job | None


class Run:
    def __init__(self, scenario: Scenario, dice: Dice) -> None:
        self.now = 0.0
        self._instant = START
        self._begin = scenario.warmup_s
        self._end = scenario.warmup_s + scenario.duration_s
        self._limit = scenario.trunk_limit
        self._stage = Stage.of(scenario)
        self._engine = Engine()
        self._calendar: list[Happening] = []
        self._serial = 0
        self._jobs: dict[OrderId, Job] = {}
        self._staff: dict[UserId, Staff] = {}
        self._decisions = 0
        self._open = 0
        self._planned: datetime | None = None
        self._streams = [_stream(asked, dice) for asked in scenario.classes]
        self._groups = [GroupTally(group.count) for group in scenario.agents]
        self._set_up(scenario)

    def run(self, keep_going: Callable[[float], bool]) -> Outcome:
        """Run to the end. `keep_going` hears now and then which share is done; False stops it."""
        stopped, happened = False, 0
        while self._calendar and (self.now < self._end or self._open):
            happened += 1
            if happened % EVENTS_BETWEEN_REPORTS == 0 and not keep_going(self.now / self._end):
                stopped = True
                break
            happening = heappop(self._calendar)
            self.now = happening.at
            self._instant = START + timedelta(seconds=self.now)
            self._happen(happening)
        measured_until = min(self.now, self._end) if stopped else self._end
        for staff in self._staff.values():
            if staff.at_hand:
                self._count_busy(staff)
        seconds = max(0.0, measured_until - self._begin)
        tallies = [stream.tally for stream in self._streams]
        return Outcome(tallies, self._groups, self._decisions, seconds, stopped)

    def _set_up(self, scenario: Scenario) -> None:
        events: list[Event] = [QueueChanged(self._stage.queue(each)) for each in scenario.queues]
        for group, tally in zip(scenario.agents, self._groups, strict=True):
            for _ in range(group.count):
                facts = self._stage.agent(group, len(self._staff), START)
                self._staff[facts.user_id] = Staff(facts, tally, sum(facts.capacity.values()) > 1)
                events.append(AgentChanged(facts))
        self._engine.apply(Together(tuple(events)), START)
        for stream in self._streams:
            if stream.asked.arrivals_per_hour:
                self._plan(stream.gap(), Kind.ARRIVAL, stream)

    def _happen(self, happening: Happening) -> None:
        what = happening.what
        if isinstance(what, Stream):
            self._arrive(what)
        elif isinstance(what, Job):
            if happening.kind is Kind.DONE:
                self._finish(what)
            elif what.staff is None and what.facts.id in self._jobs:
                self._give_up(what)
        else:
            self._tell(TimePassed())

    def _arrive(self, stream: Stream) -> None:
        if self.now >= self._end:
            return
        self._plan(self.now + stream.gap(), Kind.ARRIVAL, stream)
        measured = self.now >= self._begin
        handle_seconds = stream.handle()
        patience = None if stream.patience is None else stream.patience()
        stream.tally.offered += measured
        if self._limit is not None and len(self._jobs) >= self._limit:
            stream.tally.blocked += measured
            return
        facts = self._stage.order(stream.asked, self._serial, self._instant)
        job = Job(facts, stream, self.now, handle_seconds, measured)
        self._jobs[facts.id] = job
        self._open += measured
        self._tell(OrderChanged(facts))
        if patience is not None and job.staff is None:
            self._plan(self.now + patience, Kind.PATIENCE, job)

    def _finish(self, job: Job) -> None:
        staff = job.staff
        assert staff is not None  # noqa: S101  # it was worked on
        del self._jobs[job.facts.id]
        staff.at_hand -= 1
        if not staff.at_hand:
            self._count_busy(staff)
        self._tell(Together((OrderGone(job.facts.id), self._idle_anew(staff))))

    def _give_up(self, job: Job) -> None:
        job.stream.tally.abandoned += job.measured
        self._lose(job)
        self._tell(OrderGone(job.facts.id))

    def _tell(self, event: Event) -> None:
        """Tell the engine, do what it decides, and tell it what came of that."""
        told: list[Event] = [event]
        while told:
            event = told[0] if len(told) == 1 else Together(tuple(told))
            decisions = self._engine.apply(event, self._instant)
            self._decisions += len(decisions)
            told = [news for each in decisions if (news := self._do(each)) is not None]
        self._plan_next_step()

    def _do(self, decision: Decision) -> Event | None:
        """Do it; return what the engine does not know of it yet.

        With nobody to be asked and hours always open, other kinds are only marks for people.
        """
        if isinstance(decision, MakeOffer):
            return self._take(self._jobs[decision.order_id], self._staff[decision.user_id])
        if isinstance(decision, Divert):
            return self._divert(decision)
        return None

    def _take(self, job: Job, staff: Staff) -> Event | None:
        job.staff = staff
        if not staff.at_hand:
            staff.busy_since = self.now
        staff.at_hand += 1
        self._plan(self.now + job.handle_seconds, Kind.DONE, job)
        self._count_wait(job)
        if job.measured:
            self._open -= 1
            wait = self.now - job.arrived
            job.stream.tally.waits.append(wait)
            job.stream.tally.within_level += wait <= job.stream.asked.service_level_s
        return self._idle_anew(staff) if staff.takes_more else None

    def _divert(self, decision: Divert) -> Event:
        """Telling the contact and offering a callback changes nothing here but that it was done."""
        job = self._jobs[decision.order_id]
        target = decision.elsewhere.overflow_to
        if decision.elsewhere.turn_away:
            job.stream.tally.blocked += job.measured
            self._lose(job)
            return OrderGone(job.facts.id)
        if target is not None:
            job.facts = replace(job.facts, queue_id=target, step=0, diverted=frozenset())
        elif decision.cause in BY_TIME:
            job.facts = replace(job.facts, step=decision.steps)
        else:
            job.facts = replace(job.facts, diverted=job.facts.diverted | {decision.cause})
        return OrderChanged(job.facts)

    def _lose(self, job: Job) -> None:
        del self._jobs[job.facts.id]
        self._open -= job.measured
        self._count_wait(job)

    def _idle_anew(self, staff: Staff) -> AgentChanged:
        facts = staff.facts
        staff.facts = AgentFacts(  # in full: the same by `replace` is what a run would wait for
            user_id=facts.user_id,
            available=True,
            idle_since=self._instant,
            serves=facts.serves,
            capacity=facts.capacity,
            skills=facts.skills,
            team_ids=facts.team_ids,
        )
        return AgentChanged(staff.facts)

    def _count_wait(self, job: Job) -> None:
        seconds = min(self.now, self._end) - max(job.arrived, self._begin)
        if seconds > 0:
            job.stream.tally.queue_seconds += seconds

    def _count_busy(self, staff: Staff) -> None:
        seconds = min(self.now, self._end) - max(staff.busy_since, self._begin)
        if seconds > 0:
            staff.tally.busy_seconds += seconds

    def _plan(self, at: float, kind: Kind, what: Stream | Job | None) -> None:
        self._serial += 1
        heappush(self._calendar, Happening(at, kind, self._serial, what))

    def _plan_next_step(self) -> None:
        """See to it that the engine hears of the time when it asked to."""
        wake = self._engine.next_wake()
        if wake is not None and wake != self._planned:
            self._planned = wake
            self._plan((wake - START) / SECOND, Kind.STEP, None)


def _stream(asked: OrderClass, dice: Dice) -> Stream:
    gap = Spread(dist="exponential", mean=3600 / (asked.arrivals_per_hour or 1))
    return Stream(
        asked=asked,
        gap=dice.stream(gap, asked.name, "arrivals"),
        handle=dice.stream(asked.handle_time_s, asked.name, "handling"),
        patience=None
        if asked.patience_s is None
        else dice.stream(asked.patience_s, asked.name, "patience"),
        tally=ClassTally(),
    )
