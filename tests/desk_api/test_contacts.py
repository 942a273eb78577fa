"""/api/contacts: a contact is there for who sees one of their tickets."""

from __future__ import annotations

from servicedesk.desk.lifecycle import TicketChanges, change_ticket
from tests.desk_api.calls import get
from tests.realtime.scenes import Scene
from tests.stories.company import letter, open_by_mail


async def test_a_contact_shows_the_tickets_that_one_may_see(scene: Scene) -> None:
    moved = await open_by_mail(scene.services, scene.company, letter("For Sales"))
    version = await scene.version("ticket", moved)
    to_sales = TicketChanges(queue_id=scene.company.sales_queue)
    await change_ticket(scene.database, scene.company.ada, moved, version, to_sales)
    path = f"/api/contacts/{await scene.contact_id()}"
    for who, subjects in (
        ("ada", ["For Sales", "Refund"]),
        ("ana", ["Refund"]),
        ("zoe", ["For Sales"]),
    ):
        contact = await get(scene, who, path)
        assert [ticket["subject"] for ticket in contact["tickets"]] == subjects
        assert contact["ticket_count"] == len(subjects)
        (identity,) = contact["identities"]
        assert (identity["kind"], identity["value"]) == ("email", "lin@contact.example")
        assert (identity["undeliverable_at"], identity["soft_bounces"]) == (None, 0)
        assert contact["address"] == "lin@contact.example"


async def test_a_contact_of_foreign_tickets_is_not_there(scene: Scene) -> None:
    path = f"/api/contacts/{await scene.contact_id()}"
    await get(scene, "zoe", path, status=404)
    assert (await scene.clients["zoe"].patch(path, json={"name": "X"})).status_code == 404


async def test_a_contact_is_renamed_everywhere(scene: Scene) -> None:
    path = f"/api/contacts/{await scene.contact_id()}"
    body = {"name": "Lin Wei-Chen", "time_zone": "Asia/Shanghai"}
    changed = await scene.clients["ana"].patch(path, json=body)
    assert changed.status_code == 200, changed.text
    assert int(changed.headers["X-Position"]) > 0
    page = await get(scene, "ana", f"/api/tickets/{scene.ticket_id}")
    assert page["contact"]["name"] == "Lin Wei-Chen"
    assert page["messages"]["items"][0]["author"]["name"] == "Lin Wei-Chen"
    assert (await scene.clients["olga"].patch(path, json=body)).status_code == 403
