"""doctor tells what a real name server says of the domains that inboxes write from."""

from servicedesk.app.cli.doctor_mail import examine_inboxes, examine_mail
from servicedesk.app.wiring import Services
from servicedesk.channels.email.dns_lookup import DnsLookup
from servicedesk.kernel.config import Settings
from tests.fakes.dns_server import Zone, dns_server, txt
from tests.services.processes import free_port
from tests.stories.company import Company
from tests.stories.mail_rows import settle_inbox
from tests.stories.test_inbox_relays import set_up

DKIM = {"domain": "acme.example", "selector": "s1", "private_key": "no key"}
RELAY = {"host": "mail.acme.example"}


async def test_each_record_of_each_domain_is_told(services: Services, company: Company) -> None:
    await set_up(services, company, smtp=RELAY, dkim=DKIM)
    zone = Zone("\n".join([
        "mail.acme.example. 60 IN A 192.0.2.1",
        "acme.example. 60 IN MX 10 mail.acme.example.",
        txt("acme.example", "v=spf1 mx -all"),
        txt("_dmarc.acme.example", "v=DMARC1; p=quarantine"),
    ]))  # fmt: skip
    with dns_server(zone) as port:
        found = await examine_inboxes(services, DnsLookup(["127.0.0.1"], port))
    assert {name: finding.fine for name, finding in found.items()} == {
        "acme.example MX": True,
        "acme.example SPF": True,
        "acme.example DKIM": False,  # of one inbox: the other, without a key, does not hide it
        "acme.example DMARC": True,
        "senders of mail": True,
    }


async def test_without_network_the_doctor_says_so(services: Services, company: Company) -> None:
    lookup = DnsLookup(["127.0.0.1"], free_port(), seconds=0.2)
    found = await examine_inboxes(services, lookup)
    (finding,) = [finding for finding in found.values() if not finding.fine]
    assert "network" in finding.words


async def test_inboxes_whose_senders_nobody_proves_are_told(
    services: Services, company: Company
) -> None:
    await settle_inbox(services, company.inbox, trusted_hosts=["mx.acme.example"])
    lookup = DnsLookup(["127.0.0.1"], free_port(), seconds=0.2)
    told = (await examine_inboxes(services, lookup))["senders of mail"]
    assert told.words.startswith("Sales: no trusted_hosts.")
    await settle_inbox(services, company.sales_inbox, trusted_hosts=["mx.acme.example"])
    assert "senders of mail" not in await examine_inboxes(services, lookup)


async def test_desk_without_a_database_has_no_mail_to_look_at(bare_settings: Settings) -> None:
    assert await examine_mail(bare_settings, DnsLookup()) == {}


async def test_copies_that_were_given_up_are_told(services: Services, company: Company) -> None:
    now = await services.database.now()
    row = {
        "id": company.inbox.id,
        "message_id": company.inbox.id,
        "inbox_id": company.inbox.id,
        "state": "failed",
        "error": "The folder may not be opened.",
        "due_at": now,
        "created_at": now,
    }
    async with services.database.transaction() as sql:
        await sql.insert("sent_copy", [row])
    found = await examine_inboxes(services, DnsLookup(["127.0.0.1"], free_port(), seconds=0.2))
    assert "The folder may not be opened." in found["copies of Support"].words
