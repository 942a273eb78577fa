"""Routers that run while a test does, and waiting for what they do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from servicedesk.app.router import Timing, run_router
from servicedesk.domain.errors import Unavailable
from servicedesk.domain.ids import OfferId, OrderId, UserId
from servicedesk.kernel.bus import LocalBus, Topic
from servicedesk.kernel.sql import as_uuid
from tests.routing.rows import Desk

PATIENCE_SECONDS = 10.0
QUICK = Timing(lease_seconds=0.6, stand_by_seconds=0.05)


@asynccontextmanager
async def routing(desk: Desk, bus: LocalBus, timing: Timing = QUICK) -> AsyncIterator[None]:
    task = asyncio.create_task(run_router(desk.database, bus, "test", timing))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(bus: LocalBus, claim: Callable[[], Awaitable[bool]]) -> None:
    """Wait for the claim to come true, looking at every entry of the journal."""
    async with bus.listen(Topic.JOURNAL) as bell, asyncio.timeout(PATIENCE_SECONDS):
        while not await claim():
            await bell.wait()


async def open_offers(desk: Desk) -> dict[OrderId, tuple[OfferId, UserId]]:
    rows = await desk.database.sql.fetch("SELECT * FROM offer WHERE state = 'open' ORDER BY id")
    return {
        OrderId(as_uuid(row["order_id"])): (
            OfferId(as_uuid(row["id"])),
            UserId(as_uuid(row["user_id"])),
        )
        for row in rows
    }


async def offered(
    desk: Desk, bus: LocalBus, order_id: OrderId, user_id: UserId | None = None
) -> tuple[OfferId, UserId]:
    """Wait until the order is held out (to this agent), and return the offer."""

    async def is_held_out() -> bool:
        offer = (await open_offers(desk)).get(order_id)
        return offer is not None and user_id in (None, offer[1])

    await until(bus, is_held_out)
    return (await open_offers(desk))[order_id]


async def order_once_database_is_back(desk: Desk) -> OrderId:
    """Open an order, again after each time that the database did not answer."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                return await desk.order()
            except Unavailable:
                continue
