"""The router: feeds the engine from the journal and commits what it decides.

    stand by ──lease──▶ rebuild from rows ──▶ follow the journal ──lease lost──▶ stand by
        ▲                                         │ ▲
        │                    wait: bell, next deadline, renewal
        └────────── database away: back off ◀─────┘

Of all routers one leads, by a lease with a fencing token that every decision is committed under. It
reads the journal's head first and the rows after it, so what commits in between is told twice, not
never; telling twice is harmless. Nothing is polled: an entry's bell is the way to an offer.
"""

import asyncio
import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TypeVar

import structlog

from servicedesk.app.frozen import FROZEN
from servicedesk.app.router_commits import commit, commit_marks
from servicedesk.domain.actors import system_actor
from servicedesk.domain.errors import LeaseLost, ServicedeskError
from servicedesk.kernel import journal, leases
from servicedesk.kernel.backoff import delay_seconds
from servicedesk.kernel.bus import Bell, Bus, Topic
from servicedesk.kernel.database import Database
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.leases import Lease
from servicedesk.routing import views_facts
from servicedesk.routing.affected import affected_by
from servicedesk.routing.engine.decisions import (
    Decision,
    ExpireOffer,
    LookUpHours,
    MakeOffer,
    MarkStuck,
)
from servicedesk.routing.engine.events import Event, Preloaded, TimePassed, Together
from servicedesk.routing.engine.machine import Engine

