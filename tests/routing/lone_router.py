"""A router in a process of its own, for tests that kill it: FOLDER URL [REDIS_URL [NAME]]."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from servicedesk.app.router import run_router
from servicedesk.kernel.bus import LocalBus
from servicedesk.kernel.redis_bus import open_redis_bus
from tests.databases import opened, settings_on_postgres

NAME = "to-be-killed-"


def name_of(place: int) -> str:
    """What the router's lease says of several."""
    return f"{NAME}{place}"


async def main(data_dir: Path, url: str, redis_url: str | None = None, name: str = NAME) -> None:
    settings = settings_on_postgres(data_dir, url)
    if redis_url is None:
        bus = LocalBus()
        async with opened(settings, bus) as database:
            await run_router(database, bus, name)
    else:
        async with open_redis_bus(redis_url) as redis, opened(settings, redis) as database:
            await run_router(database, redis, name)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), *sys.argv[2:]))
