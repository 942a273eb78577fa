"""An offer comes to exactly one end, and its order is never lost."""

from __future__ import annotations

import asyncio

import pytest

from servicedesk.domain.actors import system_actor, user_actor
from servicedesk.domain.errors import LeaseLost, NotFound, OfferGone, ServicedeskError
from servicedesk.domain.ids import UserId
from servicedesk.domain.orders import DeclineReason
from servicedesk.domain.presence import PresenceState
from servicedesk.kernel import leases
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import as_json
from servicedesk.people.viewers import viewers_of
from servicedesk.routing.engine.decisions import MakeOffer
from servicedesk.routing.offers import (
    decline_offer,
    expire_offer,
    make_offer,
    rescind_offers_of_agent,
    win_offer,
)
from servicedesk.routing.presence import set_presence
from tests.fakes.clock import FakeClock
from tests.routing.rows import Desk


async def _accept(desk: Desk, offer_id: object, user_id: UserId) -> None:
    async with desk.database.work(user_actor(user_id)) as work:
        await win_offer(work, offer_id, user_id)  # type: ignore[arg-type]


async def test_accepted_offer_makes_the_agent_the_owner(desk: Desk) -> None:
    ana = await desk.agent()
    order_id = await desk.order()
    offer_id = await desk.offer(order_id, ana)

    async with desk.database.work(user_actor(ana)) as work:
        order = await win_offer(work, offer_id, ana)

    assert (order.state, order.owner_id, order.attempts) == ("active", ana, 1)
    assert (await desk.row("offer", offer_id))["state"] == "accepted"
    assert (await desk.entries())[-1].kind == "offer.accepted"


async def test_agent_sees_the_ticket_while_it_is_offered_to_them(desk: Desk) -> None:
    ana = await desk.agent()
    ticket_id = await desk.ticket()
    offer_id = await desk.offer(await desk.order(ticket_id=ticket_id), ana)
    assert await viewers_of(desk.database.sql, [ticket_id]) == {ticket_id: {ana}}

    await decline_offer(desk.database, offer_id, ana, DeclineReason.BUSY, None)
    assert await viewers_of(desk.database.sql, [ticket_id]) == {ticket_id: frozenset()}


async def test_declined_order_waits_again_at_its_place_and_remembers_who_refused(
    desk: Desk,
) -> None:
    ana = await desk.agent()
    order_id = await desk.order()
    before = await desk.row("work_order", order_id)
    offer_id = await desk.offer(order_id, ana)

    position = await decline_offer(
        desk.database, offer_id, ana, DeclineReason.WRONG_SKILL, "speaks only Klingon"
    )

    after = await desk.row("work_order", order_id)
    assert (after["state"], after["owner_id"]) == ("waiting", None)
    assert after["virtual_start"] == before["virtual_start"]
    assert as_json(after["excluded"]) == [str(ana)]
    entry = (await desk.entries())[-1]
    assert (entry.kind, entry.position) == ("offer.declined", position)
    assert entry.payload == {
        "offer_id": str(offer_id),
        "user_id": str(ana),
        "reason": "wrong_skill",
    }
    assert (await desk.row("offer", offer_id))["note"] == "speaks only Klingon"


async def test_offer_cannot_be_accepted_after_its_deadline(
    frozen_desk: Desk, clock: FakeClock
) -> None:
    ana = await frozen_desk.agent()
    offer_id = await frozen_desk.offer(await frozen_desk.order(), ana, seconds=45)
    clock.advance(45)
    with pytest.raises(OfferGone) as gone:
        await _accept(frozen_desk, offer_id, ana)
    assert gone.value.facts["state"] == "timed_out"


async def test_offer_is_not_expired_before_its_deadline(
    frozen_desk: Desk, clock: FakeClock
) -> None:
    ana = await frozen_desk.agent()
    offer_id = await frozen_desk.offer(await frozen_desk.order(), ana, seconds=45)
    clock.advance(44)
    async with frozen_desk.database.work(system_actor("router")) as work:
        assert not await expire_offer(work, offer_id)
    assert (await frozen_desk.row("offer", offer_id))["state"] == "open"


