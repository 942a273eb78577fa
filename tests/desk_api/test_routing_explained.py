"""Why me, why still waiting, why not Ana, in the API; and handing work on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from servicedesk.desk.take import take_ticket
from servicedesk.domain.actors import system_actor
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.orders import DeclineReason, Stuck
from servicedesk.domain.presence import PresenceState
from servicedesk.routing.diversions import mark_stuck
from servicedesk.routing.offers import decline_offer
from servicedesk.routing.orders import live_order
from servicedesk.routing.presence import close_channels, set_presence
from tests.desk_api.calls import get, post
from tests.realtime.scenes import Scene
from tests.stories.company import letter
from tests.stories.company import post as post_mail


async def explained(scene: Scene, who: str = "ada", at: str = "") -> dict[str, Any]:
    return await get(scene, who, f"/api/tickets/{scene.ticket_id}/routing{at}")


def obstacles(said: dict[str, Any], scene: Scene, name: str) -> list[str]:
    user_id = str(getattr(scene.company, name).user_id)
    (found,) = [one for one in said["agents"] if one["user_id"] == user_id]
    return [reason["code"] for reason in found["obstacles"]]


async def test_why_it_waits_and_why_not_whom(scene: Scene) -> None:
    await set_presence(scene.database, scene.company.ana.user_id, PresenceState.AWAY, None)
    said = await explained(scene)
    assert (said["state"], said["why"][0]["code"]) == ("waiting", "all_blocked")
    assert obstacles(said, scene, "ana") == ["takes_no_work"]
    assert obstacles(said, scene, "zoe") == ["not_in_queue"]
    await set_presence(scene.database, scene.company.ana.user_id, PresenceState.AVAILABLE, None)
    said = await explained(scene)
    assert obstacles(said, scene, "ana") == []
    assert said["why"][0]["code"] == "others_first"
    assert (said["place"]["place"], said["place"]["of"]) == (1, 1)


@pytest.mark.parametrize("ordering", ["priority_fifo", "sla_slack", "age_score"])
async def test_place_in_line_follows_the_order_of_the_queue(scene: Scene, ordering: str) -> None:
    await scene.database.sql.execute("UPDATE queue SET ordering = $1", ordering)
    await post_mail(scene.services, scene.company.inbox, letter("Another"))
    places = []
    for ticket in (await get(scene, "ada", "/api/tickets?view=all&sort=created"))["items"]:
        said = await get(scene, "ada", f"/api/tickets/{ticket['id']}/routing")
        places.append((said["place"]["place"], said["place"]["of"], ticket["number"]))
    assert [place[:2] for place in sorted(places)] == [(1, 2), (2, 2)]
    assert sorted(places)[0][2] < sorted(places)[1][2]  # the older is next


async def test_what_is_not_promised_stands_where_the_engine_puts_it(scene: Scene) -> None:
    """By what is due: due in an hour, then what came an hour ago, then due in five days."""
    sql, now = scene.database.sql, await scene.database.now()
    await sql.execute("UPDATE queue SET ordering = $1", "sla_slack")
    for name in ("Soon", "Late"):
        await post_mail(scene.services, scene.company.inbox, letter(name))
    rows = await sql.fetch("SELECT id, ticket_id FROM work_order ORDER BY entered_at, id")
    hour, days = now + timedelta(hours=1), now + timedelta(days=5)
    for row, due_at in zip(rows, (None, hour, days), strict=True):
        await sql.execute("UPDATE work_order SET due_at = $2 WHERE id = $1", row["id"], due_at)
    places = [
        (await get(scene, "ada", f"/api/tickets/{row['ticket_id']}/routing"))["place"]["place"]
        for row in rows
    ]
    assert places == [2, 1, 3]


async def test_an_offer_and_an_owner_are_told_and_the_past_stays_as_it_was(scene: Scene) -> None:
    ana = scene.company.ana
    offer_id = await scene.offer_to(ana)
    during = (await scene.database.now()).isoformat()
    said = await explained(scene)
    assert said["why"] == [{"code": "held_out", "params": {"user_id": str(ana.user_id)}}]
    await decline_offer(scene.database, offer_id, ana.user_id, DeclineReason.BUSY, None)
    assert obstacles(await explained(scene), scene, "ana") == ["declined"]
    declined = (await scene.database.now()).isoformat()
    await take_ticket(scene.database, scene.ticket_id, scene.company.ben)
    now = await explained(scene)
    assert now["why"][0]["code"] == "at_hand"
    was_offered = await explained(scene, at=f"?at={during}")
    assert was_offered["why"][0]["code"] == "held_out"
    was_declined = await explained(scene, at=f"?at={declined}")
    assert (was_declined["state"], was_declined["place"]) == ("waiting", None)
    assert obstacles(was_declined, scene, "ana") == ["declined"]
    await get(scene, "ada", f"/api/tickets/{scene.ticket_id}/routing?at=2001-01-01T00:00:00Z", 404)
    await get(scene, "ada", f"/api/tickets/{scene.ticket_id}/routing?at=yesterday", 422)


async def test_agents_are_told_of_their_colleagues_only(scene: Scene) -> None:
    said = await explained(scene, "ana")
    told = {one["user_id"] for one in said["agents"]}
    assert str(scene.company.ben.user_id) in told
    assert str(scene.company.zoe.user_id) not in told


async def test_who_has_too_much_is_at_capacity(scene: Scene) -> None:
    ana = scene.company.ana.user_id
    response = await scene.clients["ada"].patch(
        f"/api/users/{ana}/capacity", json={"capacity": {"email": 0}}
    )
    assert response.status_code == 200, response.text
    assert obstacles(await explained(scene), scene, "ana") == ["at_capacity"]


async def test_force_gives_work_above_capacity_and_says_so(scene: Scene) -> None:
    ana = scene.company.ana.user_id
    path = f"/api/tickets/{scene.ticket_id}/force"
    assert (await post(scene, "ben", path, {"user_id": str(ana)})).status_code == 403
    await scene.clients["ada"].patch(f"/api/users/{ana}/capacity", json={"capacity": {"email": 0}})
    forced = await post(scene, "sam", path, {"user_id": str(ana)})
    assert (forced.status_code, forced.json()["over_capacity"]) == (200, True), forced.text
    said = await explained(scene)
    assert said["why"] == [{"code": "at_hand", "params": {"user_id": str(ana)}}]


async def test_transfer_holds_the_work_out_to_another_and_it_keeps_its_place(scene: Scene) -> None:
    await take_ticket(scene.database, scene.ticket_id, scene.company.ana)
    before = await live_order(scene.database.sql, scene.ticket_id)
    assert before is not None
    path = f"/api/tickets/{scene.ticket_id}/transfer"
    body = {"user_id": str(scene.company.ben.user_id)}
    away = await post(scene, "ana", path, body)
    assert (away.status_code, away.json()["code"]) == (409, "takes-no-work")
    await set_presence(scene.database, scene.company.ben.user_id, PresenceState.AVAILABLE, None)
    assert (await post(scene, "ben", path, body)).status_code == 403  # it is not his
    ben = scene.company.ben.user_id
    await close_channels(scene.database, ben, [ChannelKind.EMAIL])
    closed = await post(scene, "ana", path, body)
    assert (closed.status_code, closed.json()["code"]) == (409, "takes-no-work")
    await close_channels(scene.database, ben, [])
    to_herself = await post(scene, "ana", path, {"user_id": str(scene.company.ana.user_id)})
    assert to_herself.status_code == 422, to_herself.text
    handed = await post(scene, "ana", path, body)
    assert (handed.status_code, handed.json()["over_capacity"]) == (200, False), handed.text
    (offer,) = (await get(scene, "ben", "/api/offers"))["items"]
    assert [reason["code"] for reason in offer["why"]] == ["transferred"]
    declined = await post(scene, "ben", f"/api/offers/{offer['id']}/decline", {"reason": "busy"})
    assert declined.status_code == 200
    after = await live_order(scene.database.sql, scene.ticket_id)
    assert after is not None
    assert (after.state, after.virtual_start) == ("waiting", before.virtual_start)


async def test_supervisors_see_what_nobody_is_asked_to_take_and_ask_again(scene: Scene) -> None:
    order = await live_order(scene.database.sql, scene.ticket_id)
    assert order is not None
    async with scene.database.work(system_actor("router")) as work:
        assert await mark_stuck(work, {order.id: Stuck.REFUSED_TOO_OFTEN}) == 1
    (listed,) = (await get(scene, "sam", "/api/work-orders/stuck"))["items"]
    assert (listed["order_id"], listed["stuck"]) == (str(order.id), "refused_too_often")
    queues = (await get(scene, "sam", "/api/queues"))["items"]
    assert {queue["name"]: queue["stuck"] for queue in queues}["Mail"] == 1
    assert await marked_in_the_list(scene) == ["refused_too_often"]
    again = await post(scene, "sam", f"/api/work-orders/{order.id}/retry")
    assert again.status_code == 204, again.text
    assert (await get(scene, "sam", "/api/work-orders/stuck"))["items"] == []
    assert await marked_in_the_list(scene) == [None]


async def marked_in_the_list(scene: Scene) -> list[str | None]:
    tickets = (await get(scene, "sam", "/api/tickets?view=all"))["items"]
    return [ticket["order"]["stuck"] for ticket in tickets]
