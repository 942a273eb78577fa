"""An office with the API before it, on both databases."""

from collections.abc import AsyncIterator

import httpx2
import pytest_asyncio

from servicedesk.app.wiring import make_services
from servicedesk.kernel.bus import LocalBus
from servicedesk.kernel.config import Settings
from servicedesk.kernel.database import Database
from tests.api.offices import Office, client_of, open_office


@pytest_asyncio.fixture
async def office(settings: Settings, database: Database, bus: LocalBus) -> AsyncIterator[Office]:
    async with open_office(make_services(settings, database, bus)) as opened:
        yield opened


@pytest_asyncio.fixture
async def sqlite_office(
    sqlite_settings: Settings, sqlite_database: Database, bus: LocalBus
) -> AsyncIterator[Office]:
    """The same for what does not depend on the kind of database."""
    async with open_office(make_services(sqlite_settings, sqlite_database, bus)) as opened:
        yield opened


@pytest_asyncio.fixture
async def stranger(office: Office) -> AsyncIterator[httpx2.AsyncClient]:
    async with client_of(office.app) as client:
        yield client
