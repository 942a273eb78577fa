"""The router on PostgreSQL: enqueue → committed offer at 50 orders a second, and how long it takes
to build the engine anew from rows."""

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

from servicedesk.app.router import ORDERS_AT_ONCE, collections_put_off, run_router
from servicedesk.domain.ids import OrderId
from servicedesk.kernel import journal
from servicedesk.kernel.bus import LocalBus, Topic
from servicedesk.kernel.database import Database
from servicedesk.routing import views_facts
from servicedesk.routing.engine.events import Preloaded, TimePassed
from servicedesk.routing.engine.machine import Engine
from tests.databases import opened, postgres_template, settings_on_postgres
from tests.routing.rows import Desk, small_desk
from tests.services.missing import ServiceMissing
from tests.services.postgresql import PostgresServer, postgres_server_for_tests

PER_SECOND = 50
SECONDS = 30
WARM_UP = 100
AGENTS = 40
WAITING = (10_000, 500_000)

FILL = """
    INSERT INTO ticket (id, number, subject, status, channel, brand_id, inbox_id, queue_id,
        team_id, contact_id, created_at, updated_at)
    SELECT gen_random_uuid(), 1000000 + place, '', 'new', 'email', $1, $2, $3, $4, $5, now(), now()
    FROM generate_series($6::int, $7::int) AS place
"""
FILL_ORDERS = """
    INSERT INTO work_order (id, ticket_id, queue_id, channel, state, priority, skills, excluded,
        virtual_start, entered_at)
    SELECT gen_random_uuid(), ticket.id, queue_id, 'email', 'waiting', 1 + number % 4,
        jsonb_build_object('skill' || number % 200, 1 + number % 3), '[]',
        now() - make_interval(secs => number % 86400), now()
    FROM ticket WHERE number >= 1000000
        AND NOT EXISTS (SELECT 1 FROM work_order WHERE work_order.ticket_id = ticket.id)
"""


def main() -> int:
    """Print percentiles beside the goals of issue 3, number 4."""
    try:
        with (
            postgres_server_for_tests() as server,
            tempfile.TemporaryDirectory() as folder,
            postgres_template(server, Path(folder)) as name,
        ):
            asyncio.run(_measure(server, name, Path(folder)))
    except ServiceMissing as missing:
        print(f"skipped: {missing}")
    return 0


async def _measure(server: PostgresServer, name: str, folder: Path) -> None:
    bus = LocalBus()
    async with opened(settings_on_postgres(folder, server.url_of(name)), bus) as database:
        desk = await small_desk(database)
        for _ in range(AGENTS):
            await desk.capacity(await desk.agent(), email=1_000)
        waits = await _offers(desk, bus)
        print(f"orders              {len(waits)} at {PER_SECOND} a second, {AGENTS} agents")
        print(f"enqueue → offer     p50 {statistics.median(waits):.1f} ms (goal: 20 at most)")
        print(f"                    p99 {waits[int(len(waits) * 0.99)]:.1f} ms (goal: 150 at most)")
        print(f"slowest             {waits[-1]:.1f} ms")
        for waiting in WAITING:
            await _fill(desk, waiting)
            seconds, loaded = await _rebuild(database)
            goal = " (goal: 15 at most)" if waiting == WAITING[-1] else ""
            print(f"rebuild             {loaded:,} orders in {seconds:.1f} s{goal}")


async def _offers(desk: Desk, bus: LocalBus) -> list[float]:
    """Open orders at a steady rate; return the waits in milliseconds, sorted: from the commit of
    an order until its offer's entry can be read in the journal."""
    router = asyncio.create_task(run_router(desk.database, bus, "bench"))
    began: dict[OrderId, float] = {}
    waits: list[float] = []
    try:
        watching = asyncio.create_task(_watch(desk.database, bus, began, waits))
        await _enqueue(desk, began)
        await asyncio.wait_for(watching, 30)
    finally:
        router.cancel()
        await asyncio.gather(router, return_exceptions=True)
    return sorted(waits[WARM_UP:])


async def _enqueue(desk: Desk, began: dict[OrderId, float]) -> None:
    start = time.perf_counter()
    running = []
    for number in range(WARM_UP + PER_SECOND * SECONDS):
        await asyncio.sleep(max(0.0, start + number / PER_SECOND - time.perf_counter()))
        running.append(asyncio.create_task(_open_one(desk, began)))
    await asyncio.gather(*running)


async def _open_one(desk: Desk, began: dict[OrderId, float]) -> None:
    ticket_id = await desk.ticket()
    at = time.perf_counter()
    began[await desk.order(ticket_id=ticket_id)] = at


async def _watch(
    database: Database, bus: LocalBus, began: dict[OrderId, float], waits: list[float]
) -> None:
    position = await journal.head(database.sql)
    seen: dict[OrderId, float] = {}
    async with bus.listen(Topic.JOURNAL) as bell:
        while len(waits) < WARM_UP + PER_SECOND * SECONDS:
            for entry in await journal.read_after(database.sql, position, 500):
                position = entry.position
                if entry.kind == "offer.made" and entry.order_id is not None:
                    seen[OrderId(entry.order_id)] = time.perf_counter()
            done = [one for one in seen if one in began]
            waits += [(seen.pop(one) - began[one]) * 1_000 for one in done]
            await bell.wait(0.5)


async def _fill(desk: Desk, waiting: int) -> None:
    row = await desk.database.sql.fetch_one(
        "SELECT count(*) AS there FROM ticket WHERE number >= 1000000"
    )
    there = int(row["there"]) if row else 0
    places = (desk.brand_id, desk.inbox_id, desk.queue_id, desk.team_id, desk.contact_id)
    await desk.database.sql.execute(FILL, *places, there + 1, waiting)
    await desk.database.sql.execute(FILL_ORDERS)
    await desk.database.sql.execute("ANALYZE")


async def _rebuild(database: Database) -> tuple[float, int]:
    """Load all that is live as a leader does that takes over. Returns seconds and orders."""
    engine, loaded, now = Engine(), 0, await database.now()
    began, busy = time.perf_counter(), time.process_time()
    with collections_put_off():
        engine.apply(Preloaded(tuple(await views_facts.load_queue_facts(database.sql, now))), now)
        engine.apply(Preloaded(tuple(await views_facts.load_agents(database.sql))), now)
        async for orders in views_facts.live_orders(database.sql, ORDERS_AT_ONCE):
            engine.apply(Preloaded(tuple(orders)), now)
            loaded += len(orders)
    engine.apply(TimePassed(), now)
    seconds = time.perf_counter() - began
    print(f"                    {time.process_time() - busy:.1f} s of them computing")
    return seconds, loaded


if __name__ == "__main__":
    sys.exit(main())
