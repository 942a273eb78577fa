"""/api/tickets/…: pages, changes, answers and what is remembered of them."""

from __future__ import annotations

import asyncio
import time

import pytest

from servicedesk.channels.email.sanitize import Pictures, sanitize
from servicedesk.desk.note import note
from servicedesk.desk.take import take_ticket
from servicedesk.kernel import journal
from tests.desk_api.calls import get, post
from tests.realtime.scenes import Scene
from tests.stories.company import letter, open_by_mail


def _path(scene: Scene, rest: str = "") -> str:
    return f"/api/tickets/{scene.ticket_id}{rest}"


async def test_a_ticket_page_shows_all_that_is_known(scene: Scene) -> None:
    response = await scene.clients["ana"].get(_path(scene))
    page = response.json()
    assert response.headers["ETag"] == f'"{page["version"]}"'
    assert page["position"] == await journal.head(scene.database.sql)
    assert page["contact"] | {"id": ""} == {
        "id": "",
        "name": "Lin Wei",
        "address": "lin@contact.example",
    }
    assert [person["role"] for person in page["participants"]] == ["requester"]
    assert page["order"]["state"] == "waiting"
    assert page["unread"] is True
    assert page["may"] == {"reply": True, "note": True, "change": True, "take": True}
    assert page["allowed_statuses"] == ["open", "pending", "on_hold", "solved"]
    (message,) = page["messages"]["items"]
    assert message["text"].strip() == "Where is my refund?"
    assert message["author"]["name"] == "Lin Wei"
    assert message["delivery"] is None
    assert message["why_here"] is not None


async def test_an_observer_sees_and_may_nothing(scene: Scene) -> None:
    page = await get(scene, "olga", _path(scene))
    assert set(page["may"].values()) == {False}
    assert page["allowed_statuses"] == []
    for path, body in (
        ("/take", None),
        ("/notes", {"text": "Hm."}),
        ("/replies", {"text": "Hello.", "seen_seq": 1}),
    ):
        assert (await post(scene, "olga", _path(scene, path), body)).status_code == 403


async def test_a_long_ticket_shows_the_newest_messages_and_leads_to_the_earlier(
    scene: Scene,
) -> None:
    for number in range(54):
        await note(scene.database, scene.company.ana, scene.ticket_id, f"Note {number}")
    page = (await get(scene, "ana", _path(scene)))["messages"]
    assert [message["seq"] for message in page["items"]] == list(range(6, 56))
    earlier = await get(scene, "ana", _path(scene, f"/messages?before={page['earlier']}&limit=3"))
    assert [message["seq"] for message in earlier["items"]] == [3, 4, 5]
    first = await get(scene, "ana", _path(scene, f"/messages?before={earlier['next']}&limit=3"))
    assert [message["seq"] for message in first["items"]] == [1, 2]
    assert first["next"] is None


