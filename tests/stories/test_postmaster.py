"""Every domain that takes mail takes what is sent to its postmaster (RFC 5321 §4.5.1)."""

import pytest

from servicedesk.app.roles.admission import Admission
from servicedesk.app.roles.smtp import MailDoor
from servicedesk.app.wiring import Services
from tests.stories.company import SUPPORT, Company, letter

DOMAIN = SUPPORT.partition("@")[2]


@pytest.mark.parametrize("name", ["postmaster", "Postmaster", "POSTMASTER", "abuse"])
async def test_mail_to_the_postmaster_goes_to_the_oldest_inbox_of_the_domain(
    services: Services, company: Company, name: str
) -> None:
    door = MailDoor(services, Admission(services.intake))
    address = f"{name}@{DOMAIN}"
    assert await door.knows(address)
    await door([address], letter(to=address).as_bytes(), {})
    (arrival,) = await services.database.sql.fetch("SELECT inbox_id FROM arrival")
    assert str(arrival["inbox_id"]) == str(company.inbox.id)


@pytest.mark.parametrize(
    "address", ["postmaster@elsewhere.example", f"postmaster@sub.{DOMAIN}", f"nobody@{DOMAIN}"]
)
async def test_nothing_else_is_taken(services: Services, company: Company, address: str) -> None:
    assert company.inbox.active
    assert not await MailDoor(services, Admission(services.intake)).knows(address)


async def test_domain_without_an_active_inbox_takes_nothing(
    services: Services, company: Company
) -> None:
    assert company.inbox.active
    await services.database.sql.execute("UPDATE inbox SET active = $1", False)
    door = MailDoor(services, Admission(services.intake))
    assert not await door.knows(f"postmaster@{DOMAIN}")
