"""A scene on each database."""

from collections.abc import AsyncIterator

import pytest_asyncio

from servicedesk.app.wiring import make_services
from servicedesk.kernel.bus import LocalBus
from servicedesk.kernel.config import Settings
from servicedesk.kernel.database import Database
from tests.realtime.scenes import Scene, open_scene


@pytest_asyncio.fixture
async def scene(settings: Settings, database: Database, bus: LocalBus) -> AsyncIterator[Scene]:
    async with open_scene(make_services(settings, database, bus)) as opened:
        yield opened


@pytest_asyncio.fixture
async def sqlite_scene(
    sqlite_settings: Settings, sqlite_database: Database, bus: LocalBus
) -> AsyncIterator[Scene]:
    """The same for what does not depend on the kind of database."""
    async with open_scene(make_services(sqlite_settings, sqlite_database, bus)) as opened:
        yield opened
