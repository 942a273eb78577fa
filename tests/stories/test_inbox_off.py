"""An inbox that is switched off reads nothing, so no answer goes out from its address."""

import pytest

from servicedesk.app.wiring import Services
from servicedesk.desk.inboxes import InboxFacts, InboxOff
from tests.stories.company import SALES, SUPPORT, Company, letter, open_by_mail, post
from tests.stories.mail_rows import answer, count, timeline


async def switch_off(services: Services, *inboxes: InboxFacts) -> None:
    for inbox in inboxes:
        await services.database.sql.execute(
            "UPDATE inbox SET active = FALSE WHERE id = $1", inbox.id
        )


async def test_answer_goes_out_by_another_inbox_of_the_brand(
    services: Services, company: Company
) -> None:
    ticket_id = await open_by_mail(services, company)
    await switch_off(services, company.inbox)
    _, named = await answer(services, company.ana, ticket_id)
    message = (await timeline(services, ticket_id))[-1]
    assert message["from_address"] == SALES != SUPPORT
    theirs = letter("Re: Refund", In_Reply_To=f"<{named}>", to=SALES)
    assert (await post(services, company.sales_inbox, theirs)).ticket_id == ticket_id


async def test_without_another_inbox_nothing_is_answered(
    services: Services, company: Company
) -> None:
    ticket_id = await open_by_mail(services, company)
    await switch_off(services, company.inbox, company.sales_inbox)
    with pytest.raises(InboxOff):
        await answer(services, company.ana, ticket_id)
    assert await count(services, "outbox") == 0
