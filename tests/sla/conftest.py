"""A company whose time stands still until a test moves it, and policies to measure it by."""

import pytest_asyncio

from servicedesk.app.wiring import Services, make_services
from servicedesk.kernel.bus import LocalBus
from servicedesk.kernel.config import Settings
from servicedesk.kernel.database import Database
from tests.fakes.clock import FakeClock
from tests.sla.promising import Promising
from tests.stories.company import found_company


@pytest_asyncio.fixture
async def services(settings: Settings, frozen_database: Database, bus: LocalBus) -> Services:
    return make_services(settings, frozen_database, bus)


@pytest_asyncio.fixture
async def desk(services: Services, clock: FakeClock) -> Promising:
    return Promising(services, await found_company(services), clock)
