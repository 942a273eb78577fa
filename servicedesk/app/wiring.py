"""Builds everything once and hands it out: the only place that knows which part is which.

A new channel is one line in `_channels`.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from servicedesk.app.schema import MIGRATIONS, TABLES
from servicedesk.channels import protocol
from servicedesk.channels.email.channel import EmailChannel
from servicedesk.channels.protocol import Channel
from servicedesk.domain.errors import ConfigurationError
from servicedesk.domain.messages import ChannelKind, Inbound
from servicedesk.intake.accept import Intake
from servicedesk.intake.arrivals import Arrival
from servicedesk.kernel.blobs import Blobs, FileBlobs
from servicedesk.kernel.bus import Bus, LocalBus
from servicedesk.kernel.config import Settings
from servicedesk.kernel.database import Database, open_database
from servicedesk.kernel.migrate import pending
from servicedesk.kernel.redis_bus import RedisBus
from servicedesk.kernel.secrets import Secrets, load_secrets


@dataclass(frozen=True, slots=True)
class Services:
    """What stories, roles and handlers are given."""

    settings: Settings
    database: Database
    bus: Bus
    blobs: Blobs
    secrets: Secrets
    channels: Mapping[ChannelKind, Channel]
    intake: Intake


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
        bus = await _bus(settings)
        stack.push_async_callback(bus.close)
        database = await open_database(settings, TABLES, MIGRATIONS, bus=bus)
        stack.push_async_callback(database.close)
        blobs = FileBlobs(database, settings.blob_dir)
        secrets = load_secrets(settings)
        channels = _channels(settings, secrets, blobs)
        parsers = {kind: partial(_parse, channel) for kind, channel in channels.items()}
        yield Services(
            settings=settings,
            database=database,
            bus=bus,
            blobs=blobs,
            secrets=secrets,
            channels=channels,
            intake=Intake(database, blobs, parsers),
        )


async def _bus(settings: Settings) -> Bus:
    return await RedisBus.connect(settings.redis_url) if settings.redis_url else LocalBus()


def _channels(settings: Settings, secrets: Secrets, blobs: Blobs) -> Mapping[ChannelKind, Channel]:
    return {ChannelKind.EMAIL: EmailChannel(settings, secrets, blobs.open)}


def _parse(channel: Channel, raw: bytes, arrival: Arrival) -> Inbound:
    return channel.parse(
        raw, protocol.Arrival(arrival.inbox_id, arrival.received_at, arrival.envelope)
    )
