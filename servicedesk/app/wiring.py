"""Builds everything once and hands it out: the only place that knows which part is which.

A new channel is one line in `_channels`.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from servicedesk.app.schema import MIGRATIONS, TABLES
from servicedesk.channels import protocol
from servicedesk.channels.email.channel import EmailChannel
from servicedesk.channels.email.imap.account import trust_also
from servicedesk.channels.email.letters import Letters
from servicedesk.channels.email.oauth import AccessTokens
from servicedesk.channels.email.relays import Relays, relays_from
from servicedesk.channels.email.tokens import MailMarks
from servicedesk.channels.protocol import Channel
from servicedesk.desk.inbox_settings import RenewedSecret, renew_secret
from servicedesk.domain.errors import ConfigurationError
from servicedesk.domain.messages import ChannelKind, Inbound
from servicedesk.intake.accept import Intake
from servicedesk.intake.arrivals import Arrival
from servicedesk.kernel.blobs import FileBlobs
from servicedesk.kernel.bus import Bus, LocalBus
from servicedesk.kernel.config import Settings
from servicedesk.kernel.database import Database, open_database
from servicedesk.kernel.http.outgoing import Outgoing
from servicedesk.kernel.migrate import pending
from servicedesk.kernel.redis_bus import open_redis_bus
from servicedesk.kernel.secrets import Secrets, load_secrets


@dataclass(frozen=True, slots=True)
class Services:
    """What stories, roles and handlers are given."""

    settings: Settings
    database: Database
    bus: Bus
    blobs: FileBlobs
    secrets: Secrets
    channels: Mapping[ChannelKind, Channel]
    intake: Intake
    outgoing: Outgoing
    mail_tokens: AccessTokens
    relays: Relays


@asynccontextmanager
async def open_services(settings: Settings) -> AsyncIterator[Services]:
    """Open the database, the bus and what stands on them; close all of it at the end."""
    missing = await pending(settings, TABLES, MIGRATIONS)
    if missing:
        raise ConfigurationError(
            f"The database lacks {len(missing)} migrations (first: {missing[0]}). "
            "Run `servicedesk migrate`."
        )
    async with AsyncExitStack() as stack:
        bus = await stack.enter_async_context(_bus(settings))
        database = await open_database(settings, TABLES, MIGRATIONS, bus=bus)
        stack.push_async_callback(database.close)
        yield make_services(settings, database, bus)


def make_services(settings: Settings, database: Database, bus: Bus) -> Services:
    """Put the parts together over an open database and bus."""
    blobs = FileBlobs(database, settings.blob_dir)
    secrets = load_secrets(settings)
    outgoing = Outgoing(settings.outgoing_allowed)
    mail_tokens = _mail_tokens(database, secrets, outgoing)
    relays = relays_from(settings, mail_tokens, trust_also(settings.mail_ca_file))
    channels = _channels(secrets, blobs, relays)
    parsers = {kind: partial(parse_arrival, channel) for kind, channel in channels.items()}
    return Services(
        settings=settings,
        database=database,
        bus=bus,
        blobs=blobs,
        secrets=secrets,
        channels=channels,
        intake=Intake(database, blobs, parsers, channels),
        outgoing=outgoing,
        mail_tokens=mail_tokens,
        relays=relays,
    )


def _mail_tokens(database: Database, secrets: Secrets, outgoing: Outgoing) -> AccessTokens:
    async def save(inbox_id: UUID, old: str, new: str) -> None:
        renewed = RenewedSecret(("oauth", "refresh_token"), old, new)
        await renew_secret(database, secrets, inbox_id, renewed)

    return AccessTokens(outgoing, utc_now, save)


def utc_now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def _bus(settings: Settings) -> AsyncIterator[Bus]:
    if not settings.redis_url:
        yield LocalBus()
        return
    async with open_redis_bus(settings.redis_url) as bus:
        yield bus


def _channels(secrets: Secrets, blobs: FileBlobs, relays: Relays) -> Mapping[ChannelKind, Channel]:
    marks = MailMarks(secrets)
    return {
        ChannelKind.EMAIL: EmailChannel(marks, Letters(marks, blobs.open, utc_now), relays),
    }


def parse_arrival(channel: Channel, raw: bytes, arrival: Arrival) -> Inbound:
    return channel.parse(
        raw, protocol.Origin(arrival.inbox_id, arrival.received_at, arrival.envelope)
    )
