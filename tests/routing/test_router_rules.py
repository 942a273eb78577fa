"""What queues say beyond who is free, done by the running router: steps, overflow, auto-accept,
hours, stickiness, notes, calls that interrupt, work that nobody can take."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from servicedesk.domain.actors import system_actor, user_actor
from servicedesk.domain.ids import OrderId, QueueId, UserId
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.orders import DeclineReason
from servicedesk.domain.tickets import Priority
from servicedesk.kernel.bus import LocalBus
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import as_uuid, json_text
from servicedesk.people.skills import Cell, add_skill, set_levels
from servicedesk.routing.classify import Classification
from servicedesk.routing.offers import decline_offer
from servicedesk.routing.orders import finish_order, open_order
from servicedesk.routing.presence import close_channels, expire_lost
from servicedesk.routing.queue_config import QueueConfig, Server, get_config, save_config
from servicedesk.routing.queue_settings import QueueSettings
from tests.fakes.clock import FakeClock
from tests.routing.rows import Desk
from tests.routing.running import offered, routing, until

ADMIN = system_actor("test")


async def configure(desk: Desk, queue_id: QueueId, **settings: Any) -> None:
    before = await get_config(desk.database.sql, queue_id)
    wanted = QueueSettings.model_validate_json(json_text(settings))
    config = QueueConfig(before.version, wanted, before.servers)
    await save_config(desk.database, ADMIN, queue_id, config)


async def skilled(desk: Desk, levels: Mapping[UserId, int], name: str = "English") -> None:
    async with desk.database.work(ADMIN) as work:
        skill_id = await add_skill(work, name)
    cells = [Cell(user_id, skill_id, level) for user_id, level in levels.items()]
    await set_levels(desk.database, ADMIN, cells)


async def order_for(
    desk: Desk,
    *,
    skills: Mapping[str, int] | None = None,
    channel: ChannelKind = ChannelKind.EMAIL,
    preferred: UserId | None = None,
    queue_id: QueueId | None = None,
) -> OrderId:
    found = Classification(
        queue_id or desk.queue_id,
        dict(skills or {}),
        Priority.NORMAL,
        [],
        preferred_user_id=preferred,
    )
    ticket_id = await desk.ticket()
    async with desk.database.work(system_actor("intake")) as work:
        return await open_order(work, ticket_id, found, channel)


async def state_of(desk: Desk, order_id: OrderId) -> str:
    return str((await desk.row("work_order", order_id))["state"])


async def until_row(desk: Desk, bus: LocalBus, order_id: OrderId, **columns: object) -> None:
    async def is_so() -> bool:
        row = await desk.row("work_order", order_id)
        return all(row[name] == value for name, value in columns.items())

    await until(bus, is_so)


async def test_an_order_goes_to_who_has_the_skill_and_a_step_lowers_it(
    desk: Desk, bus: LocalBus
) -> None:
    ana, ben = await desk.agent(), await desk.agent()
    await skilled(desk, {ana: 2, ben: 1})
    steps = [{"after_seconds": 1, "lower_skills": {"English": 1}}]
    await configure(desk, desk.queue_id, steps=steps)
    async with routing(desk, bus):
        first = await order_for(desk, skills={"English": 2})
        assert (await offered(desk, bus, first))[1] == ana
        await close_channels(desk.database, ana, [ChannelKind.EMAIL])
        assert (await offered(desk, bus, first, ben))[1] == ben
    why = [one for one in await desk.entries() if one.kind == "offer.made"][-1].trace
    assert why is not None
    assert "after_steps" in [reason["code"] for reason in why["why"]]


async def test_a_step_sends_an_order_on_to_another_queue_at_its_old_place(
    desk: Desk, bus: LocalBus
) -> None:
    night = await desk.queue("Night")
    before = await get_config(desk.database.sql, desk.queue_id)
    settings = QueueSettings.model_validate_json(
        json_text({"steps": [{"after_seconds": 1, "overflow_to": night}]})
    )
    config = QueueConfig(before.version, settings, ())
    await save_config(desk.database, ADMIN, desk.queue_id, config)
    ana = await desk.agent()
    async with routing(desk, bus):
        order_id = await order_for(desk)
        start = (await desk.row("work_order", order_id))["virtual_start"]
        assert (await offered(desk, bus, order_id, ana))[1] == ana
    row = await desk.row("work_order", order_id)
    assert (row["queue_id"], row["virtual_start"]) in [(night, start), (str(night), start)]
    assert "order.diverted" in await desk.kinds()


async def test_a_chat_is_turned_away_when_it_waited_too_long(desk: Desk, bus: LocalBus) -> None:
    queue_id = await desk.queue("Chats")
    await configure(desk, queue_id, max_wait_seconds=1, overflow={"turn_away": True})
    await desk.agent(available=False)
    async with routing(desk, bus):
        order_id = await order_for(desk, channel=ChannelKind.CHAT, queue_id=queue_id)
        await until_row(desk, bus, order_id, state="cancelled")
    assert (await desk.row("work_order", order_id))["outcome"] == "turned_away_too_late"


async def test_a_mail_waits_on_where_a_chat_would_be_turned_away(desk: Desk, bus: LocalBus) -> None:
    queue_id = await desk.queue("Chats")
    await configure(desk, queue_id, steps=[{"after_seconds": 1, "turn_away": True}])
    ana = await desk.agent(available=False)
    async with routing(desk, bus):
        order_id = await desk.order(queue_id=queue_id)
        await until_row(desk, bus, order_id, step=1)
        await desk.is_available(ana)
        assert (await offered(desk, bus, order_id, ana))[1] == ana
    diverted = [one for one in await desk.entries() if one.kind == "order.diverted"]
    assert [one.payload["turned_away"] for one in diverted] == [False]


async def test_a_queue_gives_its_orders_without_asking(desk: Desk, bus: LocalBus) -> None:
    ana = await desk.agent()
    await configure(desk, desk.queue_id, auto_accept=True)
    async with routing(desk, bus):
        order_id = await order_for(desk)
        await until_row(desk, bus, order_id, state="active")
    row = await desk.row("work_order", order_id)
    assert UserId(row["owner_id"]) in (ana, str(ana))
    ticket = await desk.row("ticket", row["ticket_id"])
    assert str(ticket["assignee_id"]) == str(ana)
    assigned = [one for one in await desk.entries() if one.kind == "ticket.assigned"]
    assert [one.payload["how"] for one in assigned] == ["auto"]


async def test_the_preferred_agent_is_asked_alone_as_long_as_that_is_meant(
    desk: Desk, bus: LocalBus
) -> None:
    ana, ben = await desk.agent(), await desk.agent()
    async with routing(desk, bus):
        order_id = await order_for(desk, preferred=ben)
        offer_id, asked = await offered(desk, bus, order_id)
        assert asked == ben
        await decline_offer(desk.database, offer_id, ben, DeclineReason.BUSY, None)
        assert (await offered(desk, bus, order_id, ana))[1] == ana


async def test_work_that_nobody_could_take_is_marked_until_somebody_can(
    desk: Desk, bus: LocalBus
) -> None:
    ana = await desk.agent()
    await skilled(desk, {ana: 1})
    async with routing(desk, bus):
        order_id = await order_for(desk, skills={"English": 5})
        await until_row(desk, bus, order_id, stuck="nobody_qualified")
        (skill,) = await desk.database.sql.fetch("SELECT id FROM skill")
        await set_levels(desk.database, ADMIN, [Cell(ana, as_uuid(skill["id"]), 5)])
        await offered(desk, bus, order_id, ana)
    assert (await desk.row("work_order", order_id))["stuck"] is None


async def test_after_so_many_refusals_an_order_is_left_to_the_supervisors(
    desk: Desk, bus: LocalBus
) -> None:
    agents = [await desk.agent(), await desk.agent()]
    await configure(desk, desk.queue_id, most_refusals=2)
    async with routing(desk, bus):
        order_id = await order_for(desk)
        for _ in agents:
            offer_id, asked = await offered(desk, bus, order_id)
            await decline_offer(desk.database, offer_id, asked, DeclineReason.OTHER, None)
        await until_row(desk, bus, order_id, stuck="refused_too_often")
    assert (await desk.row("work_order", order_id))["refusals"] == 2


async def test_an_agent_with_a_delay_gets_what_has_waited_so_long(
    desk: Desk, bus: LocalBus
) -> None:
    ana = await desk.agent()
    before = await get_config(desk.database.sql, desk.queue_id)
    late = [Server(kind=one.kind, id=one.id, delay_seconds=1) for one in before.servers]
    config = QueueConfig(before.version, before.settings, late)
    await save_config(desk.database, ADMIN, desk.queue_id, config)
    async with routing(desk, bus):
        order_id = await order_for(desk)
        await offered(desk, bus, order_id, ana)
    row = await desk.row("offer", order_id, "order_id")
    opened = next(one for one in await desk.entries() if one.kind == "order.opened")
    made = next(one for one in await desk.entries() if one.kind == "offer.made")
    assert made.at - opened.at >= timedelta(seconds=1)
    assert row["how"] == "offered"


async def test_notes_after_a_chat_occupy_the_agent_until_their_time_is_over(
    desk: Desk, bus: LocalBus
) -> None:
    ana = await desk.agent()
    await desk.capacity(ana, chat=1)
    await configure(desk, desk.queue_id, auto_accept=True, wrap_up_seconds=1)
    async with routing(desk, bus):
        first = await order_for(desk, channel=ChannelKind.CHAT)
        await until_row(desk, bus, first, state="active")
        async with desk.database.work(user_actor(ana)) as work:
            await finish_order(work, first, "solved")
        second = await order_for(desk, channel=ChannelKind.CHAT)
        assert await state_of(desk, first) == "active"
        await until_row(desk, bus, second, state="active")
    assert await state_of(desk, first) == "done"
    assert (await desk.row("work_order", first))["outcome"] == "solved"


async def test_a_call_holds_the_mail_that_its_agent_was_at(desk: Desk, bus: LocalBus) -> None:
    ana = await desk.agent()
    await configure(desk, desk.queue_id, auto_accept=True)
    async with routing(desk, bus):
        mail = await order_for(desk)
        await until_row(desk, bus, mail, state="active")
        call = await order_for(desk, channel=ChannelKind.VOICE)
        await until_row(desk, bus, call, state="active")
        assert (await desk.row("work_order", mail))["held_at"] is not None
        chat = await order_for(desk, channel=ChannelKind.CHAT)
        async with desk.database.work(user_actor(ana)) as work:
            await finish_order(work, call, "solved")
        await until_row(desk, bus, chat, state="active")
    assert (await desk.row("work_order", mail))["held_at"] is None
    kinds = await desk.kinds()
    assert kinds.index("order.held") < kinds.index("order.went_on")


async def test_hours_of_the_queue_hold_back_offers(desk: Desk, bus: LocalBus) -> None:
    await desk.agent()
    calendar_id, now = new_id(), await desk.database.now()
    calendar = {"id": calendar_id, "name": "Never", "sources": "[]", "created_at": now}
    await desk.database.sql.insert("calendar", [calendar])
    document = {
        "time_zone": "Etc/UTC",
        "week": {},
        "special_days": {"2400-01-01": [["09:00", "10:00"]]},
    }
    version = {
        "id": new_id(),
        "calendar_id": calendar_id,
        "revision": 1,
        "document": json_text(document),
        "names": "{}",
        "created_at": now,
    }
    await desk.database.sql.insert("calendar_version", [version])
    night = await desk.queue("Night")
    await configure(
        desk, desk.queue_id, calendar_id=str(calendar_id), outside={"overflow_to": str(night)}
    )
    async with routing(desk, bus):
        order_id = await order_for(desk)
        await offered(desk, bus, order_id)
    row = await desk.row("work_order", order_id)
    assert str(row["queue_id"]) == str(night)


async def test_a_lost_console_leaves_an_effect_that_gives_live_work_back(
    frozen_desk: Desk, clock: FakeClock
) -> None:
    desk = frozen_desk
    ana = await desk.agent()
    clock.advance(3_600)
    assert await expire_lost(desk.database) == [ana]
    rows = await desk.database.sql.fetch("SELECT kind FROM effect")
    assert [row["kind"] for row in rows] == ["agent.lost"]
