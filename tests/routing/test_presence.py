"""Who stops taking work, or is lost, loses what was held out to them in the same moment."""

from __future__ import annotations

import asyncio

import pytest

from servicedesk.domain.actors import system_actor
from servicedesk.domain.errors import BadInput, Forbidden, NotFound
from servicedesk.domain.ids import UserId
from servicedesk.domain.people import Role
from servicedesk.domain.presence import AwayReason, PresenceState
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import as_time
from servicedesk.routing.engine.decisions import MakeOffer
from servicedesk.routing.offers import make_offer
from servicedesk.routing.presence import (
    console_lost,
    console_seen,
    expire_lost,
    next_lost_at,
    set_presence,
)
from servicedesk.routing.views import find_presence, load_presences
from tests.fakes.clock import FakeClock
from tests.routing.rows import Desk


@pytest.mark.parametrize("state", [PresenceState.AWAY, PresenceState.OFFLINE])
async def test_leaving_takes_back_open_offers_at_once(desk: Desk, state: PresenceState) -> None:
    ana = await desk.agent()
    order_id = await desk.order()
    offer_id = await desk.offer(order_id, ana)
    await set_presence(desk.database, ana, state, None)
    assert (await desk.row("offer", offer_id))["reason"] == f"agent_{state.value}"
    assert (await desk.row("work_order", order_id))["state"] == "waiting"
    assert (await desk.kinds())[-2:] == ["offer.rescinded", "presence.changed"]


async def test_saying_the_same_again_changes_nothing(desk: Desk) -> None:
    ana = await desk.agent()
    before = await desk.kinds()
    assert await set_presence(desk.database, ana, PresenceState.AVAILABLE, None) == 0
    assert await desk.kinds() == before


async def test_what_cannot_be_said_is_refused_with_words(desk: Desk) -> None:
    ana = await desk.agent()
    watcher = await desk.agent(role=Role.OBSERVER, available=False)
    refused: list[tuple[UserId, PresenceState, AwayReason | None, type[Exception]]] = [
        (ana, PresenceState.AVAILABLE, AwayReason.LUNCH, BadInput),
        (ana, PresenceState.AWAY, AwayReason.NOT_RESPONDING, BadInput),
        (watcher, PresenceState.AVAILABLE, None, Forbidden),
        (UserId(new_id()), PresenceState.AVAILABLE, None, NotFound),
    ]
    for user_id, state, reason, error in refused:
        with pytest.raises(error):
            await set_presence(desk.database, user_id, state, reason)


async def test_lost_console_keeps_its_agent_for_the_grace_period_only(
    frozen_desk: Desk, clock: FakeClock
) -> None:
    ana = await frozen_desk.agent()
    offer_id = await frozen_desk.offer(await frozen_desk.order(), ana, seconds=600)
    await console_lost(frozen_desk.database, ana, grace_seconds=45)

    clock.advance(44)
    assert await expire_lost(frozen_desk.database) == []
    clock.advance(1)
    assert await expire_lost(frozen_desk.database) == [ana]

    presence = await frozen_desk.presence(ana)
    assert (presence["state"], presence["lost_at"]) == ("offline", None)
    assert (await frozen_desk.row("offer", offer_id))["reason"] == "agent_offline"
    assert await expire_lost(frozen_desk.database) == []


async def test_console_that_is_seen_again_keeps_its_agent(
    frozen_desk: Desk, clock: FakeClock
) -> None:
    ana = await frozen_desk.agent()
    await console_lost(frozen_desk.database, ana, grace_seconds=45)
    clock.advance(40)
    await console_seen(frozen_desk.database, [ana], grace_seconds=45)
    clock.advance(40)
    assert await expire_lost(frozen_desk.database) == []
    lost_at = await next_lost_at(frozen_desk.database.sql)
    assert lost_at == as_time((await frozen_desk.presence(ana))["lost_at"])


async def test_console_seen_brings_nobody_back_from_offline(desk: Desk) -> None:
    ana = await desk.agent()
    await set_presence(desk.database, ana, PresenceState.OFFLINE, None)
    await console_seen(desk.database, [ana])
    assert await next_lost_at(desk.database.sql) is None


async def test_used_counts_what_is_owned_and_what_is_held_out(desk: Desk) -> None:
    ana, ben = await desk.agent(), await desk.agent()
    await desk.offer(await desk.order(), ana)
    shown = {presence.user_id: presence for presence in await load_presences(desk.database.sql)}
    assert shown[ana].used == {"email": 1}
    assert shown[ben].used == {}
    assert shown[ana].capacity["email"] == 4
    assert await find_presence(desk.database.sql, ana) == shown[ana]


async def test_offers_made_while_the_agent_leaves_never_stay_with_them(desk: Desk) -> None:
    """The router and the agent race for the same row, twenty times over."""
    ana = await desk.agent()
    lease = await desk.lease()
    for _ in range(20):
        await desk.is_available(ana)
        order_id = await desk.order()

        async def offer(order_id: object = order_id) -> None:
            async with desk.database.work(system_actor("router")) as work:
                await make_offer(work, lease, MakeOffer(order_id, ana, 45))  # type: ignore[arg-type]

        leave = set_presence(desk.database, ana, PresenceState.AWAY, AwayReason.BREAK)
        await asyncio.gather(offer(), leave)
        still_open = await desk.database.sql.fetch("SELECT id FROM offer WHERE state = 'open'")
        assert still_open == []
        assert (await desk.row("work_order", order_id))["state"] == "waiting"
