"""What callers of the API hear while the database is away, and that nothing is lost."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest_asyncio

from servicedesk.app.wiring import make_services
from servicedesk.kernel.bus import LocalBus
from servicedesk.kernel.config import Settings
from tests.api.offices import Office, client_of, open_office
from tests.databases import opened
from tests.fakes.proxy import CuttableProxy, cuttable


@asynccontextmanager
async def _far_office(settings: Settings, bus: LocalBus) -> AsyncIterator[Office]:
    async with (
        opened(settings, bus) as database,
        open_office(make_services(settings, database, bus)) as office,
    ):
        yield office


@pytest_asyncio.fixture
async def proxy(postgres_settings: Settings) -> AsyncIterator[CuttableProxy]:
    async with cuttable(postgres_settings.database_url) as found:
        yield found


@pytest_asyncio.fixture
async def far_office(
    postgres_settings: Settings, proxy: CuttableProxy, bus: LocalBus
) -> AsyncIterator[Office]:
    """An office whose database is behind a wire that can be cut."""
    url = proxy.url_through(postgres_settings.database_url)
    settings = postgres_settings.model_copy(update={"database_url": url, "database_connections": 3})
    async with _far_office(settings, bus) as office:
        yield office


async def test_desk_is_alive_but_not_ready_and_says_when_to_try_again(
    far_office: Office, proxy: CuttableProxy
) -> None:
    body = {"name": "East", "member_ids": []}
    ada = far_office.client("ada")
    await proxy.cut()
    async with client_of(far_office.app) as stranger:
        assert (await stranger.get("/healthz")).status_code == 200
        assert (await stranger.get("/readyz")).status_code == 503
        assert (await stranger.get("/metrics")).status_code == 200
    refused = await ada.post("/api/teams", json=body)
    assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
    assert refused.headers["retry-after"] == "1"
    await proxy.start()
    assert (await ada.post("/api/teams", json=body)).status_code == 201
