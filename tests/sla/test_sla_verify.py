"""The second opinion on what the database holds: it agrees, and it finds what was tampered with."""

import json

import pytest
from typer.testing import CliRunner

from servicedesk.app.cli.main import app
from servicedesk.app.wiring import Services
from servicedesk.desk.lifecycle import TicketChanges
from servicedesk.domain.ids import TicketId
from servicedesk.domain.tickets import TicketStatus
from servicedesk.sla.audit import Findings, month_of, verify_month
from tests.sla.promising import HOUR, Promising, target

MONTH = month_of("2027-03")


async def findings(services: Services) -> list[Findings]:
    return [found async for found in verify_month(services.database.sql, services.secrets, *MONTH)]


async def a_day(desk: Promising) -> TicketId:
    """Answered late, waited for, solved: four clocks end."""
    await desk.keep_hours()
    await desk.promise(
        target("first_reply", HOUR),
        target("next_reply", HOUR, business=True),
        target("requester_wait", 4 * HOUR, business=True),
        target("total_resolution", 8 * HOUR),
    )
    ticket_id = await desk.open()
    desk.clock.advance(2 * HOUR)
    await desk.fire()
    await desk.answer(ticket_id)
    await desk.change(ticket_id, TicketChanges(status=TicketStatus.PENDING))
    desk.clock.advance(30 * HOUR)
    await desk.contact_writes(ticket_id)
    desk.clock.advance(60)
    await desk.answer(ticket_id)
    await desk.change(ticket_id, TicketChanges(status=TicketStatus.SOLVED))
    return ticket_id


async def test_clocks_and_verifier_agree(desk: Promising) -> None:
    await a_day(desk)
    await desk.certify()
    (found,) = await findings(desk.services)
    assert (found.clocks, found.disagreements, found.dodges) == (4, (), ())


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ("outcome = 'met'", "outcome"),
        ("counted_us = counted_us - 1", "counted_us"),
        ("breached_at = NULL", "breached_at"),
        ("instance = 7", "missing"),
    ],
)
async def test_a_result_that_was_changed_is_found(desk: Promising, change: str, field: str) -> None:
    await a_day(desk)
    await desk.certify()
    await desk.services.database.sql.execute(
        f"UPDATE finished_clock SET {change} WHERE metric = 'first_reply'"
    )
    (found,) = await findings(desk.services)
    assert field in {one.field for one in found.disagreements}


async def test_a_certificate_that_was_changed_is_found(desk: Promising) -> None:
    await a_day(desk)
    await desk.certify()
    row = await desk.row("SELECT id, certificate FROM finished_clock WHERE outcome = 'late'")
    line = json.loads(row["certificate"])
    line["certificate"] = line["certificate"].replace('"late"', '"met"')
    await desk.services.database.sql.execute(
        "UPDATE finished_clock SET certificate = $2 WHERE id = $1", row["id"], json.dumps(line)
    )
    (found,) = await findings(desk.services)
    assert [one.field for one in found.disagreements] == ["certificate"]


async def test_a_story_that_tells_its_clocks_nothing_is_found(desk: Promising) -> None:
    ticket_id = await a_day(desk)
    await desk.services.database.sql.execute(
        "DELETE FROM journal WHERE ticket_id = $1 AND kind = 'clocks.told' AND id = "
        "(SELECT max(id) FROM journal WHERE ticket_id = $1 AND kind = 'clocks.told' "
        "AND at = $2 AND id < (SELECT max(id) FROM journal WHERE kind = 'clocks.told'))",
        ticket_id,
        desk.clock.time,
    )
    (found,) = await findings(desk.services)
    assert "unheard" in {one.field for one in found.disagreements}


async def test_a_pause_while_the_contact_waited_is_listed(desk: Promising) -> None:
    await desk.promise(target("requester_wait", HOUR))
    ticket_id = await desk.open()
    at = desk.clock.time
    await desk.change(ticket_id, TicketChanges(status=TicketStatus.PENDING))
    desk.clock.advance(60)
    await desk.change(ticket_id, TicketChanges(status=TicketStatus.SOLVED))
    (found,) = await findings(desk.services)
    assert found.disagreements == ()
    assert [(one.ticket_id, one.at) for one in found.dodges] == [(ticket_id, at)]


def test_a_month_must_be_one() -> None:
    found = CliRunner().invoke(app, ["sla", "verify", "--month", "March"])
    assert found.exit_code == 2
    assert "YYYY-MM" in found.stderr
