"""How a queue works, over HTTP: kept as it was typed, and refused where it cannot work."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from servicedesk.domain.ids import UserId
from servicedesk.kernel.sql import json_text
from servicedesk.routing.facts import Serving
from servicedesk.routing.views_facts import load_agents, load_queue_facts
from tests.api.offices import Office

SETTINGS: dict[str, Any] = {
    "ordering": "age_score",
    "choice": "best_skill",
    "minutes_per_priority": 15,
    "steps": [
        {"after_seconds": 60, "lower_skills": {"English": 2}},
        {"after_seconds": 300, "lower_skills": {"English": 0}, "raise_priority": 1},
        {"after_seconds": 900, "tell": "still_waiting", "offer_callback": True},
    ],
    "sticky": {"seconds": 90},
    "auto_accept": True,
    "wrap_up_seconds": 30,
    "most_refusals": 3,
}


async def _version(office: Office) -> int:
    shown = await office.client("ada").get(f"/api/queues/{office.queue_id}/settings")
    return int(shown.json()["version"])


async def _save(office: Office, settings: dict[str, Any], servers: Any = None) -> Any:
    body = {"settings": settings, "servers": servers or []}
    return await office.client("ada").put(
        f"/api/queues/{office.queue_id}/settings",
        json=body,
        headers={"If-Match": f'"{await _version(office)}"'},
    )


async def _english(office: Office) -> None:
    await office.client("ada").post("/api/skills", json={"name": "English"})


async def test_settings_come_back_as_they_were_typed_and_reach_the_engine(office: Office) -> None:
    await _english(office)
    ann = str(office.people["ann"].id)
    servers = [
        {"kind": "team", "id": str(office.north_id), "priority": 1, "delay_seconds": 60},
        {"kind": "agent", "id": ann, "priority": 5, "delay_seconds": 0},
    ]
    saved = await _save(office, SETTINGS, servers)
    assert saved.status_code == 200, saved.text
    shown = (await office.client("sam").get(f"/api/queues/{office.queue_id}/settings")).json()
    for name, value in SETTINGS.items():
        if name not in ("steps", "sticky"):
            assert shown["settings"][name] == value, name
    assert [step["lower_skills"] for step in shown["settings"]["steps"]] == [
        {"English": 2},
        {"English": 0},
        {},
    ]
    last = shown["settings"]["steps"][-1]
    assert (last["tell"], last["offer_callback"]) == ("still_waiting", True)
    assert shown["servers"] == servers
    sql = office.database.sql
    (queue,) = await load_queue_facts(sql, await office.database.now(), [office.queue_id])
    facts = queue.queue
    assert (facts.order, facts.priority_minutes, facts.auto_accept) == ("age_score", 15, True)
    assert [step.after_seconds for step in facts.steps] == [60, 300, 900]
    assert (facts.most_refusals, facts.hours) == (3, None)
    people = {name: UserId(office.people[name].id) for name in ("ann", "sam", "bob")}
    agents = {one.agent.user_id: one.agent for one in await load_agents(sql, people.values())}
    own, teams = (Serving(facts.id, 5, 0), Serving(facts.id, 1, 60))
    assert own in agents[people["ann"]].serves  # her own row wins over her team's
    assert teams in agents[people["sam"]].serves
    assert facts.id not in {one.queue_id for one in agents[people["bob"]].serves}


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"steps": [{"after_seconds": 60}]}, "settings.steps.0"),
        (
            {"steps": [{"after_seconds": 60, "raise_priority": 1},
                       {"after_seconds": 60, "raise_priority": 1}]},
            "settings.steps.1",
        ),
        (
            {"steps": [{"after_seconds": 60, "turn_away": True},
                       {"after_seconds": 90, "raise_priority": 1}]},
            "settings.steps.1",
        ),
        (
            {"steps": [{"after_seconds": 60, "lower_skills": {"English": 1}},
                       {"after_seconds": 90, "lower_skills": {"English": 1}}]},
            "settings.steps.1.lower_skills",
        ),
        ({"steps": [{"after_seconds": 9, "lower_skills": {"Elvish": 1}}]},
         "settings.steps.0.lower_skills"),
        ({"steps": [{"after_seconds": 9, "also_queues": [str(UUID(int=1))]}]},
         "settings.steps.0.also_queues"),
        ({"steps": [{"after_seconds": 9, "also_teams": [str(UUID(int=1))]}]},
         "settings.steps.0.also_teams"),
        ({"steps": [{"after_seconds": 9, "overflow_to": str(UUID(int=1))}]}, "settings"),
        ({"max_length": 10}, "settings.overflow"),
        (
            {"max_wait_seconds": 60, "overflow": {"turn_away": True},
             "steps": [{"after_seconds": 60, "raise_priority": 1}]},
            "settings.steps.0",
        ),
        ({"outside": {"turn_away": True}}, "settings.calendar_id"),
        ({"max_length": 9, "overflow": {"turn_away": True}}, "settings.overflow"),
        ({"calendar_id": str(UUID(int=1))}, "settings.calendar_id"),
    ],
)  # fmt: skip
async def test_what_cannot_work_is_refused_where_it_is_typed(
    office: Office, changes: dict[str, Any], path: str
) -> None:
    await _english(office)
    answer = await _save(office, changes)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == path


async def test_orders_do_not_travel_in_a_circle(office: Office) -> None:
    body = {"name": "Night", "team_id": str(office.south_id)}
    night = (await office.client("ada").post("/api/queues", json=body)).json()
    to_night = {"after_seconds": 60, "overflow_to": night["id"]}
    assert (await _save(office, {"steps": [to_night]})).status_code == 200
    back = {"steps": [{"after_seconds": 60, "overflow_to": str(office.queue_id)}]}
    answer = await office.client("ada").put(
        f"/api/queues/{night['id']}/settings",
        json={"settings": back, "servers": []},
        headers={"If-Match": '"1"'},
    )
    assert answer.status_code == 422
    assert "circle" in answer.text


async def test_a_queue_that_nobody_serves_is_flagged(office: Office) -> None:
    body = {"name": "Night", "team_id": str(office.south_id)}
    night = (await office.client("ada").post("/api/queues", json=body)).json()
    widened = {"steps": [{"after_seconds": 60, "also_queues": [night["id"]]}]}
    saved = await _save(office, {**widened, "ordering": "sla_slack"})
    flaws = [(flaw["code"], flaw["params"]) for flaw in saved.json()["flaws"]]
    assert flaws == [("nobody_serves", {}), ("step_adds_nobody", {"step": 1})]
    plain = await _save(office, {}, [{"kind": "team", "id": str(office.north_id)}])
    assert [flaw["code"] for flaw in plain.json()["flaws"]] == ["low_may_wait"]


async def test_hours_of_a_calendar_say_when_the_queue_is_open(office: Office) -> None:
    sql = office.database.sql
    calendar_id = UUID(int=77)
    now = await office.database.now()
    calendar = {"id": calendar_id, "name": "Day", "sources": "[]", "created_at": now}
    await sql.insert("calendar", [calendar])
    document = {"time_zone": "Etc/UTC", "week": {"mon": [["00:00", "24:00"]]}}
    version = {
        "id": UUID(int=78),
        "calendar_id": calendar_id,
        "revision": 1,
        "document": json_text(document),
        "names": "{}",
        "created_at": now,
    }
    await sql.insert("calendar_version", [version])
    assert (await _save(office, {"calendar_id": str(calendar_id)})).status_code == 200
    monday = now.replace(year=2027, month=3, day=1, hour=9, minute=0, second=0, microsecond=0)
    for day, is_open, changes in ((1, True, 2), (2, False, 8)):
        at = monday.replace(day=day)
        (queue,) = await load_queue_facts(sql, at, [office.queue_id])
        assert queue.queue.hours is not None
        assert queue.queue.hours.is_open is is_open
        assert queue.queue.hours.changes_at == monday.replace(day=changes, hour=0)


async def test_agents_whom_no_queue_reaches_are_listed(office: Office) -> None:
    sam = office.client("sam")
    ann = str(office.people["ann"].id)
    assert (await _save(office, {}, [])).status_code == 200
    before = (await sam.get("/api/agents-without-queue")).json()["user_ids"]
    assert ann in before
    servers = [{"kind": "agent", "id": ann, "priority": 0, "delay_seconds": 0}]
    assert (await _save(office, {}, servers)).status_code == 200
    after = (await sam.get("/api/agents-without-queue")).json()["user_ids"]
    assert set(before) - set(after) == {ann}
    assert (await office.client("ann").get("/api/agents-without-queue")).status_code == 403
