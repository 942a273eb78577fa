"""Calendars, SLA policies and the clocks of a ticket over HTTP."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from tests.api.offices import Office

WEEK = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
HOURS = {"time_zone": "Europe/Berlin", "week": WEEK}
CALENDAR = {"name": "Berlin", "document": HOURS}
TARGET = {"metric": "first_reply", "priority": 2, "seconds": 3600}
POLICY = {"name": "Gold", "document": {"targets": [TARGET]}}


async def made(client: httpx2.AsyncClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    response = await client.post(path, json=body)
    assert response.status_code == 201, response.text
    found: dict[str, Any] = response.json()
    return found


async def test_a_calendar_is_made_and_each_edit_of_its_hours_is_a_version(office: Office) -> None:
    ada = office.client("ada")
    first = await made(ada, "/api/calendars", CALENDAR)
    assert (first["revision"], first["is_default"], first["document"]["week"]["mon"]) == (
        1,
        False,
        [["09:00", "17:00"]],
    )
    path, version = f"/api/calendars/{first['id']}", {"If-Match": '"1"'}
    named = await ada.patch(path, json={"name": "Bonn", "is_default": True}, headers=version)
    assert (named.json()["revision"], named.json()["is_default"]) == (1, True)
    document = {**HOURS, "holidays": ["2027-01-01"]}
    edited = await ada.patch(
        path,
        json={"document": document, "names": {"2027-01-01": "Neujahr", "2027-01-02": "stray"}},
        headers={"If-Match": named.headers["etag"]},
    )
    assert edited.json()["revision"] == 2
    assert edited.json()["names"] == {"2027-01-01": "Neujahr"}
    stale = await ada.patch(path, json={"name": "Köln"}, headers=version)
    assert stale.status_code == 412


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"time_zone": "Europe/Berlin", "week": {}}, "calendar-never-opens"),
        ({"time_zone": "Mars/Olympus", "week": WEEK}, "calendar-invalid"),
        (
            {"time_zone": "Etc/UTC", "week": {"mon": [["09:00", "12:00"], ["11:00", "13:00"]]}},
            "calendar-invalid",
        ),
    ],
)
async def test_hours_that_cannot_be_are_refused(
    office: Office, document: dict[str, Any], code: str
) -> None:
    body = {"name": "Odd", "document": document}
    refused = await office.client("ada").post("/api/calendars", json=body)
    assert (refused.status_code, refused.json()["code"]) == (422, code)


async def test_there_is_one_default_calendar_at_most(office: Office) -> None:
    ada = office.client("ada")
    for name in ("One", "Two"):
        await made(ada, "/api/calendars", {**CALENDAR, "name": name, "is_default": True})
    listed = (await ada.get("/api/calendars")).json()["items"]
    assert [one["name"] for one in listed if one["is_default"]] == ["Two"]
    taken = await ada.post("/api/calendars", json={**CALENDAR, "name": "One"})
    assert (taken.status_code, taken.json()["code"]) == (409, "name-taken")


async def test_when_would_eight_business_hours_from_now_be(office: Office) -> None:
    body = {"document": HOURS, "seconds": 8 * 3600, "start": "2027-03-05T12:00:00+01:00"}
    answer = (await office.client("ada").post("/api/calendar-questions", json=body)).json()
    assert answer["at"] == "2027-03-08T11:00:00Z"  # Friday noon to Monday noon, in Berlin
    assert answer["is_open_at_start"] is True
    now = await office.client("ada").post(
        "/api/calendar-questions", json={"document": HOURS, "seconds": 60}
    )
    assert now.status_code == 200
    agent = await office.client("ann").post("/api/calendar-questions", json=body)
    assert agent.status_code == 403


async def test_a_question_that_leads_too_far_is_refused_without_counting(office: Office) -> None:
    seldom = {**HOURS, "week": {"mon": [["09:00", "09:01"]]}}
    body = {"document": seldom, "seconds": 10 * 366 * 86_400}
    refused = await office.client("ada").post("/api/calendar-questions", json=body)
    assert (refused.status_code, refused.json()["code"]) == (422, "time-out-of-range")


async def test_a_day_has_at_most_24_periods(office: Office) -> None:
    crumbs = [[f"00:{minute:02}", f"00:{minute:02}:30"] for minute in range(25)]
    for periods, status in ((crumbs, 422), (crumbs[:24], 201)):
        calendar = {**CALENDAR, "document": {**HOURS, "week": {"mon": periods}}}
        found = await office.client("ada").post("/api/calendars", json=calendar)
        assert found.status_code == status


async def test_a_console_can_count_by_the_windows(office: Office) -> None:
    calendar = await made(office.client("ada"), "/api/calendars", CALENDAR)
    path = f"/api/calendars/{calendar['id']}/windows"
    span = "start=2027-03-05T12:00:00Z&end=2027-03-08T09:00:00Z"
    found = (await office.client("ann").get(f"{path}?revision=1&{span}")).json()
    assert found["windows"] == [
        {"opens": "2027-03-05T12:00:00Z", "closes": "2027-03-05T16:00:00Z"},
        {"opens": "2027-03-08T08:00:00Z", "closes": "2027-03-08T09:00:00Z"},
    ]
    unknown = await office.client("ann").get(f"{path}?revision=2&{span}")
    assert unknown.status_code == 404
    far = "start=2027-03-05T12:00:00Z&end=2029-03-08T09:00:00Z"
    assert (await office.client("ann").get(f"{path}?revision=1&{far}")).status_code == 422


async def test_holidays_are_listed_written_and_read_again(office: Office) -> None:
    ada = office.client("ada")
    query = "country=DE&region=BY&from_year=2027&to_year=2027&language=en_US"
    found = (await ada.get(f"/api/holidays?{query}")).json()["holidays"]
    assert {"day": "2027-01-06", "name": "Epiphany"} in found
    document = {**HOURS, "holidays": [one["day"] for one in found]}
    names = {one["day"]: one["name"] for one in found}
    body = {"name": "Munich", "document": document, "names": names}
    calendar = await made(ada, "/api/calendars", body)
    file = await ada.get(f"/api/calendars/{calendar['id']}/holidays.ics")
    assert file.headers["content-type"].startswith("text/calendar")
    again = await ada.post("/api/holiday-files?from_year=2027&to_year=2027", content=file.content)
    assert again.json()["holidays"] == found
    broken = await ada.post("/api/holiday-files?from_year=2027&to_year=2027", content=b"x")
    assert broken.status_code == 422


async def test_policies_have_an_order_and_versions(office: Office) -> None:
    ada = office.client("ada")
    first = await made(ada, "/api/sla-policies", POLICY)
    second = await made(ada, "/api/sla-policies", {**POLICY, "name": "Silver"})
    assert [first["place"], second["place"]] == [1, 2]
    ids = [second["id"], first["id"]]
    ordered = await ada.put("/api/sla-policies/order", json={"policy_ids": ids})
    assert [one["name"] for one in ordered.json()["items"]] == ["Silver", "Gold"]
    half = await ada.put("/api/sla-policies/order", json={"policy_ids": ids[:1]})
    assert half.status_code == 422
    document = {"targets": [{**TARGET, "seconds": 60}]}
    edited = await ada.patch(
        f"/api/sla-policies/{first['id']}",
        json={"document": document, "active": False},
        headers={"If-Match": '"1"'},
    )
    assert (edited.json()["revision"], edited.json()["active"]) == (2, False)


@pytest.mark.parametrize(
    "document",
    [
        {"targets": []},
        {"targets": [TARGET, TARGET]},
        {"targets": [{**TARGET, "seconds": 14}]},
        {"targets": [TARGET], "all_of": [{"field": "ticket.colour", "operator": "is_set"}]},
        {"targets": [TARGET], "all_of": [{"field": "ticket.priority", "operator": "is"}]},
        {
            "targets": [TARGET],
            "ladder": [{"id": "a", "actions": [{"do": "notify", "ways": ["console"]}]}],
        },
        {
            "targets": [TARGET],
            "valid_from": "2027-02-01T00:00:00Z",
            "valid_to": "2027-01-01T00:00:00Z",
        },
    ],
)
async def test_policies_that_could_not_be_measured_are_refused(
    office: Office, document: dict[str, Any]
) -> None:
    body = {"name": "Odd", "document": document}
    refused = await office.client("ada").post("/api/sla-policies", json=body)
    assert refused.status_code == 422, refused.text


async def test_a_preview_counts_and_saves_nothing(office: Office) -> None:
    ada = office.client("ada")
    body = {"document": POLICY["document"]}
    seen = (await ada.post("/api/sla-policies/preview", json=body)).json()
    assert (seen["looked_at"], seen["fits"], seen["is_all"]) == (0, 0, True)
    assert (await ada.get("/api/sla-policies")).json()["items"] == []


async def test_agents_know_calendars_and_change_nothing(office: Office) -> None:
    ann = office.client("ann")
    assert (await ann.get("/api/calendars")).status_code == 200
    assert (await ann.post("/api/calendars", json=CALENDAR)).status_code == 403
    assert (await ann.get("/api/sla-policies")).status_code == 403


async def test_administrators_read_what_calls_of_an_address_are_signed_with(office: Office) -> None:
    path, body = "/api/sla-policies/webhook-secrets", {"url": "https://chat.example/hook"}
    first = await office.client("ada").post(path, json=body)
    assert first.json()["secrets"][0].startswith("whsec_")
    assert (await office.client("ada").post(path, json=body)).json() == first.json()
    assert (await office.client("ada").post(path, json={"url": "ftp://x"})).status_code == 422
    assert (await office.client("sam").post(path, json=body)).status_code == 403


async def test_a_calendar_that_something_counts_by_stays_and_an_unused_one_goes(
    office: Office,
) -> None:
    ada = office.client("ada")
    first = await made(ada, "/api/calendars", {**CALENDAR, "is_default": True})
    path, version = f"/api/calendars/{first['id']}", {"If-Match": '"1"'}
    refused = await ada.delete(path, headers=version)
    assert (refused.status_code, refused.json()["code"]) == (409, "calendar-in-use")
    await ada.patch(path, json={"is_default": False}, headers=version)
    queue = (await ada.get("/api/queues")).json()["items"][0]
    await office.services.database.sql.execute(
        "UPDATE queue SET calendar_id = $2 WHERE id = $1", queue["id"], first["id"]
    )
    refused = await ada.delete(path, headers={"If-Match": '"2"'})
    assert refused.json()["where"] == [queue["name"]]
    await office.services.database.sql.execute("UPDATE queue SET calendar_id = NULL")
    assert (await ada.delete(path, headers={"If-Match": '"2"'})).status_code == 204
    assert (await ada.get("/api/calendars")).json()["items"] == []
    assert (await ada.patch(path, json={}, headers={"If-Match": '"3"'})).status_code == 404
    again = await made(ada, "/api/calendars", CALENDAR)
    assert again["name"] == first["name"]


async def test_a_policy_goes_once_it_is_switched_off(office: Office) -> None:
    ada = office.client("ada")
    first, second = [await made(ada, "/api/sla-policies", POLICY) for _ in range(2)]
    path = f"/api/sla-policies/{first['id']}"
    refused = await ada.delete(path, headers={"If-Match": '"1"'})
    assert (refused.status_code, refused.json()["code"]) == (409, "policy-in-use")
    await ada.patch(path, json={"active": False}, headers={"If-Match": '"1"'})
    assert (await ada.delete(path, headers={"If-Match": '"2"'})).status_code == 204
    left = (await ada.get("/api/sla-policies")).json()["items"]
    assert [one["id"] for one in left] == [second["id"]]
    order = await ada.put("/api/sla-policies/order", json={"policy_ids": [second["id"]]})
    assert order.status_code == 200
