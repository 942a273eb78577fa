"""Who may take no work any more is given none, and gives back what came to them meanwhile."""

from __future__ import annotations

import pytest

from servicedesk.app.wiring import Services
from servicedesk.desk.lifecycle import TicketChanges, change_ticket
from servicedesk.desk.take import take_ticket
from servicedesk.domain.actors import system_actor, user_actor
from servicedesk.domain.ids import OfferId, TicketId
from servicedesk.domain.orders import OfferHow
from servicedesk.domain.people import Role
from servicedesk.domain.presence import PresenceState
from servicedesk.domain.tickets import TicketStatus
from servicedesk.people.users import UserChanges, change_user
from servicedesk.routing import offers, orders
from servicedesk.routing.order_rows import lock_order
from servicedesk.routing.presence import set_presence
from tests.stories.company import Company, open_by_mail
from tests.stories.test_effects import run_all, version_of
from tests.stories.test_receive import ticket_of

ROUTER = system_actor("router")


async def leave(services: Services, company: Company, changes: UserChanges) -> None:
    user_id = company.ana.user_id
    version = await version_of(services, "app_user", user_id)
    actor = user_actor(company.ada.user_id)
    await change_user(services.database, actor, user_id, version, changes)


async def held_out(services: Services, company: Company, ticket_id: TicketId) -> OfferId:
    """Hold the ticket's order out to Ana as the router does that has not heard of it yet."""
    order = await orders.live_order(services.database.sql, ticket_id)
    assert order is not None
    new = offers.NewOffer(company.ana.user_id, 45, (), OfferHow.OFFERED)
    async with services.database.work(ROUTER) as work:
        return await offers.open_offer(work, await lock_order(work.sql, order.id), new)


@pytest.mark.parametrize("changes", [UserChanges(active=False), UserChanges(role=Role.OBSERVER)])
async def test_they_are_offline_and_asked_nothing(
    services: Services, company: Company, changes: UserChanges
) -> None:
    await set_presence(services.database, company.ana.user_id, PresenceState.AVAILABLE, None)
    ticket_id = await open_by_mail(services, company)
    await leave(services, company, changes)
    offer_id = await held_out(services, company, ticket_id)
    await run_all(services)
    sql = services.database.sql
    presence = await sql.fetch_one(
        "SELECT state FROM presence WHERE user_id = $1", company.ana.user_id
    )
    offer = await sql.fetch_one("SELECT state FROM offer WHERE id = $1", offer_id)
    assert presence is not None
    assert offer is not None
    assert (presence["state"], offer["state"]) == ("offline", "rescinded")


async def test_work_alone_goes_back_to_its_line_too(services: Services, company: Company) -> None:
    """The order is theirs, the ticket nobody's: whatever brought that about, somebody gets it."""
    ticket_id = await open_by_mail(services, company)
    await take_ticket(services.database, ticket_id, company.ana)
    await services.database.sql.execute(
        "UPDATE ticket SET assignee_id = NULL WHERE id = $1", ticket_id
    )
    await leave(services, company, UserChanges(active=False))
    await run_all(services)
    order = await orders.live_order(services.database.sql, ticket_id)
    assert order is not None
    assert (order.state, order.owner_id) == ("waiting", None)


async def test_notes_of_a_finished_chat_are_over(services: Services, company: Company) -> None:
    sql = services.database.sql
    ticket_id = await open_by_mail(services, company)
    await sql.execute("UPDATE work_order SET channel = 'chat' WHERE ticket_id = $1", ticket_id)
    await sql.execute("UPDATE queue SET wrap_up_seconds = 600")
    await take_ticket(services.database, ticket_id, company.ana)
    version = (await ticket_of(services, ticket_id)).version
    solved = TicketChanges(status=TicketStatus.SOLVED)
    await change_ticket(services.database, company.ana, ticket_id, version, solved)
    await leave(services, company, UserChanges(active=False))
    await run_all(services)
    assert await orders.live_order(sql, ticket_id) is None
    assert (await ticket_of(services, ticket_id)).assignee_id == company.ana.user_id
