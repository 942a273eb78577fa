"""A router in a process of its own, for tests that kill it: FOLDER URL [REDIS_URL]."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from servicedesk.app.router import run_router
from servicedesk.kernel.bus import LocalBus
from servicedesk.kernel.redis_bus import open_redis_bus
from tests.databases import opened, settings_on_postgres

NAME = "to-be-killed"


async def main(data_dir: Path, url: str, redis_url: str | None) -> None:
    settings = settings_on_postgres(data_dir, url)
    if redis_url is None:
        bus = LocalBus()
        async with opened(settings, bus) as database:
            await run_router(database, bus, NAME)
    else:
        async with open_redis_bus(redis_url) as redis, opened(settings, redis) as database:
            await run_router(database, redis, NAME)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else None))
