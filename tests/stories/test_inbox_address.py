"""The address of an inbox is on all mail that it ever sent: it changes only before the first."""

import pytest

from servicedesk.app.wiring import Services
from servicedesk.desk.inbox_changes import AddressInUse, InboxChanges, change_inbox
from servicedesk.desk.inboxes import InboxFacts, get_inbox
from servicedesk.domain.actors import system_actor
from tests.stories.company import SUPPORT, Company, open_by_mail

HELP = "help@acme.example"


async def change(services: Services, inbox: InboxFacts, address: str, name: str) -> InboxFacts:
    row = await services.database.sql.fetch_one("SELECT version FROM inbox WHERE id = $1", inbox.id)
    assert row is not None
    changes = InboxChanges(address=address, name=name)
    await change_inbox(services.database, system_actor("test"), inbox.id, row["version"], changes)
    return await get_inbox(services.database.sql, inbox.id)


async def test_an_inbox_that_had_mail_keeps_its_address(
    services: Services, company: Company
) -> None:
    await open_by_mail(services, company)
    with pytest.raises(AddressInUse):
        await change(services, company.inbox, HELP, "Help")
    assert (await change(services, company.inbox, SUPPORT.upper(), "Help")).name == "Help"


async def test_an_inbox_without_mail_takes_another_address(
    services: Services, company: Company
) -> None:
    assert (await change(services, company.inbox, HELP, "Help")).address == HELP
