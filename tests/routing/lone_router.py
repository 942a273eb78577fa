"""A router in a process of its own, for tests that kill it: `lone_router DATA_FOLDER URL`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from servicedesk.app.router import run_router
from servicedesk.kernel.bus import LocalBus
from tests.databases import opened, settings_on_postgres


async def main(data_dir: Path, url: str) -> None:
    bus = LocalBus()
    async with opened(settings_on_postgres(data_dir, url), bus) as database:
        await run_router(database, bus, "to-be-killed")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
