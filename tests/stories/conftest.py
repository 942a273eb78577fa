"""Services over a fresh database of each kind, with the company founded."""

import pytest_asyncio

from servicedesk.app.wiring import Services, make_services
from servicedesk.kernel.bus import LocalBus
from servicedesk.kernel.config import Settings
from servicedesk.kernel.database import Database
from tests.stories.company import Company, found_company


@pytest_asyncio.fixture
async def services(settings: Settings, database: Database, bus: LocalBus) -> Services:
    return make_services(settings, database, bus)


@pytest_asyncio.fixture
async def company(services: Services) -> Company:
    return await found_company(services)
