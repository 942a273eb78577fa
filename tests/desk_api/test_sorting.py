"""/api/messages/…/split, move, approve, /api/tickets/…/merge, templates and breakers over HTTP."""

from __future__ import annotations

from servicedesk.kernel.ids import new_id
from tests.desk_api.calls import Body, get, post
from tests.realtime.scenes import Scene
from tests.stories.company import letter, open_by_mail
from tests.stories.company import post as post_mail

WORDS: Body = {"subject": "[#{{ticket_number}}] Hi", "text": "Hello {{contact_name}}"}


async def stranger(scene: Scene) -> str:
    row = await scene.database.sql.fetch_one(
        "SELECT external_id FROM message_reference WHERE ticket_id = $1", scene.ticket_id
    )
    assert row is not None
    named = f"<{row['external_id']}>"
    mail = letter("Lamp", "Broken.", sender="eve@elsewhere.example", In_Reply_To=named)
    arrival = await post_mail(scene.services, scene.company.inbox, mail)
    return str(arrival.message_id)


async def test_approving_twice_answers_the_same(scene: Scene) -> None:
    message_id = await stranger(scene)
    first = await post(scene, "ana", f"/api/messages/{message_id}/approve")
    second = await post(scene, "ben", f"/api/messages/{message_id}/approve")
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()
    assert first.json()["unverified"] is False
    assert "X-Position" in first.headers
    assert "X-Position" not in second.headers


async def test_a_split_answers_the_new_ticket(scene: Scene) -> None:
    message_id = await stranger(scene)
    made = await post(scene, "ana", f"/api/messages/{message_id}/split")
    assert made.status_code == 201, made.text
    assert made.json()["subject"] == "Lamp"
    assert [one["id"] for one in made.json()["messages"]["items"]] == [message_id]
    again = await post(scene, "ana", f"/api/messages/{message_id}/split")
    assert (again.status_code, again.json()["code"]) == (409, "nothing-left")


async def test_a_moved_message_is_on_its_new_ticket(scene: Scene) -> None:
    message_id = await stranger(scene)
    target = await open_by_mail(scene.services, scene.company, letter("Lamp again"))
    path, body = f"/api/messages/{message_id}/move", {"ticket_id": str(target)}
    moved = await post(scene, "ana", path, body)
    assert (moved.status_code, moved.json()["ticket_id"]) == (200, str(target))
    nowhere = await post(scene, "ana", path, {"ticket_id": str(new_id())})
    assert nowhere.status_code == 404


async def test_a_merge_answers_the_ticket_that_is_left(scene: Scene) -> None:
    source = await open_by_mail(scene.services, scene.company, letter("Again"))
    path, body = f"/api/tickets/{source}/merge", {"into_id": str(scene.ticket_id)}
    merged = await post(scene, "ana", path, body)
    assert (merged.status_code, merged.json()["id"]) == (200, str(scene.ticket_id))
    left = await get(scene, "ana", f"/api/tickets/{source}")
    assert (left["status"], left["merged_into_id"]) == ("closed", str(scene.ticket_id))
    assert (await post(scene, "olga", path, body)).status_code == 403


async def test_a_template_is_written_changed_and_removed(scene: Scene) -> None:
    (brand,) = (await get(scene, "ada", "/api/brands"))["items"]
    new = {"brand_id": brand["id"], "kind": "acknowledgement", "language": "de", **WORDS}
    made = await post(scene, "ada", "/api/templates", new)
    assert made.status_code == 201, made.text
    twice = await post(scene, "ada", "/api/templates", new)
    assert (twice.status_code, twice.json()["code"]) == (409, "template-exists")
    path = f"/api/templates/{made.json()['id']}"
    client = scene.clients["ada"]
    page = {**WORDS, "html": "<p onclick='x()'>Hi {{contact_name}}</p>", "active": False}
    saved = await client.patch(path, json=page, headers={"If-Match": '"1"'})
    assert (saved.status_code, saved.json()["version"]) == (200, 2)
    assert "onclick" not in saved.json()["html"]
    assert "{{contact_name}}" in saved.json()["html"]
    assert (await client.delete(path, headers={"If-Match": '"1"'})).status_code == 412
    assert (await client.delete(path, headers={"If-Match": '"2"'})).status_code == 204
    assert (await get(scene, "ada", "/api/templates"))["items"] == []


async def test_a_broken_template_is_refused_where_it_is_typed(scene: Scene) -> None:
    (brand,) = (await get(scene, "ada", "/api/brands"))["items"]
    asked = {"brand_id": brand["id"], "kind": "acknowledgement", **WORDS}
    shown = await post(scene, "ada", "/api/templates/preview", asked)
    assert shown.json()["subject"] == "[#10482] Hi"
    assert "contact_name" in shown.json()["variables"]
    broken = {**asked, "text": "Hello {{nobody}}"}
    refused = await post(scene, "ada", "/api/templates/preview", broken)
    assert refused.status_code == 422
    assert "{{contact_name}}" in refused.text


async def test_a_breaker_is_shown_and_closed_by_an_administrator(scene: Scene) -> None:
    inbox_id = scene.company.inbox.id
    now = await scene.database.now()
    row = {"inbox_id": inbox_id, "opened_at": now, "reason": "too_many", "count": 100}
    later = now.replace(year=now.year + 1)
    await scene.database.sql.insert("inbox_brake", [{**row, "open_until": later}])
    path = f"/api/inboxes/{inbox_id}/brake/close"
    assert (await post(scene, "sam", path)).status_code == 403
    shown = await get(scene, "ada", "/api/inboxes?limit=100")
    assert {one["id"]: bool(one["brake"]) for one in shown["items"]}[str(inbox_id)]
    closed = await post(scene, "ada", path)
    assert closed.status_code == 200
    assert closed.json()["brake"]["open_until"] < later.isoformat()
