"""The first start over HTTP."""

import asyncio
from collections.abc import AsyncIterator

import httpx2
import pytest_asyncio

from servicedesk.app.api.application import make_application
from servicedesk.app.wiring import make_services
from servicedesk.kernel.bus import LocalBus
from servicedesk.kernel.config import Settings
from servicedesk.kernel.database import Database
from tests.api.offices import Office, client_of

SETUP = {
    "company": "Example",
    "name": "Ada",
    "email": "ada@example.com",
    "password": "four unrelated words",
    "locale": "zh-CN",
    "time_zone": "Asia/Shanghai",
}


@pytest_asyncio.fixture
async def fresh(
    settings: Settings, database: Database, bus: LocalBus
) -> AsyncIterator[httpx2.AsyncClient]:
    async with client_of(make_application(make_services(settings, database, bus))) as client:
        yield client


async def test_set_up_makes_all_that_the_first_ticket_needs_and_signs_in(
    fresh: httpx2.AsyncClient,
) -> None:
    assert (await fresh.get("/api/setup")).json() == {"needed": True}
    response = await fresh.post("/api/setup", json=SETUP)
    assert response.status_code == 201
    assert response.json()["user"]["role"] == "administrator"
    assert (await fresh.get("/api/setup")).json() == {"needed": False}
    session = (await fresh.get("/api/session")).json()
    assert session["company"] == "Example"
    [team] = (await fresh.get("/api/teams")).json()["items"]
    [queue] = (await fresh.get("/api/queues")).json()["items"]
    assert team["member_ids"] == [session["user"]["id"]]
    assert (queue["team_id"], queue["team_ids"]) == (team["id"], [team["id"]])
    inbox = await fresh.post(
        "/api/inboxes",
        json={
            "channel": "email",
            "name": "Mail",
            "address": "Support@Example.com",
            "queue_id": queue["id"],
        },
        headers={"X-CSRF-Token": session["csrf_token"]},
    )
    assert (inbox.status_code, inbox.json()["address"]) == (201, "support@example.com")


async def test_of_two_set_ups_at_once_one_succeeds(
    fresh: httpx2.AsyncClient, database: Database
) -> None:
    answers = await asyncio.gather(
        *(
            fresh.post("/api/setup", json={**SETUP, "email": f"ada{number}@example.com"})
            for number in range(2)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert refused.json()["code"] == "setup-done"
    for table in ("app_user", "team", "queue", "brand"):
        assert len(await database.sql.fetch(f"SELECT id FROM {table}")) == 1


async def test_weak_password_leaves_the_desk_to_be_set_up(
    fresh: httpx2.AsyncClient, database: Database
) -> None:
    response = await fresh.post("/api/setup", json={**SETUP, "password": "example 123"})
    assert response.json()["code"] in ("weak-password", "invalid-request")
    assert (await fresh.get("/api/setup")).json() == {"needed": True}


async def test_a_desk_that_is_set_up_is_not_set_up_again(
    office: Office, stranger: httpx2.AsyncClient
) -> None:
    response = await stranger.post("/api/setup", json=SETUP)
    assert (response.status_code, response.json()["code"]) == (409, "setup-done")
