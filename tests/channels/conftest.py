import pytest
import pytest_asyncio

from servicedesk.app.wiring import Services, make_services
from servicedesk.kernel.bus import LocalBus
from servicedesk.kernel.config import Settings
from servicedesk.kernel.database import Database
from tests.channels.doors import Door
from tests.channels.reading_mailboxes import Mailbox, mailbox_of
from tests.services.dovecot import DovecotServer
from tests.stories.company import Company, found_company


@pytest.fixture
def door() -> Door:
    return Door()


@pytest_asyncio.fixture
async def services(settings: Settings, database: Database, bus: LocalBus) -> Services:
    return make_services(settings, database, bus)


@pytest_asyncio.fixture
async def company(services: Services) -> Company:
    return await found_company(services)


@pytest.fixture
def mailbox(services: Services, company: Company, dovecot_server: DovecotServer) -> Mailbox:
    """Once of each database."""
    return mailbox_of(services, company, dovecot_server)


@pytest_asyncio.fixture
async def one_mailbox(
    sqlite_settings: Settings,
    sqlite_database: Database,
    bus: LocalBus,
    dovecot_server: DovecotServer,
) -> Mailbox:
    """On SQLite alone: for what the database makes no difference to."""
    services = make_services(sqlite_settings, sqlite_database, bus)
    return mailbox_of(services, await found_company(services), dovecot_server)
