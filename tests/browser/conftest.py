"""A real Chromium, and desks that run as a person would run them."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from servicedesk.kernel.config import Settings
from tests.browser.running_desk import RunningDesk, embedded_desk, spread_desk
from tests.services.chromium import FLAGS
from tests.services.redis_server import RedisServer


@pytest_asyncio.fixture
async def browser(chromium_path: Path) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        found = await playwright.chromium.launch(executable_path=chromium_path, args=list(FLAGS))
        yield found
        await found.close()


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[RunningDesk]:
    with embedded_desk(tmp_path) as desk:
        yield desk


@pytest.fixture
def spread(
    tmp_path: Path, postgres_settings: Settings, redis_server: RedisServer
) -> Iterator[RunningDesk]:
    with spread_desk(tmp_path, postgres_settings.database_url, redis_server.url) as desk:
        yield desk


@pytest.fixture(params=["embedded", "spread"])
def desk(request: pytest.FixtureRequest) -> RunningDesk:
    """A desk in one process on SQLite, then one in four on PostgreSQL and Redis."""
    found: RunningDesk = request.getfixturevalue(request.param)
    return found
