"""Who is asked first for a contact's work."""

from __future__ import annotations

import pytest

from servicedesk.app.wiring import Services
from servicedesk.desk.contacts import ContactChanges, change_contact
from servicedesk.desk.take import take_ticket
from servicedesk.domain.actors import system_actor
from servicedesk.domain.errors import BadInput, Forbidden
from servicedesk.domain.ids import TicketId, UserId
from servicedesk.domain.people import Viewer
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import as_uuid
from servicedesk.routing.orders import finish_order, live_order
from tests.stories.company import Company, letter, open_by_mail, post
from tests.stories.test_receive import ticket_of


async def make_sticky(services: Services, company: Company, **to: bool) -> None:
    await services.database.sql.execute(
        "UPDATE queue SET sticky = $2 WHERE id = $1", company.support_queue, {"seconds": 90, **to}
    )


async def preferred(services: Services, ticket_id: TicketId) -> UserId | None:
    order = await live_order(services.database.sql, ticket_id)
    assert order is not None
    return order.preferred_id


async def finished_by(services: Services, company: Company, who: Viewer) -> TicketId:
    """Return a ticket of Lin's whose work this agent has done and which they hold."""
    ticket_id = await open_by_mail(services, company)
    await take_ticket(services.database, ticket_id, who)
    order = await live_order(services.database.sql, ticket_id)
    assert order is not None
    async with services.database.work(system_actor("test")) as work:
        await finish_order(work, order.id, "done")
    return ticket_id


async def answered(services: Services, company: Company, ticket_id: TicketId) -> None:
    ticket = await ticket_of(services, ticket_id)
    await post(services, company.inbox, letter(f"Re: [#{ticket.number}] Refund"))


async def contact_id_of(services: Services, ticket_id: TicketId) -> object:
    return (await ticket_of(services, ticket_id)).contact_id


@pytest.mark.parametrize("sticky", [False, True])
async def test_an_answer_on_a_ticket_is_offered_first_to_who_holds_it(
    services: Services, company: Company, sticky: bool
) -> None:
    if sticky:
        await make_sticky(services, company, last_agent=True)
    hers = await finished_by(services, company, company.ana)
    await finished_by(services, company, company.ben)
    await answered(services, company, hers)
    assert await preferred(services, hers) == company.ana.user_id


async def test_whoever_left_is_not_waited_for(services: Services, company: Company) -> None:
    hers = await finished_by(services, company, company.ana)
    await services.database.sql.execute(
        "UPDATE app_user SET active = $2 WHERE id = $1", company.ana.user_id, False
    )
    await answered(services, company, hers)
    assert await preferred(services, hers) is None


async def test_new_work_goes_to_the_agent_of_the_contact_then_of_the_organization(
    services: Services, company: Company
) -> None:
    await make_sticky(services, company, account_agent=True)
    first = await finished_by(services, company, company.sam)
    organization_id = new_id()
    await services.database.sql.execute(
        "INSERT INTO organization (id, name, agent_id, created_at) VALUES ($1, 'Big', $2, $3)",
        organization_id,
        company.ben.user_id,
        await services.database.now(),
    )
    contact_id = await contact_id_of(services, first)
    await services.database.sql.execute(
        "UPDATE contact SET organization_id = $2 WHERE id = $1", contact_id, organization_id
    )
    second = await open_by_mail(services, company)
    assert await preferred(services, second) == company.ben.user_id
    await change_contact(
        services.database,
        company.sam,
        as_uuid(contact_id),
        ContactChanges(agent_id=company.ana.user_id),
    )
    third = await open_by_mail(services, company)
    assert await preferred(services, third) == company.ana.user_id


async def test_supervisors_say_whose_contact_it_is(services: Services, company: Company) -> None:
    contact_id = as_uuid(await contact_id_of(services, await open_by_mail(services, company)))
    with pytest.raises(Forbidden):
        await change_contact(
            services.database,
            company.ana,
            contact_id,
            ContactChanges(agent_id=company.ana.user_id),
        )
    with pytest.raises(BadInput):
        await change_contact(
            services.database,
            company.sam,
            contact_id,
            ContactChanges(agent_id=company.olga.user_id),
        )
