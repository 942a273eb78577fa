"""A worker that fires what is due until it is killed. Its wall clock jumps: none may go by it."""

import asyncio
import random
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

from servicedesk.app.roles.due import act_when_due
from servicedesk.kernel.bus import LocalBus, Topic
from servicedesk.sla import escalate
from tests.databases import opened, settings_on_postgres

JUMP_SECONDS = 3_600.0


def jumping_time() -> float:
    """An hour to and fro, at random."""
    return _real_time() + random.uniform(-JUMP_SECONDS, JUMP_SECONDS)


async def main(url: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        bus = LocalBus()
        async with opened(settings_on_postgres(Path(folder), url), bus) as database:

            async def fire() -> None:
                await escalate.fire_due(database)

            async def next_due() -> datetime | None:
                return await escalate.next_due(database.sql)

            await act_when_due(database, bus, Topic.TIMERS, fire, next_due)


_real_time = time.time

if __name__ == "__main__":
    time.time = jumping_time
    asyncio.run(main(sys.argv[1]))