async def test_a_change_needs_the_version_that_was_seen(scene: Scene) -> None:
    client = scene.clients["ana"]
    version = await scene.version("ticket", scene.ticket_id)
    body = {"priority": 4, "subject": "Refund of order 7"}
    assert (await client.patch(_path(scene), json=body)).status_code == 428
    changed = await client.patch(_path(scene), json=body, headers={"If-Match": f'"{version}"'})
    assert changed.status_code == 200
    assert changed.json()["priority"] == 4
    assert changed.headers["ETag"] == f'"{changed.json()["version"]}"'
    assert int(changed.headers["X-Position"]) == await journal.head(scene.database.sql)
    stale = await client.patch(_path(scene), json=body, headers={"If-Match": f'"{version}"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "version-mismatch")


async def test_a_step_that_the_status_does_not_have_says_which_it_has(scene: Scene) -> None:
    version = await scene.version("ticket", scene.ticket_id)
    refused = await scene.clients["ana"].patch(
        _path(scene), json={"status": "closed"}, headers={"If-Match": f'"{version}"'}
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong-step")
    assert refused.json()["allowed"]


async def test_null_means_nobody_and_left_out_means_unchanged(scene: Scene) -> None:
    await take_ticket(scene.database, scene.ticket_id, scene.company.ana)
    for body, assignee in (
        ({"priority": 3}, str(scene.company.ana.user_id)),
        ({"assignee_id": None}, None),
    ):
        version = await scene.version("ticket", scene.ticket_id)
        response = await scene.clients["ana"].patch(
            _path(scene), json=body, headers={"If-Match": f'"{version}"'}
        )
        assert response.json()["assignee_id"] == assignee


async def test_what_another_took_is_taken(scene: Scene) -> None:
    taken = await post(scene, "ana", _path(scene, "/take"))
    assert taken.json()["assignee_id"] == str(scene.company.ana.user_id)
    refused = await post(scene, "ben", _path(scene, "/take"))
    assert (refused.status_code, refused.json()["code"]) == (409, "already-taken")
    assert refused.json()["owner_id"] == str(scene.company.ana.user_id)


async def test_a_reply_sent_twice_with_one_key_is_one_message(scene: Scene) -> None:
    body = {"text": "We look into it.", "seen_seq": 1, "set_status": "pending"}
    answers = [
        await post(scene, "ana", _path(scene, "/replies"), body, Idempotency_Key="key-1")
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert answers[0].headers["X-Position"] == answers[1].headers["X-Position"]
    page = await get(scene, "ana", _path(scene))
    assert [message["kind"] for message in page["messages"]["items"]] == ["inbound", "outbound"]
    outbound = page["messages"]["items"][1]
    assert outbound["delivery"]["state"] == "queued"
    assert [person["address"] for person in outbound["recipients"]] == ["lin@contact.example"]
    assert (page["status"], page["unread"], page["waiting_since"]) == ("pending", False, None)


async def test_a_reply_that_overtook_a_newer_message_is_refused_with_its_seq(scene: Scene) -> None:
    refused = await post(scene, "ana", _path(scene, "/replies"), {"text": "Hello.", "seen_seq": 0})
    assert (refused.status_code, refused.json()["code"]) == (409, "newer-message")
    assert refused.json()["seq"] == 1


async def test_a_note_is_shown_to_the_desk_only_as_a_note(scene: Scene) -> None:
    written = await post(scene, "ana", _path(scene, "/notes"), {"text": "A regular."})
    assert written.status_code == 201
    assert (written.json()["kind"], written.json()["recipients"]) == ("note", [])


async def test_reading_is_the_readers_own(scene: Scene) -> None:
    assert (await post(scene, "ana", _path(scene, "/read"), {"seq": 1})).status_code == 204
    assert (await get(scene, "ana", _path(scene)))["unread"] is False
    assert (await get(scene, "ben", _path(scene)))["unread"] is True


async def test_the_activity_tells_what_happened_newest_first(scene: Scene) -> None:
    await post(scene, "ana", _path(scene, "/read"), {"seq": 1})
    await post(scene, "ana", _path(scene, "/take"))
    items = []
    query = "?limit=3"
    while True:
        page = await get(scene, "ana", _path(scene, f"/activity{query}"))
        items += page["items"]
        if page["next"] is None:
            break
        query = f"?limit=3&cursor={page['next']}"
    positions = [item["position"] for item in items]
    assert positions == sorted(positions, reverse=True)
    kinds = [item["kind"] for item in items]
    assert kinds[-1] in ("ticket.opened", "message.received", "order.opened")
    assert "ticket.assigned" in kinds
    assert "ticket.read" not in kinds
    taken = items[kinds.index("ticket.assigned")]
    assert taken["actor"]["name"] == "Ana"
    opened = items[kinds.index("ticket.opened")]
    assert opened["trace"]


async def test_an_agent_writes_first(scene: Scene) -> None:
    body = {
        "inbox_id": str(scene.company.inbox.id),
        "contact": {"address": "New@Contact.Example", "name": "New"},
        "subject": "News",
        "text": "We have news.",
    }
    opened = await post(scene, "ana", "/api/tickets", body, Idempotency_Key="k")
    assert opened.status_code == 201, opened.text
    page = opened.json()
    assert page["assignee_id"] == str(scene.company.ana.user_id)
    assert page["contact"]["address"] == "new@contact.example"
    assert [message["kind"] for message in page["messages"]["items"]] == ["outbound"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("GET", "/messages", None),
        ("GET", "/activity", None),
        ("PATCH", "", {"priority": 1}),
        ("POST", "/take", None),
        ("POST", "/read", {"seq": 1}),
        ("POST", "/notes", {"text": "x"}),
        ("POST", "/replies", {"text": "x", "seen_seq": 1}),
    ],
)
async def test_another_team_finds_no_such_ticket(
    sqlite_scene: Scene, method: str, path: str, body: dict[str, object] | None
) -> None:
    scene = sqlite_scene
    await open_by_mail(scene.services, scene.company, letter("Secret"))
    response = await scene.clients["zoe"].request(
        method, _path(scene, path), json=body, headers={"If-Match": '"1"'}
    )
    assert (response.status_code, response.json()["code"]) == (404, "not-found")


async def test_a_change_that_takes_the_ticket_out_of_ones_sight_is_done_all_the_same(
    scene: Scene,
) -> None:
    version = (await get(scene, "ana", _path(scene)))["version"]
    response = await scene.clients["ana"].patch(
        _path(scene),
        json={"queue_id": str(scene.company.sales_queue)},
        headers={"If-Match": f'"{version}"'},
    )
    assert (response.status_code, response.content) == (204, b"")
    assert int(response.headers["X-Position"]) == await journal.head(scene.database.sql)
    await get(scene, "ana", _path(scene), status=404)
    seen = await get(scene, "zoe", _path(scene))
    assert seen["queue_id"] == str(scene.company.sales_queue)


async def test_html_of_a_large_reply_keeps_nobody_waiting(sqlite_scene: Scene) -> None:
    """Sanitizing takes a while; the loop's longest stop is shorter, at the best of three tries."""
    html = "<p style='color:red'><b>x</b></p>" * 14_000
    started_at = time.perf_counter()
    sanitize(html, Pictures.SHOWN)
    takes_seconds = time.perf_counter() - started_at
    stops = [await _longest_stop(sqlite_scene, {"text": "x", "html": html}) for _ in range(3)]
    assert min(stops) < takes_seconds / 2


async def _longest_stop(scene: Scene, reply: dict[str, object]) -> float:
    """Return for how long, in seconds, the loop did nothing else while the reply was taken in."""
    path = _path(scene, "/replies")
    replying = asyncio.create_task(post(scene, "ana", path, {**reply, "seen_seq": 100}))
    longest, seen_at = 0.0, time.perf_counter()
    while not replying.done():
        await asyncio.sleep(0)
        longest, seen_at = max(longest, time.perf_counter() - seen_at), time.perf_counter()
    assert (await replying).status_code == 201
    return longest
