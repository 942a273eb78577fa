"""A process that commits an entry and then hangs, as one does that is about to be killed.

python -m tests.kernel.unstamped_writer <data folder> <database url or "">
"""

import asyncio
import sys
from pathlib import Path

from servicedesk.domain.actors import system_actor
from servicedesk.kernel import journal
from servicedesk.kernel.bus import LocalBus
from servicedesk.kernel.config import load_settings
from servicedesk.kernel.journal import NewEntry
from tests.databases import opened


async def main(data_dir: str, url: str) -> None:
    settings = load_settings(data_dir=Path(data_dir), database_url=url)
    async with opened(settings, LocalBus()) as database:
        now = await database.now()
        async with database.transaction() as sql:
            await journal.write(sql, now, system_actor("doomed"), [NewEntry("ticket.opened")])
        sys.stdout.write("committed\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
