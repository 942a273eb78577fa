"""/api/quarantine: what could not become a message waits for a person."""

from __future__ import annotations

import pytest

from servicedesk.domain.ids import ArrivalId
from tests.desk_api.calls import get, page_through, post
from tests.realtime.scenes import Scene
from tests.stories.company import letter


async def _quarantined(scene: Scene) -> ArrivalId:
    """An arrival as a refusal of the parser leaves it; its raw form is sound."""
    raw = letter("Broken").as_bytes()
    envelope = {"sender": "lin@contact.example"}
    (arrival_id,) = await scene.services.intake.store([scene.company.inbox], raw, envelope)
    await scene.database.sql.execute(
        "UPDATE arrival SET state = 'quarantined', reason = 'ParseFailed' WHERE id = $1", arrival_id
    )
    return arrival_id


async def test_it_is_listed_with_its_reason_and_its_raw_form(scene: Scene) -> None:
    arrival_id = await _quarantined(scene)
    (row,) = (await get(scene, "ada", "/api/quarantine"))["items"]
    assert row["id"] == str(arrival_id)
    assert (row["state"], row["reason"]) == ("quarantined", "ParseFailed")
    assert "lin@contact.example" in row["from_hint"]
    assert row["subject_hint"] == "Broken"
    raw = await scene.clients["ada"].get(f"/api/quarantine/{arrival_id}/raw")
    assert b"Subject: Broken" in raw.content
    assert raw.headers["Content-Disposition"].startswith("attachment")


async def test_it_is_picked_by_its_cause(scene: Scene) -> None:
    unreadable = await _quarantined(scene)
    spam = await _quarantined(scene)
    await scene.database.sql.execute(
        "UPDATE arrival SET state = 'suspended', reason = 'spam' WHERE id = $1", spam
    )
    for cause, expected in (("unreadable", [unreadable]), ("spam", [spam]), ("oversize", [])):
        rows = (await get(scene, "ada", f"/api/quarantine?cause={cause}"))["items"]
        assert [row["id"] for row in rows] == [str(one) for one in expected]


async def test_trying_again_tells_what_became_of_it(scene: Scene) -> None:
    arrival_id = await _quarantined(scene)
    retried = await post(scene, "ada", f"/api/quarantine/{arrival_id}/retry")
    assert (retried.status_code, retried.json()["state"]) == (200, "accepted")
    assert (await get(scene, "ada", "/api/quarantine"))["items"] == []
    again = await post(scene, "ada", f"/api/quarantine/{arrival_id}/retry")
    assert again.status_code == 409


async def test_what_is_discarded_is_gone_from_the_list(scene: Scene) -> None:
    arrival_id = await _quarantined(scene)
    discarded = await post(scene, "ada", f"/api/quarantine/{arrival_id}/discard")
    assert (discarded.status_code, discarded.json()["state"]) == (200, "discarded")
    assert (await get(scene, "ada", "/api/quarantine"))["items"] == []


@pytest.mark.parametrize("who", ["ada", "sam"])
async def test_page_by_page_comes_everything_once_newest_first(scene: Scene, who: str) -> None:
    arrivals = [await _quarantined(scene) for _ in range(5)]
    items = await page_through(scene, who, "/api/quarantine?")
    assert [item["id"] for item in items] == [str(arrival) for arrival in reversed(arrivals)]


@pytest.mark.parametrize("who", ["ana", "olga"])
async def test_agents_and_observers_have_no_quarantine(sqlite_scene: Scene, who: str) -> None:
    scene = sqlite_scene
    arrival_id = await _quarantined(scene)
    await get(scene, who, "/api/quarantine", status=403)
    await get(scene, who, f"/api/quarantine/{arrival_id}/raw", status=403)
    for verb in ("retry", "discard"):
        response = await post(scene, who, f"/api/quarantine/{arrival_id}/{verb}")
        assert response.status_code == 403
