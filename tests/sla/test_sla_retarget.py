"""Open tickets follow an edit of what is promised: a portion of them costs what one ticket does."""

from datetime import timedelta

import pytest

from servicedesk.desk.effects import run_next
from servicedesk.desk.effects_sla import PORTION
from servicedesk.domain.actors import user_actor
from servicedesk.domain.ids import TicketId
from servicedesk.routing.orders import live_order
from servicedesk.sla.policies import POLICIES, PolicyChanges, change_policy
from servicedesk.sla.policy.documents import read_document
from tests.fakes.clock import START
from tests.sla.promising import HOUR, Promising, target
from tests.stories.test_statements import counted

SOME, MORE = 2, 12


async def promise_less(desk: Promising, hours: int) -> None:
    """Give a first reply so many hours, on all open tickets that are to follow."""
    database = desk.services.database
    (policy,) = await POLICIES.load_all(database.sql)
    document = read_document({"targets": target("first_reply", hours * HOUR)})
    actor = user_actor(desk.company.ada.user_id)
    changes = PolicyChanges(document=document)
    await change_policy(database, actor, policy.id, policy.version, changes)


async def opened(desk: Promising, count: int) -> list[TicketId]:
    await desk.promise(target("first_reply", 8 * HOUR))
    ticket_ids = [await desk.open(f"Matter-{number}") for number in range(count)]
    await desk.run_effects()
    return ticket_ids


@pytest.mark.parametrize("count", [SOME, MORE])
async def test_each_open_ticket_and_its_work_is_due_by_the_new_promise(
    desk: Promising, count: int
) -> None:
    ticket_ids = await opened(desk, count)
    await promise_less(desk, 2)
    await desk.run_effects()
    due_at = START + timedelta(hours=2)
    for ticket_id in ticket_ids:
        assert (await desk.clocks(ticket_id))["first_reply"].due_at == due_at
        order = await live_order(desk.services.database.sql, ticket_id)
        assert order is not None
        assert order.due_at == due_at
        assert (await desk.kinds(ticket_id))["clock.retargeted"] == 1


async def test_many_tickets_ask_no_more_of_the_database_than_few(
    desk: Promising, caplog: pytest.LogCaptureFixture
) -> None:
    database, asked = desk.services.database, []
    assert MORE < PORTION
    await desk.promise(target("first_reply", 8 * HOUR))
    for hours, count in enumerate((SOME, MORE), start=2):
        for number in range(count):
            await desk.open(f"Turn-{count}-{number}")
        await desk.run_effects()
        await promise_less(desk, hours)
        async with counted(database, caplog) as statements:
            assert await run_next(database, desk.services.channels)
        asked.append(len(statements))
        row = await desk.row("SELECT count(*) AS n FROM journal WHERE kind = 'clock.retargeted'")
        assert row["n"] >= count
    few, many = asked
    assert many <= few
