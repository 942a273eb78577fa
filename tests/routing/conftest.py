from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from servicedesk.kernel.database import Database
from tests.routing.own_redis import Redis, own_redis
from tests.routing.rows import Desk, small_desk
from tests.services.missing import ServiceMissing


@pytest.fixture
def redis_to_break(tmp_path: Path) -> Iterator[Redis]:
    """A Redis that the test may take away."""
    try:
        with own_redis(tmp_path) as redis:
            yield redis
    except ServiceMissing as missing:
        pytest.skip(str(missing))  # no Redis here: make test says so, CI fails instead


@pytest_asyncio.fixture
async def desk(database: Database) -> Desk:
    """On each database, with its own clock."""
    return await small_desk(database)


@pytest_asyncio.fixture
async def frozen_desk(frozen_database: Database) -> Desk:
    """The same, with the time that `clock` tells."""
    return await small_desk(frozen_database)
