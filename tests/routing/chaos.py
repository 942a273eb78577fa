"""Routers that are killed, paused and cut off while orders come in and agents answer.

Three router processes share PostgreSQL and a Redis of their own. Whatever happens to them, the
journal must read as if nothing had: `check_offers` replays it and knows no engine.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

from servicedesk.app.router import LEASE_NAME, USUAL_TIMING
from servicedesk.domain.actors import user_actor
from servicedesk.domain.errors import OfferGone, Unavailable
from servicedesk.domain.ids import OfferId, OrderId, UserId
from servicedesk.domain.orders import DeclineReason
from servicedesk.kernel import journal
from servicedesk.kernel.config import Settings
from servicedesk.kernel.database import Database
from servicedesk.kernel.journal import Entry
from servicedesk.kernel.redis_bus import open_redis_bus
from servicedesk.routing.offers import decline_offer, win_offer
from servicedesk.routing.orders import finish_order
from tests.databases import opened
from tests.routing.lone_router import NAME, name_of
from tests.routing.own_redis import Redis
from tests.routing.rows import Desk, small_desk
from tests.routing.running import open_offers

ROUTERS = 3
PAUSE_SECONDS = USUAL_TIMING.lease_seconds + 1.5
ANSWER_SECONDS = 0.05
PATIENCE_SECONDS = 240


@dataclass(frozen=True, slots=True)
class Chaos:
    """How much comes in and how much goes wrong, spread over `seconds`."""

    seconds: float
    orders: int
    agents: int
    capacity: int
    kills: int
    pauses: int
    redis_restarts: int
    seed: int = 1


@dataclass(slots=True)
class Outcome:
    """What was done to the routers, and the whole journal."""

    kills: int = 0
    pauses: int = 0
    redis_restarts: int = 0
    entries: list[Entry] = field(default_factory=list)
    unfinished: int = 0
    leaders_killed: int = 0
    successions: list[float] = field(default_factory=list)
    """For each leader that was killed the seconds until another held the lease."""
    tokens: list[int] = field(default_factory=list)
    """The fencing tokens of offers in the order of the journal."""


async def run_chaos(settings: Settings, redis: Redis, chaos: Chaos) -> Outcome:
    outcome = Outcome()
    async with open_redis_bus(redis.url) as bus, opened(settings, bus) as database:
        desk = await small_desk(database)
        await database.sql.execute("UPDATE queue SET offer_seconds = 5, most_refusals = 1000")
        agents = [await desk.agent() for _ in range(chaos.agents)]
        for user_id in agents:
            await desk.capacity(user_id, email=chaos.capacity)
        async with _routers(settings, redis) as routers:
            succession = Succession(database, outcome)
            await asyncio.gather(
                _work(desk, agents, chaos),
                _disturb(routers, redis, chaos, succession),
            )
        await _look(database, outcome)
    return outcome


class Routers:
    """Three processes, each started anew when it was killed."""

    def __init__(self, settings: Settings, redis_url: str) -> None:
        self._settings = settings
        self._redis_url = redis_url
        self.processes: list[asyncio.subprocess.Process] = []

    async def start(self, place: int) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.routing.lone_router", str(self._settings.data_dir),
            self._settings.database_url, self._redis_url, name_of(place),
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip

    async def kill(self, place: int) -> None:
        process = self.processes[place]
        if process.returncode is None:
            process.kill()
        await process.wait()
        self.processes[place] = await self.start(place)

    async def pause(self, place: int) -> None:
        """Stop it for longer than its lease: it wakes believing that it still leads."""
        process = self.processes[place]
        if process.returncode is None:
            process.send_signal(signal.SIGSTOP)
            await asyncio.sleep(PAUSE_SECONDS)
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGCONT)


@asynccontextmanager
async def _routers(settings: Settings, redis: Redis) -> AsyncIterator[Routers]:
    routers = Routers(settings, redis.url)
    routers.processes = [await routers.start(place) for place in range(ROUTERS)]
    try:
        yield routers
    finally:
        for process in routers.processes:
            if process.returncode is None:
                process.kill()
            await process.wait()


class Succession:
    """Sees who leads, and that another leads after a leader was killed."""

    def __init__(self, database: Database, outcome: Outcome) -> None:
        self._database = database
        self.outcome = outcome

    async def leader(self) -> tuple[int, int] | None:
        """Return the place of the process that holds the lease and its token; None if nobody."""
        row = await self._database.sql.fetch_one(
            "SELECT owner, token FROM lease WHERE name = $1", LEASE_NAME
        )
        if row is None or not row["owner"]:
            return None
        name = str(row["owner"]).rpartition("-")[0]
        return int(name.removeprefix(NAME)), int(row["token"])

    async def await_next(self, token: int) -> None:
        """Wait until somebody leads under a larger token than this one's holder did."""
        loop = asyncio.get_running_loop()
        since = loop.time()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                found = await self.leader()
                if found is not None and found[1] > token:
                    self.outcome.successions.append(loop.time() - since)
                    return
                await asyncio.sleep(ANSWER_SECONDS)


