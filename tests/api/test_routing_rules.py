"""The rule table over HTTP: kept as a whole, judged where it is typed, tried on past tickets."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from servicedesk.desk.inboxes import get_inbox
from servicedesk.routing.shapes import Queue
from servicedesk.routing.views import load_queues
from tests.api.offices import Office
from tests.stories.company import letter, post


def rule(number: int, **written: Any) -> dict[str, Any]:
    return {"id": str(UUID(int=number)), "name": f"Rule {number}", "conditions": [], **written}


async def _save(office: Office, version: int, *rules: dict[str, Any]) -> Any:
    return await office.client("ada").put(
        "/api/routing-rules", json={"rules": rules}, headers={"If-Match": f'"{version}"'}
    )


async def _write(office: Office, subject: str, sender: str = "lin@contact.example") -> None:
    inbox = await get_inbox(office.database.sql, office.inbox_id)
    await post(office.services, inbox, letter(subject, sender=sender, to=inbox.address))


async def _night(office: Office) -> Queue:
    body = {"name": "Night", "team_id": str(office.south_id)}
    await office.client("ada").post("/api/queues", json=body)
    return next(one for one in await load_queues(office.database.sql) if one.name == "Night")


async def test_mail_goes_where_the_saved_rules_send_it(office: Office) -> None:
    night = await _night(office)
    await office.client("ada").post("/api/skills", json={"name": "English"})
    invoices = rule(
        1,
        conditions=[{"kind": "words", "any_of": ["invoice"]}],
        outcome={"queue_id": str(night.id), "priority": 4, "skills": {"English": 2}},
    )
    await _write(office, "Invoice 1")
    assert (await _save(office, 0, invoices)).status_code == 200
    await _write(office, "Invoice 2")
    await _write(office, "Refund")
    rows = await office.database.sql.fetch(
        "SELECT ticket.subject, queue.name, work_order.priority FROM work_order "
        "JOIN ticket ON ticket.id = work_order.ticket_id "
        "JOIN queue ON queue.id = work_order.queue_id ORDER BY ticket.number"
    )
    placed = [(row["subject"], row["name"], row["priority"]) for row in rows]
    own = placed[0][1]
    assert placed == [("Invoice 1", own, 2), ("Invoice 2", "Night", 4), ("Refund", own, 2)]


async def test_the_table_is_saved_for_the_version_that_was_read(office: Office) -> None:
    urgent = rule(1, outcome={"priority": 4})
    saved = await _save(office, 0, urgent, rule(2, outcome={"priority": 1}))
    assert saved.json()["version"] == 1
    assert [flaw["code"] for flaw in saved.json()["flaws"]] == ["never_asked"]
    assert (await _save(office, 0)).status_code == 412
    assert (await _save(office, 1, urgent)).json()["flaws"] == []
    shown = (await office.client("sam").get("/api/routing-rules")).json()
    assert [one["name"] for one in shown["rules"]] == ["Rule 1"]


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"outcome": {}}, "rules.1.outcome"),
        ({"outcome": {"queue_id": str(UUID(int=1))}}, "rules.1.outcome.queue_id"),
        ({"outcome": {"preferred_user_id": str(UUID(int=1))}}, "rules.1.outcome.preferred_user_id"),
        ({"outcome": {"skills": {"Elvish": 2}}}, "rules.1.outcome.skills"),
        (
            {
                "conditions": [{"kind": "inbox", "inbox_ids": [str(UUID(int=1))]}],
                "outcome": {"priority": 3},
            },
            "rules.1.conditions",
        ),
    ],
)
async def test_rule_that_names_what_is_not_there_is_refused(
    office: Office, wrong: dict[str, Any], path: str
) -> None:
    answer = await _save(office, 0, rule(1, outcome={"priority": 3}), rule(2, **wrong))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == path


async def test_rule_for_a_queue_that_nobody_serves_is_flagged(office: Office) -> None:
    night = await _night(office)
    await office.client("ada").post("/api/skills", json={"name": "Latin"})
    ann = str(office.people["ann"].id)
    saved = await _save(
        office,
        0,
        rule(1, outcome={"queue_id": str(night.id)}, stops=False),
        rule(2, outcome={"queue_id": str(office.queue_id), "skills": {"Latin": 1}}, stops=False),
        rule(3, outcome={"queue_id": str(night.id), "priority": 2}, active=False),
    )
    flaws = {flaw["rule_id"]: flaw["code"] for flaw in saved.json()["flaws"]}
    assert flaws == {
        str(UUID(int=1)): "queue_has_nobody",
        str(UUID(int=2)): "nobody_has_skills",
    }
    version = (await office.client("ada").get("/api/queues")).json()["items"]
    etag = next(one["version"] for one in version if one["id"] == str(night.id))
    await office.client("ada").patch(
        f"/api/queues/{night.id}",
        json={"agent_ids": [str(office.people["bob"].id)]},
        headers={"If-Match": f'"{etag}"'},
    )
    prefers = rule(1, outcome={"queue_id": str(night.id), "preferred_user_id": ann})
    flaws_now = (await _save(office, 1, prefers)).json()["flaws"]
    assert [flaw["code"] for flaw in flaws_now] == ["agent_not_in_queue"]


async def test_dry_run_tells_what_would_have_changed_and_saves_nothing(office: Office) -> None:
    for subject in ("Invoice 1", "Refund", "Invoice 2"):
        await _write(office, subject)
    await _save(office, 0, rule(1, conditions=[{"kind": "words", "any_of": ["2"]}],
                                outcome={"priority": 4}))  # fmt: skip
    draft = rule(2, conditions=[{"kind": "words", "any_of": ["invoice"]}], outcome={"priority": 4})
    tried = await office.client("ada").post("/api/routing-rules/dry-run", json={"rules": [draft]})
    said = tried.json()
    assert (said["looked_at"], said["changed"]) == (3, 1)
    (changed,) = said["tickets"]
    assert (changed["before"]["priority"], changed["after"]["priority"]) == (2, 4)
    assert said["hits"][draft["id"]] == 2
    assert (await office.client("ada").get("/api/routing-rules")).json()["version"] == 1
