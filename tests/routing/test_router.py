"""The running router on a real database: from a committed order to an offer, and what can fail."""

from __future__ import annotations

import asyncio
import random
import time
from statistics import median

from servicedesk.app.router import LEASE_NAME
from servicedesk.domain.actors import user_actor
from servicedesk.domain.orders import DeclineReason
from servicedesk.domain.presence import AwayReason, PresenceState
from servicedesk.kernel.bus import LocalBus, Topic
from servicedesk.routing.offers import decline_offer, win_offer
from servicedesk.routing.orders import finish_order, take_order
from servicedesk.routing.presence import set_presence
from tests.fakes.clock import FakeClock
from tests.routing.journal_check import check_offers
from tests.routing.rows import LONG_AGO, Desk
from tests.routing.running import offered, open_offers, routing, until


async def test_new_order_is_offered_to_the_available_agent_with_reasons(
    desk: Desk, bus: LocalBus
) -> None:
    ana = await desk.agent()
    async with routing(desk, bus):
        order_id = await desk.order()
        _, user_id = await offered(desk, bus, order_id)
    assert user_id == ana
    made = [entry for entry in await desk.entries() if entry.kind == "offer.made"]
    assert [entry.order_id for entry in made] == [order_id]
    assert made[0].trace is not None
    codes = [reason["code"] for reason in made[0].trace["why"]]
    assert codes == ["in_queue", "only_one", "free_capacity"]


async def test_orders_that_waited_before_the_router_started_are_offered(
    desk: Desk, bus: LocalBus
) -> None:
    order_id = await desk.order()
    ana = await desk.agent()
    async with routing(desk, bus):
        assert (await offered(desk, bus, order_id))[1] == ana


async def test_agent_who_becomes_available_gets_what_waits(desk: Desk, bus: LocalBus) -> None:
    ana = await desk.agent(available=False)
    async with routing(desk, bus):
        order_id = await desk.order()
        await desk.is_available(ana)
        assert (await offered(desk, bus, order_id))[1] == ana


async def test_declined_order_goes_to_the_next_agent(desk: Desk, bus: LocalBus) -> None:
    agents = {await desk.agent(), await desk.agent()}
    async with routing(desk, bus):
        order_id = await desk.order()
        offer_id, first = await offered(desk, bus, order_id)
        await decline_offer(desk.database, offer_id, first, DeclineReason.BUSY, None)
        _, second = await offered(desk, bus, order_id, (agents - {first}).pop())
    assert {first, second} == agents


async def test_order_of_an_agent_who_leaves_goes_to_the_next_at_once(
    desk: Desk, bus: LocalBus
) -> None:
    agents = {await desk.agent(), await desk.agent()}
    async with routing(desk, bus):
        order_id = await desk.order()
        _, first = await offered(desk, bus, order_id)
        await set_presence(desk.database, first, PresenceState.AWAY, AwayReason.LUNCH)
        await offered(desk, bus, order_id, (agents - {first}).pop())


async def test_offer_that_runs_out_goes_on_and_its_agent_is_away(
    frozen_desk: Desk, bus: LocalBus, clock: FakeClock
) -> None:
    agents = {await frozen_desk.agent(), await frozen_desk.agent()}
    async with routing(frozen_desk, bus):
        order_id = await frozen_desk.order()
        _, first = await offered(frozen_desk, bus, order_id)
        clock.advance(45)
        await bus.ring(Topic.JOURNAL)
        await offered(frozen_desk, bus, order_id, (agents - {first}).pop())
    presence = await frozen_desk.presence(first)
    assert (presence["state"], presence["reason"]) == ("away", "not_responding")


async def test_offer_that_ran_out_while_no_router_ran_is_found_again(
    frozen_desk: Desk, bus: LocalBus, clock: FakeClock
) -> None:
    agents = {await frozen_desk.agent(), await frozen_desk.agent()}
    async with routing(frozen_desk, bus):
        order_id = await frozen_desk.order()
        _, first = await offered(frozen_desk, bus, order_id)
    clock.advance(3_600)
    async with routing(frozen_desk, bus):
        await offered(frozen_desk, bus, order_id, (agents - {first}).pop())


async def test_finished_work_makes_room_for_what_waits(desk: Desk, bus: LocalBus) -> None:
    ana = await desk.agent()
    await desk.capacity(ana, email=1)
    async with routing(desk, bus):
        first, second = await desk.order(), await desk.order()
        await offered(desk, bus, first)
        async with desk.database.work(user_actor(ana)) as work:
            await take_order(work, first, ana, how="taken")
        assert second not in await open_offers(desk)
        async with desk.database.work(user_actor(ana)) as work:
            await finish_order(work, first, "solved")
        assert (await offered(desk, bus, second))[1] == ana


async def test_another_router_takes_over_when_the_leader_is_lost(desk: Desk, bus: LocalBus) -> None:
    """The first is not stopped but robbed of its lease, as if it had slept through it."""
    await desk.agent()
    async with routing(desk, bus), routing(desk, bus):
        await offered(desk, bus, await desk.order())
        before = await desk.row("lease", LEASE_NAME, "name")
        await desk.database.sql.execute(
            "UPDATE lease SET owner = 'thief', token = token + 1, expires_at = $2 WHERE name = $1",
            LEASE_NAME,
            await desk.database.now(),
        )
        await offered(desk, bus, await desk.order())
        after = await desk.row("lease", LEASE_NAME, "name")
    assert after["token"] >= before["token"] + 2


async def test_routers_that_fight_never_offer_twice_and_lose_nothing(
    desk: Desk, bus: LocalBus
) -> None:
    """Three routers, and a lease that runs out again and again in the middle of their work."""
    dice = random.Random(7)
    for _ in range(3):
        await desk.agent()
    wanted = 40

    async def accept_all() -> bool:
        for order_id, (offer_id, user_id) in (await open_offers(desk)).items():
            async with desk.database.work(user_actor(user_id)) as work:
                await win_offer(work, offer_id, user_id)
                await finish_order(work, order_id, "solved")
            if dice.random() < 0.5:
                await desk.database.sql.execute("UPDATE lease SET expires_at = $1", LONG_AGO)
        done = await desk.database.sql.fetch("SELECT id FROM work_order WHERE state = 'done'")
        return len(done) == wanted

    async with routing(desk, bus), routing(desk, bus), routing(desk, bus):
        await asyncio.gather(*(desk.order() for _ in range(wanted)))
        await until(bus, accept_all)
    check_offers(await desk.entries(), capacity=4)
    assert (await desk.row("lease", LEASE_NAME, "name"))["token"] > 1


async def test_time_from_committed_order_to_offer_is_a_few_milliseconds(
    desk: Desk, bus: LocalBus
) -> None:
    agents = [await desk.agent() for _ in range(5)]
    for user_id in agents:
        await desk.capacity(user_id, email=100)
    waits = []
    async with routing(desk, bus):
        await offered(desk, bus, await desk.order())
        for _ in range(20):
            order_id = await desk.order()
            started = time.perf_counter()
            await offered(desk, bus, order_id)
            waits.append(1000 * (time.perf_counter() - started))
    found = f"{median(waits):.1f} ms median, {max(waits):.1f} ms longest, {desk.database.dialect}"
    print(f"\norder committed -> offer committed: {found}")  # noqa: T201  # for -s
    assert median(waits) < 150, found
