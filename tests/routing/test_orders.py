"""What happens to a work order keeps its place in line and its history."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from servicedesk.domain.actors import system_actor, user_actor
from servicedesk.domain.errors import WrongStep
from servicedesk.domain.ids import OrderId
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.tickets import Priority
from servicedesk.kernel.work import Work
from servicedesk.routing.orders import (
    cancel_order,
    finish_order,
    live_order,
    move_order,
    return_order,
    set_order_priority,
    take_order,
)
from tests.routing.rows import Desk

Verb = Callable[[Work, OrderId], Awaitable[None]]


async def test_new_order_waits_in_its_queue(desk: Desk) -> None:
    ticket_id = await desk.ticket()
    order_id = await desk.order(ticket_id=ticket_id, priority=Priority.HIGH)
    order = await live_order(desk.database.sql, ticket_id)
    assert order is not None
    assert (order.id, order.queue_id, order.state) == (order_id, desk.queue_id, "waiting")
    assert (order.priority, order.channel, order.units) == (3, ChannelKind.EMAIL, 1)
    entry = (await desk.entries())[-1]
    assert (entry.kind, entry.ticket_id, entry.order_id) == ("order.opened", ticket_id, order_id)
    assert entry.payload == {"queue_id": str(desk.queue_id), "priority": 3, "channel": "email"}


async def test_order_taken_by_hand_takes_back_the_offer(desk: Desk) -> None:
    ana, ben = await desk.agent(), await desk.agent()
    order_id = await desk.order()
    offer_id = await desk.offer(order_id, ana)
    async with desk.database.work(user_actor(ben)) as work:
        order = await take_order(work, order_id, ben, how="taken")
    assert (order.state, order.owner_id) == ("active", ben)
    offer = await desk.row("offer", offer_id)
    assert (offer["state"], offer["reason"]) == ("rescinded", "taken")


async def test_returned_order_keeps_its_place_in_line(desk: Desk) -> None:
    ana = await desk.agent()
    order_id = await desk.order()
    start = (await desk.row("work_order", order_id))["virtual_start"]
    async with desk.database.work(user_actor(ana)) as work:
        await take_order(work, order_id, ana, how="taken")
        await return_order(work, order_id, "released")
    row = await desk.row("work_order", order_id)
    assert (row["state"], row["owner_id"], row["virtual_start"]) == ("waiting", None, start)


async def test_moved_order_waits_in_the_other_queue_at_the_place_of_its_age(desk: Desk) -> None:
    ana = await desk.agent()
    order_id = await desk.order()
    start = (await desk.row("work_order", order_id))["virtual_start"]
    offer_id = await desk.offer(order_id, ana)
    billing = await desk.queue("Billing")
    async with desk.database.work(user_actor(ana)) as work:
        await move_order(work, order_id, billing)
    row = await desk.row("work_order", order_id)
    assert (str(row["queue_id"]), row["state"]) == (str(billing), "waiting")
    assert row["virtual_start"] == start
    assert (await desk.row("offer", offer_id))["reason"] == "moved"


@pytest.mark.parametrize(("verb", "state"), [(finish_order, "done"), (cancel_order, "cancelled")])
async def test_order_that_is_over_takes_its_offer_along_and_goes_no_further(
    desk: Desk, verb: Callable[[Work, OrderId, str], Awaitable[None]], state: str
) -> None:
    ana = await desk.agent()
    ticket_id = await desk.ticket()
    order_id = await desk.order(ticket_id=ticket_id)
    offer_id = await desk.offer(order_id, ana)
    async with desk.database.work(system_actor("test")) as work:
        await verb(work, order_id, "solved")
    row = await desk.row("work_order", order_id)
    assert (row["state"], row["outcome"]) == (state, "solved")
    assert (await desk.row("offer", offer_id))["state"] == "rescinded"
    assert await live_order(desk.database.sql, ticket_id) is None
    with pytest.raises(WrongStep):
        async with desk.database.work(system_actor("test")) as work:
            await return_order(work, order_id, "again")


async def test_idle_time_starts_anew_when_work_comes_and_when_it_goes(desk: Desk) -> None:
    ana = await desk.agent()
    order_id = await desk.order()
    seen = [(await desk.presence(ana))["idle_since"]]
    async with desk.database.work(user_actor(ana)) as work:
        await take_order(work, order_id, ana, how="taken")
    seen.append((await desk.presence(ana))["idle_since"])
    async with desk.database.work(user_actor(ana)) as work:
        await finish_order(work, order_id, "solved")
    seen.append((await desk.presence(ana))["idle_since"])
    assert seen[0] < seen[1] < seen[2]


async def test_waiting_order_follows_the_priority_of_its_ticket(desk: Desk) -> None:
    order_id = await desk.order()
    async with desk.database.work(system_actor("test")) as work:
        await set_order_priority(work, order_id, Priority.URGENT)
    assert (await desk.row("work_order", order_id))["priority"] == 4


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_work_of_which_only_notes_are_left_ends_where_it_would_wait_again(
    desk: Desk, elsewhere: bool
) -> None:
    ana, ticket_id = await desk.agent(), await desk.ticket()
    order_id = await desk.order(ticket_id=ticket_id)
    await desk.database.sql.execute("UPDATE queue SET wrap_up_seconds = 60")
    await desk.database.sql.execute("UPDATE work_order SET channel = 'chat'")
    async with desk.database.work(user_actor(ana)) as work:
        await take_order(work, order_id, ana, how="taken")
        await finish_order(work, order_id, "solved")
    night = await desk.queue("Night")
    async with desk.database.work(system_actor("test")) as work:
        if elsewhere:
            await move_order(work, order_id, night)
        else:
            await return_order(work, order_id, "unassigned")
    row = await desk.row("work_order", order_id)
    assert (row["state"], row["outcome"]) == ("done", "solved")
    assert await live_order(desk.database.sql, ticket_id) is None
    assert "order.returned" not in await desk.kinds()
