"""What words alone had opened rests again when they go elsewhere, and there rules look at them."""

from uuid import UUID

import pytest

from servicedesk.app.wiring import Services
from servicedesk.desk.split import split
from servicedesk.domain.ids import TicketId
from servicedesk.domain.tickets import TicketStatus
from servicedesk.routing.orders import live_order
from tests.stories.company import Company, letter, open_by_mail, post
from tests.stories.mail_rows import answer
from tests.stories.test_receive import set_status, ticket_of

FIRST = "first@contact.example"
LIN = "lin@contact.example"


async def write(services: Services, company: Company, sender: str) -> UUID:
    mail = letter("Lamp", "My lamp is broken.", sender=sender, In_Reply_To=f"<{FIRST}>")
    arrival = await post(services, company.inbox, mail)
    assert arrival.message_id is not None
    return arrival.message_id


async def answered(services: Services, company: Company, status: TicketStatus) -> TicketId:
    ticket_id = await open_by_mail(services, company, letter(Message_ID=f"<{FIRST}>"))
    await answer(services, company.ana, ticket_id)
    await set_status(services, company, ticket_id, status)
    return ticket_id


@pytest.mark.parametrize("sender", [LIN, "eve@elsewhere.example"])
@pytest.mark.parametrize("status", [TicketStatus.PENDING, TicketStatus.SOLVED])
async def test_ticket_that_only_these_words_had_opened_rests_again(
    services: Services, company: Company, sender: str, status: TicketStatus
) -> None:
    source = await answered(services, company, status)
    lamp = await write(services, company, sender)
    assert (await ticket_of(services, source)).status is TicketStatus.OPEN
    made = await split(services.database, company.ana, lamp)
    ticket = await ticket_of(services, source)
    assert (ticket.status, ticket.waiting_since) == (status, None)
    assert await live_order(services.database.sql, source) is None
    assert await live_order(services.database.sql, made.ticket_id) is not None


async def test_ticket_that_its_agent_keeps_open_stays_open(
    services: Services, company: Company
) -> None:
    source = await open_by_mail(services, company, letter(Message_ID=f"<{FIRST}>"))
    await answer(services, company.ana, source)
    await split(services.database, company.ana, await write(services, company, LIN))
    assert (await ticket_of(services, source)).status is TicketStatus.OPEN
    assert await live_order(services.database.sql, source) is not None


async def test_ticket_that_waits_for_an_answer_stays_open(
    services: Services, company: Company
) -> None:
    source = await answered(services, company, TicketStatus.PENDING)
    lamp = await write(services, company, LIN)
    await write(services, company, "eve@elsewhere.example")
    await split(services.database, company.ana, lamp)
    assert (await ticket_of(services, source)).status is TicketStatus.OPEN


async def test_new_ticket_speaks_the_language_of_its_words(
    services: Services, company: Company
) -> None:
    await answered(services, company, TicketStatus.PENDING)
    lamp = await write(services, company, LIN)
    await services.database.sql.execute("UPDATE message SET language = 'de' WHERE id = $1", lamp)
    made = await split(services.database, company.ana, lamp)
    row = await services.database.sql.fetch_one(
        "SELECT language FROM ticket WHERE id = $1", made.ticket_id
    )
    assert row is not None
    assert row["language"] == "de"
