"""A mail to a user of the desk is tried as long as an answer is, and its faults stay its own."""

from collections.abc import AsyncIterator, Mapping
from uuid import UUID

import pytest

from servicedesk.app.cli.doctor_mail import examine_inboxes
from servicedesk.channels.email.dns_lookup import DnsLookup
from servicedesk.desk import notices
from servicedesk.kernel.ids import new_id
from tests.fakes.smtp_sink import SmtpSink, smtp_sink
from tests.services.processes import free_port
from tests.sla.promising import HOUR, Promising
from tests.sla.test_sla_carriers import SAM, escalate, mail_all

BROKEN = {"smtp": {"host": "relay.example", "password": {"sealed": "v1.nothing"}}}


@pytest.fixture
async def sink() -> AsyncIterator[SmtpSink]:
    async with smtp_sink() as opened:
        yield opened


async def test_mail_is_tried_all_day_and_doctor_tells_when_it_is_given_up(
    desk: Promising, sink: SmtpSink
) -> None:
    await escalate(desk, SAM)
    sink.answers["DATA"] = "451 later"
    for _ in range(12):
        await mail_all(desk, sink)
        desk.clock.advance(HOUR)
    assert (await desk.row("SELECT state FROM notice"))["state"] == "waiting"
    desk.clock.advance(5 * HOUR)
    await mail_all(desk, sink)
    assert (await desk.row("SELECT state FROM notice"))["state"] == "failed"
    lookup = DnsLookup(["127.0.0.1"], free_port(), seconds=0.2)
    found = await examine_inboxes(desk.services, lookup)
    assert "451 later" in found["mails to users"].words


async def test_mail_whose_inbox_cannot_be_opened_waits_and_others_go(
    desk: Promising, sink: SmtpSink
) -> None:
    await escalate(desk, SAM)
    await set_settings(desk, desk.company.inbox.id, BROKEN)
    await mail_all(desk, sink)
    row = await desk.row("SELECT state, attempts, error, claimed_by FROM notice")
    assert (row["state"], row["attempts"], row["claimed_by"]) == ("waiting", 1, None)
    assert row["error"]
    await set_settings(desk, desk.company.inbox.id, {})
    desk.clock.advance(HOUR)
    await mail_all(desk, sink)
    assert len(sink.mails) == 1


async def test_mail_about_nothing_that_is_there_waits_as_any_other(
    desk: Promising, sink: SmtpSink
) -> None:
    await escalate(desk, SAM)
    (notice,) = await notices.claim_notices(desk.services.database, "test", 10, 60)
    await desk.services.database.sql.execute(
        "UPDATE notice SET arguments = $1, due_at = created_at",
        {**notice.arguments, "escalation_id": str(new_id())},
    )
    await mail_all(desk, sink)
    row = await desk.row("SELECT state, error FROM notice")
    assert row["state"] == "waiting"
    assert row["error"]


async def set_settings(desk: Promising, inbox_id: UUID, settings: Mapping[str, object]) -> None:
    await desk.services.database.sql.execute(
        "UPDATE inbox SET settings = $2 WHERE id = $1", inbox_id, settings
    )
