"""Routers that are killed, paused and cut off while orders come in and agents answer.

Three router processes share PostgreSQL and a Redis of their own. Whatever happens to them, the
journal must read as if nothing had: `check_offers` replays it and knows no engine.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from servicedesk.app.router import USUAL_TIMING
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
from tests.routing.rows import Desk, small_desk
from tests.routing.running import open_offers
from tests.services.missing import ServiceMissing
from tests.services.processes import accepts_connections, free_port, running_process

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
    tokens: list[int] = field(default_factory=list)
    """The fencing tokens of offers in the order of the journal."""


class Redis:
    """A server of the run's own, so that it can be taken away from under the routers."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = free_port()
        self._running = contextlib.ExitStack()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        binary = shutil.which("redis-server")
        if binary is None:
            raise ServiceMissing("Redis", "redis-server is not installed")
        command = [binary, "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        command += ["--dir", str(self._folder)]
        log = self._folder / "redis.log"
        ready = running_process("Redis", command, log, lambda: accepts_connections(self.port))
        self._running.enter_context(ready)

    def stop(self) -> None:
        self._running.close()
        self._running = contextlib.ExitStack()


@contextlib.contextmanager
def own_redis(folder: Path) -> Iterator[Redis]:
    redis = Redis(folder)
    redis.start()
    try:
        yield redis
    finally:
        redis.stop()


async def run_chaos(settings: Settings, folder: Path, chaos: Chaos) -> Outcome:
    outcome = Outcome()
    with own_redis(folder) as redis:
        async with open_redis_bus(redis.url) as bus, opened(settings, bus) as database:
            desk = await small_desk(database)
            await database.sql.execute("UPDATE queue SET offer_seconds = 5, most_refusals = 1000")
            agents = [await desk.agent() for _ in range(chaos.agents)]
            for user_id in agents:
                await desk.capacity(user_id, email=chaos.capacity)
            async with _routers(settings, redis) as routers:
                await asyncio.gather(
                    _work(desk, agents, chaos),
                    _disturb(routers, redis, chaos, outcome),
                )
            await _look(database, outcome)
    return outcome


class Routers:
    """Three processes, each started anew when it was killed."""

    def __init__(self, settings: Settings, redis_url: str) -> None:
        self._settings = settings
        self._redis_url = redis_url
        self.processes: list[asyncio.subprocess.Process] = []

    async def start(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.routing.lone_router", str(self._settings.data_dir),
            self._settings.database_url, self._redis_url,
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip

    async def kill(self, place: int) -> None:
        process = self.processes[place]
        if process.returncode is None:
            process.kill()
        await process.wait()
        self.processes[place] = await self.start()

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
    routers.processes = [await routers.start() for _ in range(ROUTERS)]
    try:
        yield routers
    finally:
        for process in routers.processes:
            if process.returncode is None:
                process.kill()
            await process.wait()


async def _disturb(routers: Routers, redis: Redis, chaos: Chaos, outcome: Outcome) -> None:
    """Do all that is to go wrong, in a fixed order of the seed, evenly over the time."""
    plan = ["kill"] * chaos.kills + ["pause"] * chaos.pauses
    plan += ["redis"] * chaos.redis_restarts
    dice = random.Random(chaos.seed)
    dice.shuffle(plan)
    pauses: list[asyncio.Task[None]] = []
    for what in plan:
        await asyncio.sleep(chaos.seconds / len(plan))
        place = dice.randrange(ROUTERS)
        if what == "kill":
            await routers.kill(place)
            outcome.kills += 1
        elif what == "pause":
            pauses.append(asyncio.create_task(routers.pause(place)))
            outcome.pauses += 1
        else:
            await asyncio.to_thread(redis.stop)
            await asyncio.sleep(0.5)
            await asyncio.to_thread(redis.start)
            outcome.redis_restarts += 1
    await asyncio.gather(*pauses)


async def _work(desk: Desk, agents: list[UserId], chaos: Chaos) -> None:
    """Open the orders over the time, and let agents answer until all are done."""
    opening = asyncio.create_task(_open(desk, chaos))
    dice = random.Random(chaos.seed + 1)
    async with asyncio.timeout(chaos.seconds + PATIENCE_SECONDS):
        while not (opening.done() and await _all_done(desk)):
            held_out = [(order_id, *to) for order_id, to in (await open_offers(desk)).items()]
            chances = [dice.random() for _ in held_out]
            await asyncio.gather(*map(partial(_answer, desk), held_out, chances))
            for user_id in agents if dice.random() < 0.1 else ():
                await desk.is_available(user_id)  # also who let an offer run out
            await asyncio.sleep(ANSWER_SECONDS)
    await opening


async def _answer(desk: Desk, held_out: tuple[OrderId, OfferId, UserId], chance: float) -> None:
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
