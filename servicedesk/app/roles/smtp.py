"""The built-in mail receiver: what arrives by SMTP is stored, acknowledged, then let in."""

import asyncio
import ssl
from collections.abc import Mapping, Sequence

import structlog

from servicedesk.app.roles.admission import Admission
from servicedesk.app.wiring import Services
from servicedesk.channels.email.certificates import Certificate, CertificateFiles
from servicedesk.channels.email.door_limits import Limits
from servicedesk.channels.email.receiver import ReceiverSettings, start_receiver
from servicedesk.channels.email.relays import local_name
from servicedesk.channels.email.tokens import without_mark
from servicedesk.desk.inboxes import InboxFacts, find_inbox, find_inbox_of_domain
from servicedesk.domain.errors import ConfigurationError, Unavailable
from servicedesk.domain.messages import ChannelKind
from servicedesk.kernel.config import Settings

ALWAYS_TAKEN = frozenset({"postmaster", "abuse"})
"""Whoever takes mail for a domain takes what is sent to these, whatever inboxes it has: RFC 5321
§4.5.1, RFC 2142 §2 and §5."""
log = structlog.get_logger(__name__)


class MailDoor:
    """Finds the inboxes of a mail and hands its raw bytes to intake."""

    def __init__(self, services: Services, admission: Admission) -> None:
        self._services = services
        self._admission = admission

    async def knows(self, address: str) -> bool:
        """Say whether mail to this address is ours, signed reply addresses included."""
        return await self._inbox(address) is not None

    async def __call__(
        self, recipients: Sequence[str], raw: bytes, envelope: Mapping[str, object]
    ) -> None:
        """Return once the mail is durable. Raises StorageFull and Unavailable."""
        found = [await self._inbox(recipient) for recipient in recipients]
        inboxes = {inbox.id: inbox for inbox in found if inbox is not None}
        if not inboxes:  # switched off since RCPT: without a row there is no 250
            raise Unavailable("No inbox has these addresses any more. The sender tries again.")
        stored = await self._services.intake.store(list(inboxes.values()), raw, envelope)
        self._admission.hand_in(stored)

    async def _inbox(self, address: str) -> InboxFacts | None:
        sql, plain = self._services.database.sql, without_mark(address)
        found = await find_inbox(sql, ChannelKind.EMAIL, plain)
        local, _, domain = plain.rpartition("@")
        if found is None and local in ALWAYS_TAKEN:
            return await find_inbox_of_domain(sql, ChannelKind.EMAIL, domain)
        return found


def _certificate(settings: Settings) -> Certificate | None:
    """Raises ConfigurationError for files that hold no certificate with its key."""
    path = settings.smtp_certificate
    if path is None:
        return None
    try:
        return Certificate(CertificateFiles(path, settings.smtp_key or path))
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(
            f"SERVICEDESK_SMTP_CERTIFICATE ({path}) and SERVICEDESK_SMTP_KEY cannot be used "
            f"({type(error).__name__}): name a PEM file with the certificate chain, and its key."
        ) from None


async def run(services: Services, admission: Admission) -> None:
    """Receive mail on the port of the settings, until cancelled."""
    settings = services.settings
    door = MailDoor(services, admission)
    listening = ReceiverSettings(
        host=settings.smtp_host,
        port=settings.smtp_port,
        max_bytes=settings.smtp_max_bytes,
        hostname=local_name(settings.public_host),
        certificate=_certificate(settings),
        limits=Limits(
            mails_per_client=settings.smtp_mails_per_hour,
            mails_per_sender=settings.smtp_mails_per_sender,
            trusted=settings.smtp_trusted,
        ),
    )
    receiver = await start_receiver(listening, door, door.knows)
    log.info("smtp_listens", host=settings.smtp_host, port=receiver.port)
    try:
        await asyncio.Event().wait()
    finally:
        await receiver.close()
