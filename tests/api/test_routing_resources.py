"""Queues, inboxes and presence over HTTP."""

import uuid

import pytest

from tests.api.offices import Office


async def test_queue_is_made_changed_and_shown_with_what_waits(office: Office) -> None:
    ada = office.client("ada")
    made = await ada.post(
        "/api/queues",
        json={
            "name": "Returns",
            "team_id": str(office.north_id),
            "agent_ids": [str(office.people["bob"].id)],
        },
    )
    assert made.status_code == 201
    assert made.json()["waiting"] == 0
    assert made.json()["oldest_waiting_at"] is None
    changed = await ada.patch(
        f"/api/queues/{made.json()['id']}",
        json={"offer_seconds": 30, "agent_ids": []},
        headers={"If-Match": made.headers["etag"]},
    )
    assert (changed.json()["offer_seconds"], changed.json()["agent_ids"]) == (30, [])
    names = [queue["name"] for queue in (await ada.get("/api/queues")).json()["items"]]
    assert names == sorted(names)
    assert "Returns" in names


async def test_inbox_names_a_queue_that_exists_and_an_address_of_its_own(office: Office) -> None:
    ada = office.client("ada")
    body = {"channel": "email", "name": "Sales", "address": "sales@example.com"}
    unknown = await ada.post("/api/inboxes", json={**body, "queue_id": str(uuid.UUID(int=1))})
    assert unknown.status_code == 422
    assert unknown.json()["errors"][0]["path"] == "queue_id"
    queue_id = str(office.queue_id)
    taken = await ada.post(
        "/api/inboxes", json={**body, "address": "SUPPORT@example.com", "queue_id": queue_id}
    )
    assert (taken.status_code, taken.json()["code"]) == (409, "address-taken")
    plus = await ada.post(
        "/api/inboxes", json={**body, "address": "a+b@example.com", "queue_id": queue_id}
    )
    assert plus.status_code == 422
    made = await ada.post("/api/inboxes", json={**body, "queue_id": queue_id})
    off = await ada.patch(
        f"/api/inboxes/{made.json()['id']}",
        json={"active": False},
        headers={"If-Match": made.headers["etag"]},
    )
    assert off.json()["active"] is False
    listed = (await office.client("ann").get("/api/inboxes")).json()["items"]
    assert [inbox["name"] for inbox in listed] == ["Mail", "Sales"]


async def test_presence_is_set_by_oneself_and_seen_by_colleagues_only(office: Office) -> None:
    set_to = await office.client("ann").put("/api/me/presence", json={"state": "available"})
    assert (set_to.status_code, set_to.json()["state"]) == (200, "available")
    away = await office.client("ann").put(
        "/api/me/presence", json={"state": "away", "reason": "lunch"}
    )
    assert away.json()["reason"] == "lunch"
    ann = str(office.people["ann"].id)
    for name, sees in {"ann": True, "sam": True, "olga": True, "ada": True, "bob": False}.items():
        listed = (await office.client(name).get("/api/presence")).json()["items"]
        assert (ann in [presence["user_id"] for presence in listed]) is sees, name


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("ann", {"state": "away", "reason": "not_responding"}, 422),
        ("ann", {"state": "available", "reason": "lunch"}, 422),
        ("ann", {"state": "asleep"}, 422),
        ("olga", {"state": "available"}, 403),
    ],
)
async def test_presence_that_cannot_be_is_refused(
    sqlite_office: Office, name: str, body: dict[str, str], status: int
) -> None:
    response = await sqlite_office.client(name).put("/api/me/presence", json=body)
    assert response.status_code == status
