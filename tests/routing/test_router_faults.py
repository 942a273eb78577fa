"""What the router stands on goes away: its process, its database. No order is lost, none late."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from servicedesk.app.router import LEASE_NAME, USUAL_TIMING
from servicedesk.domain.ids import UserId
from servicedesk.kernel.bus import LocalBus
from servicedesk.kernel.config import Settings
from servicedesk.kernel.database import Database
from tests.routing.rows import Desk, small_desk
from tests.routing.running import (
    offered,
    open_offers,
    order_once_database_is_back,
    routing,
    until,
)

TAKEN_OVER_SECONDS = 5.0


@asynccontextmanager
async def router_process(settings: Settings) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.routing.lone_router",
        str(settings.data_dir),
        settings.database_url,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _says(process: asyncio.subprocess.Process, words: bytes) -> None:
    assert process.stdout is not None
    async with asyncio.timeout(30):
        while words not in (line := await process.stdout.readline()):
            assert line, "the router ended before it led"


async def test_killed_leader_is_followed_within_five_seconds(
    postgres_settings: Settings, postgres_database: Database, bus: LocalBus
) -> None:
    desk = await small_desk(postgres_database)
    await desk.agent()
    async with router_process(postgres_settings) as leader:
        await _says(leader, b"router_ready")
        async with routing(desk, bus, USUAL_TIMING):
            row = await desk.row("lease", LEASE_NAME, "name")
            assert row["owner"].startswith("to-be-killed")
            leader.kill()
            killed_at = time.perf_counter()
            await leader.wait()
            await offered(desk, bus, await desk.order())
            seconds = time.perf_counter() - killed_at
    assert seconds < TAKEN_OVER_SECONDS + 1, f"{seconds:.1f} s from kill to offer"


FILL_TICKETS = """
    INSERT INTO ticket (id, number, subject, status, channel, brand_id, inbox_id, queue_id,
        team_id, contact_id, created_at, updated_at)
    SELECT gen_random_uuid(), 1000000 + place, '', 'new', 'email', $1, $2, $3, $4, $5, now(), now()
    FROM generate_series(1, $6::int) AS place
"""
FILL_ORDERS = """
    INSERT INTO work_order (id, ticket_id, queue_id, channel, state, priority, skills, excluded,
        virtual_start, entered_at)
    SELECT gen_random_uuid(), id, queue_id, 'email', 'waiting', 2, '{}', '[]', now(), now()
    FROM ticket WHERE number > 1000000
"""


async def test_killed_leader_is_followed_as_soon_with_ten_thousand_in_line(
    postgres_settings: Settings, postgres_database: Database, bus: LocalBus
) -> None:
    desk = await small_desk(postgres_database)
    places = (desk.brand_id, desk.inbox_id, desk.queue_id, desk.team_id, desk.contact_id)
    await postgres_database.sql.execute(FILL_TICKETS, *places, 10_000)
    await postgres_database.sql.execute(FILL_ORDERS)
    ana = await desk.agent()
    await desk.capacity(ana, email=1)
    async with router_process(postgres_settings) as leader:
        await _says(leader, b"router_ready")
        ((_, first),) = (await open_offers(desk)).values()
        assert first == ana  # one of the ten thousand
        async with routing(desk, bus, USUAL_TIMING):
            leader.kill()
            killed_at = time.perf_counter()
            await leader.wait()
            ben = await desk.agent()
            await _offered_to(desk, bus, ben)
            seconds = time.perf_counter() - killed_at
    assert seconds < TAKEN_OVER_SECONDS + 1, f"{seconds:.1f} s from kill to offer"


async def _offered_to(desk: Desk, bus: LocalBus, user_id: UserId) -> None:
    async def is_asked() -> bool:
        return user_id in [to for _, to in (await open_offers(desk)).values()]

    await until(bus, is_asked)


async def test_router_goes_on_after_its_connections_were_cut(
    postgres_database: Database, bus: LocalBus
) -> None:
    desk = await small_desk(postgres_database)
    await desk.agent()
    async with routing(desk, bus):
        await offered(desk, bus, await desk.order())
        await _cut_all_connections(desk)
        order_id = await order_once_database_is_back(desk)
        await offered(desk, bus, order_id)


async def _cut_all_connections(desk: Desk) -> None:
    await desk.database.sql.fetch(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
