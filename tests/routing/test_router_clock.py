"""The database's clock goes back: another server with another clock has taken over."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from structlog.testing import capture_logs

from servicedesk.app.router import LEASE_NAME, Leader, Timing
from servicedesk.kernel import leases
from servicedesk.kernel.bus import LocalBus
from servicedesk.routing import views_facts
from servicedesk.routing.engine.events import TimePassed
from tests.fakes.clock import FakeClock
from tests.routing.rows import Desk
from tests.routing.running import offered, open_offers, routing

OFFER_SECONDS = 45


async def test_offers_are_made_by_the_time_that_the_rows_go_by(
    frozen_desk: Desk, bus: LocalBus, clock: FakeClock
) -> None:
    desk = frozen_desk
    async with routing(desk, bus):
        clock.advance(100)
        waiting = await desk.order()
        clock.advance(-60)
        ana = await desk.agent()
        offer_id, user_id = await offered(desk, bus, waiting, ana)
        assert user_id == ana
        clock.advance(OFFER_SECONDS - 1)
        await desk.order()
        await asyncio.sleep(0.3)
        assert (await open_offers(desk))[waiting] == (offer_id, ana)


async def test_what_is_due_a_little_later_for_the_rows_is_not_asked_for_without_a_pause(
    frozen_desk: Desk, bus: LocalBus, clock: FakeClock
) -> None:
    desk = frozen_desk
    ana = await desk.agent()
    order_id = await desk.order()
    lease = await leases.acquire(desk.database.sql, LEASE_NAME, "test", 1_000)
    assert lease is not None
    leader = Leader(desk.database, lease, Timing(lease_seconds=1_000))
    await leader._rebuild()
    ((offer_id, user_id),) = (await open_offers(desk)).values()
    assert user_id == ana
    await leader._tell(await views_facts.load_orders(desk.database.sql, [order_id]))
    clock.advance(OFFER_SECONDS - 0.1)
    leader._now = clock.time + timedelta(seconds=0.2)  # it has seen the time that it was
    with capture_logs() as logs:
        deciding = asyncio.create_task(leader._decide(TimePassed()))
        await asyncio.sleep(0.4)
        clock.advance(0.2)
        assert await deciding
    assert 1 <= len([one for one in logs if one["event"] == "router_was_late"]) < 20
    assert (await desk.row("offer", offer_id))["state"] == "timed_out"
