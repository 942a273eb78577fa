"""What nobody else would see gives its ticket work again: an answer that did not arrive, and words
of somebody who is not known on the ticket.
"""

from uuid import UUID

import pytest

from servicedesk.app.wiring import Services
from servicedesk.channels.email.tokens import MailMarks
from servicedesk.desk.approve import approve
from servicedesk.desk.delivery import record_receipt, send_again
from servicedesk.desk.shapes import TicketSummary
from servicedesk.desk.views_lists import TicketQuery, TicketView, list_tickets
from servicedesk.domain.ids import TicketId
from servicedesk.domain.messages import DeliveryState, Receipt
from servicedesk.domain.orders import Attention
from servicedesk.domain.people import Viewer
from servicedesk.domain.tickets import TicketStatus
from servicedesk.kernel.outbox import claim_due
from servicedesk.routing.orders import live_order
from tests.stories.company import SUPPORT, Company, letter, open_by_mail, post
from tests.stories.mail_rows import answer, identity, journaled, recipients, timeline
from tests.stories.notices import bounce
from tests.stories.test_receive import set_status, ticket_of

LIN = "lin@contact.example"


async def listed(services: Services, viewer: Viewer) -> TicketSummary:
    """The only ticket among the unsettled ones of the viewer."""
    query = TicketQuery(view=TicketView.MINE)
    (found,) = await list_tickets(services.database.sql, viewer, query, None, 10)
    return found


async def attention(services: Services, viewer: Viewer) -> Attention | None:
    order = (await listed(services, viewer)).order
    assert order is not None
    return order.attention


async def answered_and_solved(services: Services, company: Company) -> tuple[UUID, str]:
    """Return the answer's id and its Message-ID."""
    ticket_id = await open_by_mail(services, company)
    written, named = await answer(services, company.ana, ticket_id)
    await set_status(services, company, ticket_id, TicketStatus.SOLVED)
    return written.message_id, named


async def test_answer_that_comes_back_is_its_agents_work_again(
    services: Services, company: Company
) -> None:
    _, named = await answered_and_solved(services, company)
    await post(services, company.inbox, bounce(named, LIN))
    ticket = await listed(services, company.ana)
    assert (ticket.status, ticket.waiting_since) == (TicketStatus.OPEN, None)
    assert ticket.order is not None
    assert (ticket.order.state, ticket.order.owner_id) == ("active", company.ana.user_id)
    assert ticket.order.attention is Attention.UNDELIVERED


async def test_one_answer_that_comes_back_twice_is_work_once(
    services: Services, company: Company
) -> None:
    _, named = await answered_and_solved(services, company)
    arrival = await post(services, company.inbox, bounce(named, LIN))
    assert arrival.ticket_id is not None
    ticket = await ticket_of(services, TicketId(arrival.ticket_id))
    await set_status(services, company, ticket.id, TicketStatus.SOLVED)
    await post(services, company.inbox, bounce(named, LIN))
    assert (await ticket_of(services, ticket.id)).status is TicketStatus.SOLVED
    assert await live_order(services.database.sql, ticket.id) is None


@pytest.mark.parametrize("state", [DeliveryState.FAILED, DeliveryState.UNKNOWN])
async def test_answer_that_no_relay_takes_is_work_again_until_it_is_sent_once_more(
    services: Services, company: Company, state: DeliveryState
) -> None:
    message_id, _ = await answered_and_solved(services, company)
    (claimed,) = await claim_due(services.database, "test", 1, 60)
    await record_receipt(services.database, claimed, Receipt(state, "The relay is gone."))
    assert await attention(services, company.ana) is Attention.UNDELIVERED
    await send_again(services.database, company.ana, message_id)
    assert await attention(services, company.ana) is None


async def test_answer_that_was_sent_is_nobodys_work(services: Services, company: Company) -> None:
    await answered_and_solved(services, company)
    (claimed,) = await claim_due(services.database, "test", 1, 60)
    await record_receipt(services.database, claimed, Receipt(DeliveryState.SENT, ""))
    query = TicketQuery(view=TicketView.MINE)
    assert not await list_tickets(services.database.sql, company.ana, query, None, 10)


