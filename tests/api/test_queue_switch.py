"""A queue is switched off only once nothing leads into it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from tests.api.offices import Office


async def made_queue(office: Office) -> str:
    body = {"name": "Returns", "team_id": str(office.north_id)}
    made = await office.client("ada").post("/api/queues", json=body)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def switch_off(office: Office, queue_id: object) -> Any:
    ada = office.client("ada")
    queues = (await ada.get("/api/queues")).json()["items"]
    (version,) = [queue["version"] for queue in queues if queue["id"] == str(queue_id)]
    return await ada.patch(
        f"/api/queues/{queue_id}", json={"active": False}, headers={"If-Match": f'"{version}"'}
    )


async def lead_there(office: Office, by: str, queue_id: str) -> None:
    body: dict[str, Any]
    ada = office.client("ada")
    if by == "inboxes":
        inbox = {"channel": "email", "name": "Returns", "address": "returns@example.com"}
        made = await ada.post("/api/inboxes", json={**inbox, "queue_id": queue_id})
    elif by == "rules":
        outcome = {"queue_id": queue_id}
        rule = {"id": str(UUID(int=1)), "name": "All", "conditions": [], "outcome": outcome}
        body = {"rules": [rule]}
        made = await ada.put("/api/routing-rules", json=body, headers={"If-Match": '"0"'})
    else:
        path = f"/api/queues/{office.queue_id}/settings"
        etag = (await ada.get(path)).headers["etag"]
        step = {"after_seconds": 60, "overflow_to": queue_id}
        body = {"settings": {"steps": [step]}, "servers": []}
        made = await ada.put(path, json=body, headers={"If-Match": etag})
    assert made.is_success, made.text


@pytest.mark.parametrize("by", ["inboxes", "rules", "queues"])
async def test_what_leads_there_is_named_and_must_be_changed_first(office: Office, by: str) -> None:
    queue_id = await made_queue(office)
    await lead_there(office, by, queue_id)
    refused = await switch_off(office, queue_id)
    assert (refused.status_code, refused.json()["code"]) == (409, "queue-in-use")
    assert refused.json()["where"] == [by]


async def test_a_queue_that_is_off_is_given_to_no_inbox(office: Office) -> None:
    queue_id = await made_queue(office)
    off = await switch_off(office, queue_id)
    assert (off.status_code, off.json()["active"]) == (200, False)
    inbox = {"channel": "email", "name": "Returns", "address": "returns@example.com"}
    refused = await office.client("ada").post("/api/inboxes", json={**inbox, "queue_id": queue_id})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["path"] == "queue_id"