async def _disturb(routers: Routers, redis: Redis, chaos: Chaos, succession: Succession) -> None:
    """Do all that is to go wrong, in a fixed order of the seed, evenly over the time. Every other
    kill is of whoever leads just then."""
    outcome = succession.outcome
    plan = ["kill"] * chaos.kills + ["pause"] * chaos.pauses
    plan += ["redis"] * chaos.redis_restarts
    dice = random.Random(chaos.seed)
    dice.shuffle(plan)
    pending: list[asyncio.Task[None]] = []
    for what in plan:
        await asyncio.sleep(chaos.seconds / len(plan))
        place = dice.randrange(ROUTERS)
        if what == "kill":
            leader = await succession.leader() if outcome.kills % 2 else None
            await routers.kill(place if leader is None else leader[0])
            outcome.kills += 1
            if leader is not None:
                pending.append(asyncio.create_task(succession.await_next(leader[1])))
                outcome.leaders_killed += 1
        elif what == "pause":
            pending.append(asyncio.create_task(routers.pause(place)))
            outcome.pauses += 1
        else:
            await asyncio.to_thread(redis.stop)
            await asyncio.sleep(0.5)
            await asyncio.to_thread(redis.start)
            outcome.redis_restarts += 1
    await asyncio.gather(*pending)


async def _work(desk: Desk, agents: list[UserId], chaos: Chaos) -> None:
    """Open the orders over the time, and let agents answer until all are done. Only a standstill
    is too long: how fast it goes is up to the machine."""
    opening = asyncio.create_task(_open(desk, chaos))
    dice = random.Random(chaos.seed + 1)
    async with asyncio.timeout(PATIENCE_SECONDS) as patience:
        while not (opening.done() and await _all_done(desk)):
            held_out = [(order_id, *to) for order_id, to in (await open_offers(desk)).items()]
            chances = [dice.random() for _ in held_out]
            if any(await asyncio.gather(*map(partial(_answer, desk), held_out, chances))):
                patience.reschedule(asyncio.get_running_loop().time() + PATIENCE_SECONDS)
            for user_id in agents if dice.random() < 0.1 else ():
                await desk.is_available(user_id)  # also who let an offer run out
            await asyncio.sleep(ANSWER_SECONDS)
    await opening


async def _answer(desk: Desk, held_out: tuple[OrderId, OfferId, UserId], chance: float) -> bool:
    """Answer as a person might. True: the order is finished."""
    order_id, offer_id, user_id = held_out
    with contextlib.suppress(OfferGone, Unavailable):
        if chance < 0.1:
            reason = DeclineReason.BUSY
            await decline_offer(desk.database, offer_id, user_id, reason, None)
        elif chance < 0.95:  # the rest is let run out, now and then
            async with desk.database.work(user_actor(user_id)) as work:
                await win_offer(work, offer_id, user_id)
            async with desk.database.work(user_actor(user_id)) as work:
                await finish_order(work, order_id, "solved")
            return True
    return False


async def _open(desk: Desk, chaos: Chaos) -> None:
    """By the clock: a machine that is slow for a while catches up."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    for number in range(chaos.orders):
        due = start + number * chaos.seconds * 0.9 / chaos.orders
        await asyncio.sleep(max(0.0, due - loop.time()))
        await desk.order()


async def _all_done(desk: Desk) -> bool:
    row = await desk.database.sql.fetch_one(
        "SELECT id FROM work_order WHERE state IN ('waiting', 'offered', 'active') LIMIT 1"
    )
    return row is None


async def _look(database: Database, outcome: Outcome) -> None:
    await database.stamp()
    position = 0
    while found := await journal.read_after(database.sql, position, 5_000):
        outcome.entries += found
        position = found[-1].position
    row = await database.sql.fetch_one(
        "SELECT count(*) AS left_over FROM work_order WHERE state <> 'done'"
    )
    outcome.unfinished = int(row["left_over"]) if row else 0
    tokens = {
        str(row["id"]): int(row["fencing_token"])
        for row in await database.sql.fetch("SELECT id, fencing_token FROM offer")
    }
    outcome.tokens = [
        tokens[str(entry.payload["offer_id"])]
        for entry in outcome.entries
        if entry.kind == "offer.made"
    ]
