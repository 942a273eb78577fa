"""/api/offers: what is held out to one, and one's answer."""

from __future__ import annotations

from tests.desk_api.calls import get, post
from tests.realtime.scenes import Scene


async def test_an_offer_shows_what_it_is_about_to_its_agent_only(scene: Scene) -> None:
    offer_id = await scene.offer_to(scene.company.zoe)
    (offer,) = (await get(scene, "zoe", "/api/offers"))["items"]
    assert offer["id"] == str(offer_id)
    assert offer["state"] == "open"
    assert offer["subject"] == "Refund"
    assert offer["first_words"] == "Where is my refund?"
    assert offer["contact"]["address"] == "lin@contact.example"
    assert offer["waited_seconds"] >= 0
    assert (await get(scene, "ana", "/api/offers"))["items"] == []
    await get(scene, "zoe", f"/api/tickets/{scene.ticket_id}")


async def test_accepting_twice_with_one_key_answers_the_same(scene: Scene) -> None:
    offer_id = await scene.offer_to(scene.company.ana)
    path = f"/api/offers/{offer_id}/accept"
    first, second = [await post(scene, "ana", path, Idempotency_Key="k") for _ in range(2)]
    assert first.status_code == 200, first.text
    assert first.json() == second.json()
    assert first.json()["ticket_id"] == str(scene.ticket_id)
    assert first.json()["offer"]["state"] == "accepted"
    again = await post(scene, "ana", path)
    assert (again.status_code, again.json()["code"]) == (409, "offer-gone")
    assert again.json()["state"] == "accepted"


async def test_who_declines_a_foreign_ticket_forgets_it(scene: Scene) -> None:
    offer_id = await scene.offer_to(scene.company.zoe)
    declined = await post(scene, "zoe", f"/api/offers/{offer_id}/decline", {"reason": "busy"})
    assert declined.status_code == 200, declined.text
    shown = declined.json()
    assert (shown["state"], shown["subject"], shown["contact"], shown["first_words"]) == (
        "declined",
        "",
        None,
        "",
    )
    await get(scene, "zoe", f"/api/tickets/{scene.ticket_id}", status=404)


async def test_an_offer_to_somebody_else_is_not_there(scene: Scene) -> None:
    offer_id = await scene.offer_to(scene.company.ana)
    for path, body in (("accept", None), ("decline", {"reason": "busy"})):
        response = await post(scene, "ben", f"/api/offers/{offer_id}/{path}", body)
        assert response.status_code in (404, 409)
        assert "Refund" not in response.text
    (still_open,) = (await get(scene, "ana", "/api/offers"))["items"]
    assert still_open["state"] == "open"
