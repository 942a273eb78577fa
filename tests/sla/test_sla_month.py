"""A month of made-up traffic: every verb, every change of status, and all is edited meanwhile. The
independent verifier must agree on every instance.

SERVICEDESK_TEST_EFFORT=10 makes ten times as much of it; SERVICEDESK_TEST_SEED tells one again.
"""

from __future__ import annotations

import os
from datetime import timedelta

from servicedesk.domain.tickets import TicketStatus
from servicedesk.kernel.database import Database
from servicedesk.kernel.sql import as_dict
from servicedesk.sla.audit import verify_tickets
from servicedesk.sla.clock.states import Outcome
from servicedesk.sla.promises import Audience, Metric
from tests.fakes.clock import START
from tests.sla.promising import Promising
from tests.sla.traffic import STATUS_CHANGES, Traffic

STEPS = 80 * int(os.environ.get("SERVICEDESK_TEST_EFFORT", "1"))
SEED = int(os.environ.get("SERVICEDESK_TEST_SEED", "4"))
MONTH = (START - timedelta(days=1), START + timedelta(days=400))
EVERY_CLOCK = {(metric.value, audience.value) for metric in Metric for audience in Audience}
HAPPENED = {
    "ticket.opened",
    "ticket.merged",
    "ticket.absorbed",
    "message.received",
    "message.queued",
    "message.noted",
    "message.moved",
    "message.moved_away",
    "policy.changed",
    "calendar.changed",
    "clock.retargeted",
    "clock.paused",
    "clock.resumed",
    "clock.breached",
    "clock.escalated",
}


async def test_clocks_and_verifier_agree_on_a_month_of_traffic(desk: Promising) -> None:
    traffic = Traffic(desk, SEED)
    await traffic.begin()
    await traffic.tour()
    for _ in range(STEPS):
        await traffic.step()
    await desk.certify()
    services = desk.services
    found = await verify_tickets(services.database.sql, services.secrets, traffic.ticket_ids, MONTH)
    assert found.disagreements == ()
    assert found.clocks > STEPS // 5
    assert traffic.refused < STEPS // 2
    assert await missing(services.database) == set()


async def missing(database: Database) -> set[object]:
    """Return what the run was to have in it and has not, by what the desk wrote down itself."""
    clocks = await database.sql.fetch(
        "SELECT DISTINCT metric, audience, outcome FROM finished_clock"
    )
    kinds = await database.sql.fetch("SELECT DISTINCT kind FROM journal")
    moves = await database.sql.fetch(
        "SELECT payload FROM journal WHERE kind = 'ticket.status_changed'"
    )
    payloads = [as_dict(row["payload"]) for row in moves]
    outcomes = {outcome.value for outcome in Outcome}
    wanted: set[object] = {*EVERY_CLOCK, *outcomes, *HAPPENED, *STATUS_CHANGES}
    return (
        wanted
        - {(row["metric"], row["audience"]) for row in clocks}
        - {row["outcome"] for row in clocks}
        - {row["kind"] for row in kinds}
        - {(TicketStatus(one["from"]), TicketStatus(one["to"])) for one in payloads}
    )