LEASE_NAME = "router"
ENTRIES_AT_ONCE = 500
ORDERS_AT_ONCE = 2_000
AGENTS_AT_ONCE = 200
MARKS_AT_ONCE = 500
COMMITS_AT_ONCE = 4
"""Decisions are about different orders, so they need not wait for one another."""
MOST_ROUNDS = 60
ROUNDS_AT_ONCE = 5
ROUND_PAUSE_SECONDS = 0.05
"""A decision that is refused is decided anew: at once a few times, then more patiently, for some
seconds altogether, which is longer than clocks that are set right differ."""
CLOCK_MAY_LAG_SECONDS = 1.0
OWNER_PREFIX = 50
ACTOR = system_actor("router")
Item = TypeVar("Item")
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a lease lasts without renewal, and how often a router that stands by asks for it.

    After the leader is lost another decides within the sum of both, and a rebuild.
    """

    lease_seconds: float = 3.0
    stand_by_seconds: float = 1.0

    @property
    def renew_seconds(self) -> float:
        return self.lease_seconds / 3


USUAL_TIMING = Timing()


class RowsDisagree(ServicedeskError):
    """The engine and the rows do not come together. It is built anew from them."""


class ClockWentBack(ServicedeskError):
    """Another server with another clock keeps the database now. The engine is built anew."""


async def run_router(
    database: Database, bus: Bus, process: str, timing: Timing = USUAL_TIMING
) -> None:
    """Lead whenever nobody else does, until cancelled. `process` is for whoever reads the lease."""
    owner = f"{process[:OWNER_PREFIX]}-{new_id().hex[-12:]}"  # never used twice, as tokens need it
    failures = 0
    while True:
        try:
            await _lead_if_free(database, bus, owner, timing)
            failures = 0
            await asyncio.sleep(timing.stand_by_seconds)
        except LeaseLost:
            log.info("router_stands_by", owner=owner)
        except (ServicedeskError, OSError) as error:
            failures += 1
            log.warning("router_waits", error=type(error).__name__, failures=failures)
            await asyncio.sleep(_pause(failures))
        except Exception:
            failures += 1
            log.exception("router_failed", failures=failures)
            await asyncio.sleep(_pause(failures))


def _pause(failures: int) -> float:
    return delay_seconds(failures, first_seconds=0.2, longest_seconds=10.0)


async def _lead_if_free(database: Database, bus: Bus, owner: str, timing: Timing) -> None:
    lease = await leases.acquire(database.sql, LEASE_NAME, owner, timing.lease_seconds)
    if lease is None:
        return
    log.info("router_leads", owner=owner, token=lease.token)
    try:
        async with bus.listen(Topic.JOURNAL) as bell:
            await Leader(database, lease, timing).run(bell)
    finally:
        await _let_go(database, lease)


async def _let_go(database: Database, lease: Lease) -> None:
    try:
        await leases.release(database.sql, lease)
    except (ServicedeskError, OSError) as error:
        log.warning("router_lease_kept", error=type(error).__name__)  # it runs out by itself


class Leader:
    """Routes under one lease. Raises LeaseLost when another took over."""

    def __init__(self, database: Database, lease: Lease, timing: Timing) -> None:
        self._database = database
        self._lease = lease
        self._timing = timing
        self._engine = Engine()
        self._position = 0
        self._renewed_at = _loop_seconds()
        self._now: datetime | None = None

    async def run(self, bell: Bell) -> None:
        await self._rebuild()
        while True:
            await self._renew_if_due()
            if not await self._follow():
                await bell.wait(await self._seconds_to_sleep())

    async def _rebuild(self) -> None:
        """Load what is live, then decide at once. In portions: the lease is renewed meanwhile."""
        started = _loop_seconds()
        with collections_put_off():
            await self._load()
        await self._decide(TimePassed())
        seconds = round(_loop_seconds() - started, 3)
        log.info("router_ready", waiting=self._engine.waiting, seconds=seconds)

    async def _load(self) -> None:
        sql = self._database.sql
        self._position = await journal.head(sql)
        await self._preload(await views_facts.load_queue_facts(sql, await self._time()))
        for agents in _portions(await views_facts.load_agents(sql), AGENTS_AT_ONCE):
            await self._preload(agents)
        async for orders in views_facts.live_orders(sql, ORDERS_AT_ONCE):
            await self._preload(orders)

    async def _preload(self, events: Sequence[Event]) -> None:
        await self._renew_if_due()
        self._engine.apply(Preloaded(tuple(events)), await self._time())

    async def _follow(self) -> bool:
        """Take in what was stamped since, or only the time. Returns False if there was nothing."""
        entries = await journal.read_after(self._database.sql, self._position, ENTRIES_AT_ONCE)
        if not entries:
            return await self._decide(TimePassed())
        affected = affected_by(entries)
        self._position = entries[-1].position
        sql = self._database.sql
        order_ids = [*affected.order_ids]
        order_ids += await views_facts.live_order_ids_of(sql, affected.ticket_ids)
        users = None if affected.every_agent else affected.user_ids
        queues = None if affected.every_queue else affected.queue_ids
        await self._tell(
            [
                *await views_facts.load_queue_facts(sql, await self._time(), queues),
                *await views_facts.load_orders(sql, dict.fromkeys(order_ids)),
                *await views_facts.load_agents(sql, users),
            ]
        )
        return True

    async def _tell(self, events: Sequence[Event]) -> None:
        await self._renew_if_due()
        if events:
            await self._decide(Together(tuple(events)))

    async def _decide(self, event: Event) -> bool:
        """Apply the event and commit the decisions, until the rows are as the engine thinks.

        Returns whether there were any. Raises RowsDisagree if they never are.
        """
        found = self._engine.apply(event, await self._time())
        decided, rounds = bool(found), 0
        while late := await self._carry_out(found):
            rounds += 1
            if rounds > MOST_ROUNDS:
                raise RowsDisagree("The router's decisions are refused again and again.")
            if rounds > ROUNDS_AT_ONCE:
                await asyncio.sleep(ROUND_PAUSE_SECONDS)  # what is due here is due there soon
            rows = await self._rows_behind(late)
            found = self._engine.apply(Together(tuple(rows)), await self._time())
        return decided

    async def _carry_out(self, found: Sequence[Decision]) -> list[Decision]:
        """Commit the decisions. Returns those whose rows the engine must be told anew."""
        marks = [decision for decision in found if isinstance(decision, MarkStuck)]
        decisions = [decision for decision in found if not isinstance(decision, MarkStuck)]
        late: list[Decision] = []
        for portion in _portions(decisions, COMMITS_AT_ONCE):
            await self._renew_if_due()
            written = await asyncio.gather(*map(self._commit, portion), return_exceptions=True)
            for decision, outcome in zip(portion, written, strict=True):
                if isinstance(outcome, BaseException):
                    raise outcome
                if not outcome:
                    late.append(decision)
        for several in _portions(marks, MARKS_AT_ONCE):  # last: nobody waits for them
            await self._renew_if_due()
            async with self._database.work(ACTOR) as work:
                await commit_marks(work, self._lease, several)
        return late

    async def _commit(self, decision: Decision) -> bool:
        if isinstance(decision, LookUpHours):
            return False
        async with self._database.work(ACTOR) as work:
            return await commit(work, self._lease, decision)

    async def _rows_behind(self, decisions: Sequence[Decision]) -> list[Event]:
        """Say how the rows are: they were not as the engine thought, or it asks for them."""
        await self._renew_if_due()
        queues = [each.queue_id for each in decisions if isinstance(each, LookUpHours)]
        late = [each for each in decisions if not isinstance(each, LookUpHours)]
        agents = [each.user_id for each in late if isinstance(each, MakeOffer | ExpireOffer)]
        for decision in late:
            log.info("router_was_late", decision=type(decision).__name__)
        sql = self._database.sql
        return [
            *await views_facts.load_queue_facts(sql, await self._time(), queues),
            *await views_facts.load_orders(sql, dict.fromkeys(each.order_id for each in late)),
            *await views_facts.load_agents(sql, dict.fromkeys(agents)),
        ]

    async def _renew_if_due(self) -> None:
        if _loop_seconds() - self._renewed_at < self._timing.renew_seconds:
            return
        held, seconds = self._lease, self._timing.lease_seconds
        lease = await leases.acquire(self._database.sql, held.name, held.owner, seconds)
        if lease is None or lease.token != held.token:
            raise LeaseLost("Another router leads now. This one stands by.", lease=held.name)
        self._renewed_at = _loop_seconds()

    async def _seconds_to_sleep(self) -> float:
        longest = max(0.0, self._renewed_at + self._timing.renew_seconds - _loop_seconds())
        wake = self._engine.next_wake()
        if wake is None:
            return longest
        return min(longest, max(0.0, (wake - await self._time()).total_seconds()))

    async def _time(self) -> datetime:
        """The database's time, kept from going back by little. Raises ClockWentBack: the engine
        has seen deadlines pass that are ahead for the rows."""
        now = await self._database.now()
        if self._now is not None and now < self._now:
            behind = (self._now - now).total_seconds()
            if behind > CLOCK_MAY_LAG_SECONDS:
                raise ClockWentBack(f"The database's clock went back by {behind:.0f} s.")
            return self._now
        self._now = now
        return now


@contextmanager
def collections_put_off() -> Iterator[None]:
    """What is loaded inside stays for long: to look through it again and again would double the
    time of a rebuild, and pause decisions later (benchmarks/measure_engine).

    What was loaded so before, and is not used any more, is full of cycles: see `Frozen`.
    """
    FROZEN.thaw_if_grown()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(50_000, 20, 100)
        gc.enable()


def _loop_seconds() -> float:
    return asyncio.get_running_loop().time()


def _portions(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    rest = iter(items)
    while portion := list(islice(rest, size)):
        yield portion
