"""Idempotency-Key: once carried out, twice answered."""

import asyncio

from servicedesk.kernel.http.bodies import JSON_MAX_BYTES
from tests.api.offices import Office

TEAM = {"name": "East", "member_ids": []}


async def test_same_request_again_gets_the_first_answer(office: Office) -> None:
    ada = office.client("ada")
    headers = {"Idempotency-Key": "one"}
    first = await ada.post("/api/teams", json=TEAM, headers=headers)
    again = await ada.post("/api/teams", json=TEAM, headers=headers)
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["x-position"] == first.headers["x-position"]
    assert again.headers["etag"] == first.headers["etag"]
    assert "idempotency-replayed" not in first.headers


async def test_key_with_another_request_is_refused(office: Office) -> None:
    ada = office.client("ada")
    headers = {"Idempotency-Key": "one"}
    await ada.post("/api/teams", json=TEAM, headers=headers)
    response = await ada.post("/api/teams", json={**TEAM, "name": "West"}, headers=headers)
    assert (response.status_code, response.json()["code"]) == (409, "idempotency-key-reused")


async def test_refused_request_does_not_use_its_key_up(office: Office) -> None:
    ada = office.client("ada")
    headers = {"Idempotency-Key": "one"}
    taken = await ada.post("/api/teams", json={**TEAM, "name": "South"}, headers=headers)
    assert taken.status_code == 409
    response = await ada.post("/api/teams", json=TEAM, headers=headers)
    assert response.status_code == 201


async def test_same_request_twice_at_once_is_carried_out_once(office: Office) -> None:
    ada = office.client("ada")
    headers = {"Idempotency-Key": "one"}
    answers = await asyncio.gather(
        *(ada.post("/api/teams", json=TEAM, headers=headers) for _ in range(5))
    )
    codes = {answer.status_code for answer in answers}
    assert 201 in codes
    assert all(
        answer.status_code == 201 or answer.json()["code"] == "still-running" for answer in answers
    )
    rows = await office.database.sql.fetch("SELECT id FROM team WHERE name = $1", "East")
    assert len(rows) == 1


async def test_key_that_cannot_be_one_is_refused(office: Office) -> None:
    response = await office.client("ada").post(
        "/api/teams", json=TEAM, headers={"Idempotency-Key": "x" * 129}
    )
    assert response.status_code == 422
    assert response.json()["errors"][0]["path"] == "Idempotency-Key"


async def test_a_key_lifts_no_limit_of_the_body(sqlite_office: Office) -> None:
    body = b'{"name": "East", "member_ids": []' + b" " * JSON_MAX_BYTES + b"}"
    headers = {"Content-Type": "application/json"}
    for key in ({}, {"Idempotency-Key": "one"}):
        response = await sqlite_office.client("ada").post(
            "/api/teams", content=body, headers={**headers, **key}
        )
        assert (response.status_code, response.json()["max_bytes"]) == (413, JSON_MAX_BYTES)
