"""doctor's look at mail: what DNS says of our domains, settings and copies that failed."""

from collections.abc import Iterable
from uuid import UUID

from servicedesk.app.cli.findings import Finding
from servicedesk.app.schema import MIGRATIONS, TABLES
from servicedesk.app.wiring import Services, open_services
from servicedesk.channels.email.domain_records import Lookup, SendingDomain, examine_domain
from servicedesk.channels.email.settings import EmailInboxSettings
from servicedesk.desk.inbox_settings import open_settings
from servicedesk.desk.inboxes import InboxFacts, active_inboxes
from servicedesk.desk.notices import load_failed_notices
from servicedesk.desk.sent_copies import load_failed_copies
from servicedesk.domain.errors import ServicedeskError, Unavailable
from servicedesk.domain.messages import ChannelKind
from servicedesk.kernel.config import Settings
from servicedesk.kernel.migrate import pending

SUBJECT = "mail of "


async def examine_mail(settings: Settings, lookup: Lookup) -> dict[str, Finding]:
    """Return a finding for each record of each domain; {} for a desk that has no database yet."""
    if settings.uses_sqlite and not settings.data_dir.is_dir():
        return {}
    if await pending(settings, TABLES, MIGRATIONS):
        return {}
    async with open_services(settings) as services:
        return await examine_inboxes(services, lookup)


async def examine_inboxes(services: Services, lookup: Lookup) -> dict[str, Finding]:
    """Do it for the inboxes of an open desk. Of two ways to send for a domain the worse counts."""
    inboxes = await active_inboxes(services.database.sql, ChannelKind.EMAIL)
    findings = dict(_settings_findings(services, inboxes))
    for sending in _domains(services, inboxes):
        for name, finding in (await _examine(sending, lookup)).items():
            if name not in findings or findings[name].fine:
                findings[name] = finding
    findings |= _trust(services, inboxes)
    return findings | await _copies(services, inboxes) | await _notices(services)


async def _examine(sending: SendingDomain, lookup: Lookup) -> dict[str, Finding]:
    try:
        records = await examine_domain(sending, lookup)
    except Unavailable as error:
        words = f"{error} SPF, DKIM and DMARC were not looked at."
        return {f"{SUBJECT}{sending.domain}": Finding(fine=False, words=words)}
    return {
        f"{sending.domain} {record.name}": Finding(fine=record.fine, words=record.words)
        for record in records
    }


def _domains(services: Services, inboxes: Iterable[InboxFacts]) -> list[SendingDomain]:
    """Each domain once for each way it is sent by."""
    found: dict[SendingDomain, None] = {}
    for inbox in inboxes:
        settings = _opened(services, inbox)
        if not isinstance(settings, EmailInboxSettings):
            continue
        relay = services.relays.of_inbox(inbox.id, settings)
        domain = inbox.address.rpartition("@")[2]
        found[SendingDomain(domain, relay.host if relay else "", settings.dkim)] = None
    return list(found)


def _settings_findings(
    services: Services, inboxes: Iterable[InboxFacts]
) -> Iterable[tuple[str, Finding]]:
    for inbox in inboxes:
        settings = _opened(services, inbox)
        if isinstance(settings, ServicedeskError):
            yield f"inbox {inbox.name}", Finding(fine=False, words=str(settings))


def _trust(services: Services, inboxes: Iterable[InboxFacts]) -> dict[str, Finding]:
    """No fault: many desks answer in the console only, and know no host of their own."""
    opened = {inbox.name: _opened(services, inbox) for inbox in inboxes}
    without = [
        name
        for name, settings in opened.items()
        if isinstance(settings, EmailInboxSettings) and not settings.trusted_hosts
    ]
    if not without:
        return {}
    words = (
        f"{', '.join(without)}: no trusted_hosts. Nothing is known of who forges a sender, and "
        "what agents answer from their own mailboxes is kept apart as a stranger's. Name the "
        "server that writes Authentication-Results for this address."
    )
    return {"senders of mail": Finding(fine=True, words=words)}


def _opened(services: Services, inbox: InboxFacts) -> EmailInboxSettings | ServicedeskError:
    try:
        return open_settings(services.secrets, inbox, EmailInboxSettings)
    except ServicedeskError as error:
        return error


async def _copies(services: Services, inboxes: Iterable[InboxFacts]) -> dict[str, Finding]:
    failed = await load_failed_copies(services.database.sql)
    names: dict[UUID, str] = {inbox.id: inbox.name for inbox in inboxes}
    return {
        f"copies of {names[inbox_id]}": Finding(
            fine=False, words=f"{count} copies of sent mail were given up. The last said: {error}"
        )
        for inbox_id, (count, error) in failed.items()
        if inbox_id in names
    }


async def _notices(services: Services) -> dict[str, Finding]:
    count, error = await load_failed_notices(services.database.sql)
    if not count:
        return {}
    words = f"{count} mails to users of the desk were given up. The last said: {error}"
    return {"mails to users": Finding(fine=False, words=words)}