async def test_agent_who_lets_an_offer_run_out_is_away_and_loses_the_others(
    frozen_desk: Desk, clock: FakeClock
) -> None:
    ana = await frozen_desk.agent()
    first, second = await frozen_desk.order(), await frozen_desk.order()
    late = await frozen_desk.offer(first, ana, seconds=45)
    other = await frozen_desk.offer(second, ana, seconds=60)

    clock.advance(45)
    async with frozen_desk.database.work(system_actor("router")) as work:
        assert await expire_offer(work, late)

    presence = await frozen_desk.presence(ana)
    assert (presence["state"], presence["reason"]) == ("away", "not_responding")
    assert (await frozen_desk.row("offer", late))["state"] == "timed_out"
    assert (await frozen_desk.row("offer", other))["state"] == "rescinded"
    for order_id in (first, second):
        assert (await frozen_desk.row("work_order", order_id))["state"] == "waiting"
    assert as_json((await frozen_desk.row("work_order", second))["excluded"]) == []
    assert (await frozen_desk.kinds())[-3:] == [
        "offer.timed_out",
        "offer.rescinded",
        "presence.changed",
    ]


async def test_foreign_offer_looks_as_if_it_did_not_exist(desk: Desk) -> None:
    ana, ben = await desk.agent(), await desk.agent()
    offer_id = await desk.offer(await desk.order(), ana)
    for stranger, wanted in ((ben, offer_id), (ana, new_id())):
        with pytest.raises(NotFound):
            await _accept(desk, wanted, stranger)
        with pytest.raises(NotFound):
            await decline_offer(desk.database, wanted, stranger, DeclineReason.BUSY, None)


async def test_of_accept_decline_and_leaving_at_the_same_time_one_wins(desk: Desk) -> None:
    ana = await desk.agent()
    order_id = await desk.order()
    offer_id = await desk.offer(order_id, ana)

    answers = await asyncio.gather(
        _accept(desk, offer_id, ana),
        decline_offer(desk.database, offer_id, ana, DeclineReason.BUSY, None),
        set_presence(desk.database, ana, PresenceState.AWAY, None),
        return_exceptions=True,
    )

    errors = [answer for answer in answers if isinstance(answer, BaseException)]
    assert all(isinstance(error, ServicedeskError) for error in errors), errors
    ends = [kind for kind in await desk.kinds() if kind.startswith("offer.") and kind[6:] != "made"]
    assert len(ends) == 1
    state = (await desk.row("work_order", order_id))["state"]
    assert state == ("active" if ends == ["offer.accepted"] else "waiting")


async def test_two_agents_never_hold_an_open_offer_of_the_same_order(desk: Desk) -> None:
    ana, ben = await desk.agent(), await desk.agent()
    order_id = await desk.order()
    await desk.offer(order_id, ana)
    lease = await desk.lease()
    async with desk.database.work(system_actor("router")) as work:
        assert not await make_offer(work, lease, MakeOffer(order_id, ben, 45))


async def test_nothing_is_offered_to_an_agent_who_left_meanwhile(desk: Desk) -> None:
    ana = await desk.agent()
    order_id = await desk.order()
    await set_presence(desk.database, ana, PresenceState.OFFLINE, None)
    lease = await desk.lease()
    async with desk.database.work(system_actor("router")) as work:
        assert not await make_offer(work, lease, MakeOffer(order_id, ana, 45))
    assert (await desk.row("work_order", order_id))["state"] == "waiting"


async def test_router_that_lost_its_lease_writes_nothing(desk: Desk) -> None:
    ana = await desk.agent()
    order_id = await desk.order()
    old = await desk.lease()
    await leases.release(desk.database.sql, old)
    await leases.acquire(desk.database.sql, "router", "another", 60)
    with pytest.raises(LeaseLost):
        async with desk.database.work(system_actor("router")) as work:
            await make_offer(work, old, MakeOffer(order_id, ana, 45))
    assert (await desk.row("work_order", order_id))["state"] == "waiting"


async def test_offers_of_a_leaving_agent_go_back_with_the_reason(desk: Desk) -> None:
    ana = await desk.agent()
    order_id = await desk.order()
    offer_id = await desk.offer(order_id, ana)
    async with desk.database.work(system_actor("people")) as work:
        taken_back = await rescind_offers_of_agent(work, ana, "deactivated")
    assert [offer.id for offer in taken_back] == [offer_id]
    assert (await desk.row("offer", offer_id))["reason"] == "deactivated"
    assert (await desk.row("work_order", order_id))["state"] == "waiting"
