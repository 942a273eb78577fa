"""/api/messages/…/send-again: a way on for what failed."""

from __future__ import annotations

import pytest

from servicedesk.desk.delivery import MOST_ATTEMPTS, record_receipt
from servicedesk.domain.messages import DeliveryState, Receipt
from servicedesk.kernel.outbox import claim_due
from tests.desk_api.calls import Body, get, post
from tests.realtime.scenes import Scene

FAILED = Receipt(DeliveryState.FAILED, "550 no such user")
LOST = Receipt(DeliveryState.UNKNOWN, "Lost.")


async def delivered(scene: Scene, receipt: Receipt) -> str:
    """An answer of Ana's, carried with that outcome; the path to send it again."""
    await scene.reply(scene.company.ana)
    (claimed,) = await claim_due(scene.database, "test", 1, 60)
    await record_receipt(scene.database, claimed, receipt)
    return f"/api/messages/{claimed.message_id}/send-again"


async def newest(scene: Scene) -> Body:
    page = await get(scene, "ana", f"/api/tickets/{scene.ticket_id}")
    return dict(page["messages"]["items"][-1])


@pytest.mark.parametrize("receipt", [FAILED, LOST])
async def test_message_that_failed_or_was_lost_is_queued_again_and_the_journal_says_so(
    scene: Scene, receipt: Receipt
) -> None:
    path = await delivered(scene, receipt)
    response = await post(scene, "ana", path)
    assert response.status_code == 200, response.text
    message = await newest(scene)
    assert response.json() == message
    assert (message["delivery"]["state"], message["delivery"]["error"]) == ("queued", None)
    (entry,) = await scene.database.sql.fetch("SELECT * FROM journal ORDER BY id DESC LIMIT 1")
    assert entry["kind"] == "message.queued"
    assert int(response.headers["X-Position"]) == entry["position"]
    (again,) = await claim_due(scene.database, "test", 8, 60)
    assert (str(again.message_id), again.attempts) == (message["id"], 1)


async def test_message_given_up_after_all_its_attempts_has_all_of_them_again(scene: Scene) -> None:
    await scene.reply(scene.company.ana)
    await scene.database.sql.execute("UPDATE outbox SET attempts = $1", MOST_ATTEMPTS - 1)
    away = Receipt(DeliveryState.FAILED, "421 away", retry=True)
    (claimed,) = await claim_due(scene.database, "test", 1, 60)
    await record_receipt(scene.database, claimed, away)
    assert (await newest(scene))["delivery"]["state"] == "failed"

    await post(scene, "ana", f"/api/messages/{claimed.message_id}/send-again")
    (claimed,) = await claim_due(scene.database, "test", 1, 60)
    await record_receipt(scene.database, claimed, away)
    assert (await newest(scene))["delivery"]["state"] == "queued"


async def test_message_that_was_sent_is_not_sent_again(scene: Scene) -> None:
    path = await delivered(scene, Receipt(DeliveryState.SENT, "250 ok"))
    response = await post(scene, "ana", path)
    assert (response.status_code, response.json()["code"]) == (409, "not-failed")


async def test_second_click_finds_it_queued_and_a_repeated_request_gets_the_first_answer(
    scene: Scene,
) -> None:
    path = await delivered(scene, FAILED)
    first = await post(scene, "ana", path, Idempotency_Key="k1")
    repeated = await post(scene, "ana", path, Idempotency_Key="k1")
    assert (first.status_code, repeated.json()) == (200, first.json())
    assert (await post(scene, "ana", path)).status_code == 409


async def test_who_may_not_change_the_ticket_may_not_send_again(scene: Scene) -> None:
    path = await delivered(scene, FAILED)
    assert (await post(scene, "olga", path)).status_code == 403
    assert (await post(scene, "zoe", path)).status_code == 404
    assert (await newest(scene))["delivery"]["state"] == "failed"


async def test_who_has_it_does_not_get_it_again(scene: Scene) -> None:
    await scene.reply(scene.company.ana)
    later = {"bo@contact.example": "451 later"}
    (claimed,) = await claim_due(scene.database, "test", 1, 60)
    await record_receipt(
        scene.database, claimed, Receipt(DeliveryState.SENT, "250", True, {}, later)
    )
    await scene.database.sql.execute("UPDATE outbox SET due_at = created_at")
    (claimed,) = await claim_due(scene.database, "test", 1, 60)
    await record_receipt(scene.database, claimed, LOST)

    await post(scene, "ana", f"/api/messages/{claimed.message_id}/send-again")
    (again,) = await claim_due(scene.database, "test", 1, 60)
    assert again.envelope["only"] == ["bo@contact.example"]
