from __future__ import annotations

import pytest_asyncio

from servicedesk.kernel.database import Database
from tests.routing.rows import Desk, small_desk


@pytest_asyncio.fixture
async def desk(database: Database) -> Desk:
    """On each database, with its own clock."""
    return await small_desk(database)


@pytest_asyncio.fixture
async def frozen_desk(frozen_database: Database) -> Desk:
    """The same, with the time that `clock` tells."""
    return await small_desk(frozen_database)