async def test_next_answer_settles_that_one_came_back(services: Services, company: Company) -> None:
    ticket_id = await open_by_mail(services, company)
    _, named = await answer(services, company.ana, ticket_id)
    await post(services, company.inbox, bounce(named, LIN, "4.2.2", "452 4.2.2 mailbox full"))
    assert await attention(services, company.ana) is Attention.UNDELIVERED
    await answer(services, company.ana, ticket_id, "Again.")
    assert await attention(services, company.ana) is None


async def test_answer_that_is_late_has_not_come_back(services: Services, company: Company) -> None:
    message_id, named = await answered_and_solved(services, company)
    late = bounce(named, LIN, "4.4.1", "connection timed out")
    arrival = await post(
        services, company.inbox, late.replace(b"Action: failed", b"Action: delayed")
    )
    message = (await timeline(services, arrival.ticket_id))[-1]
    assert message["delivery_state"] == "queued"
    recipient = (await recipients(services, message_id))[LIN]
    assert recipient["delivery_state"] == "queued"
    assert "timed out" in recipient["delivery_error"]
    assert (await identity(services, LIN))["soft_bounces"] == 0
    assert not await journaled(services, "message.bounced")
    assert len(await journaled(services, "message.delayed")) == 1
    assert arrival.ticket_id is not None
    ticket = await ticket_of(services, TicketId(arrival.ticket_id))
    assert ticket.status is TicketStatus.SOLVED


async def test_stranger_on_a_solved_ticket_is_looked_at_until_an_agent_approves(
    services: Services, company: Company
) -> None:
    ticket_id = await open_by_mail(services, company, letter(Message_ID="<a@contact.example>"))
    await answer(services, company.ana, ticket_id)
    await set_status(services, company, ticket_id, TicketStatus.SOLVED)
    stranger = letter(sender="eve@elsewhere.example", In_Reply_To="<a@contact.example>")
    arrival = await post(services, company.inbox, stranger)
    ticket = await listed(services, company.ana)
    assert (ticket.status, ticket.waiting_since) == (TicketStatus.OPEN, None)
    assert (ticket.last_message_from, ticket.last_words) == ("agent", "Done.")
    assert await attention(services, company.ana) is Attention.UNKNOWN_SENDER
    assert arrival.message_id is not None
    await approve(services.database, company.ana, arrival.message_id)
    assert await attention(services, company.ana) is None
    assert (await listed(services, company.ana)).waiting_since is not None


async def test_whoever_the_contact_also_wrote_to_may_answer(
    services: Services, company: Company
) -> None:
    both = letter(to=f"{SUPPORT}, kim@contact2.example", Message_ID="<a@contact.example>")
    ticket_id = await open_by_mail(services, company, both)
    theirs = letter(sender="kim@contact2.example", In_Reply_To="<a@contact.example>")
    await post(services, company.inbox, theirs)
    assert [bool(row["unverified"]) for row in await timeline(services, ticket_id)] == [False] * 2


async def test_address_that_forwards_to_us_is_nobody(services: Services, company: Company) -> None:
    await open_by_mail(services, company, letter(to="info@acme.example"))
    rows = await services.database.sql.fetch("SELECT role FROM participant ORDER BY id")
    assert [row["role"] for row in rows] == ["requester"]


async def test_our_own_reply_address_is_nobody(services: Services, company: Company) -> None:
    ticket_id = await open_by_mail(services, company)
    marks = MailMarks(services.secrets)
    ours = marks.reply_address(SUPPORT, ticket_id)
    await post(services, company.inbox, letter("Re: Refund", "And?", to=ours))
    rows = await services.database.sql.fetch("SELECT role FROM participant ORDER BY id")
    assert [row["role"] for row in rows] == ["requester"]
    (last, *_) = reversed(await timeline(services, ticket_id))
    assert list(await recipients(services, last["id"])) == [SUPPORT]
