"""The role that listens for mail, over the desk's own database and with a certificate."""

import asyncio
from pathlib import Path

import aiosmtplib
import pytest

from servicedesk.app.roles import smtp
from servicedesk.app.roles.admission import Admission
from servicedesk.app.wiring import Services, make_services
from servicedesk.domain.errors import ConfigurationError
from tests.fakes.mail import make_mail
from tests.fakes.smtp_sink import make_certificate
from tests.services.processes import free_port
from tests.stories.company import SALES, SUPPORT, Company
from tests.waiting import until


def listening_on(services: Services, port: int, certificate: Path) -> Services:
    settings = services.settings.model_copy(
        update={"smtp_port": port, "smtp_certificate": certificate}
    )
    return make_services(settings, services.database, services.bus)


async def test_mail_over_tls_reaches_the_inboxes_of_all_domains(
    services: Services, company: Company, tmp_path: Path
) -> None:
    _, trusting = make_certificate(tmp_path)
    port = free_port()
    wired = listening_on(services, port, tmp_path / "sink.pem")
    role = asyncio.create_task(smtp.run(wired, Admission(wired.intake)))
    client = aiosmtplib.SMTP(
        hostname="127.0.0.1", port=port, start_tls=True, tls_context=trusting, timeout=10
    )

    async def connected() -> bool:
        try:
            await client.connect()
        except aiosmtplib.SMTPConnectError:
            return False
        return True

    await until(connected)
    recipients = [SUPPORT, SALES, "nobody@acme.example"]
    refused, _ = await client.sendmail("lin@contact.example", recipients, make_mail("Subject: x"))
    await client.quit()
    role.cancel()
    await asyncio.gather(role, return_exceptions=True)
    rows = await services.database.sql.fetch("SELECT inbox_id FROM arrival")
    assert list(refused) == ["nobody@acme.example"]
    assert {str(row["inbox_id"]) for row in rows} == {
        str(company.inbox.id),
        str(company.sales_inbox.id),
    }


async def test_certificate_that_is_none_is_named_at_the_start(
    services: Services, tmp_path: Path
) -> None:
    (tmp_path / "no.pem").write_text("no certificate")
    wired = listening_on(services, free_port(), tmp_path / "no.pem")
    with pytest.raises(ConfigurationError, match="SERVICEDESK_SMTP_CERTIFICATE"):
        await smtp.run(wired, Admission(wired.intake))
