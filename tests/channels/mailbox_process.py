"""A process that reads mailboxes and nothing else, which a test may kill at any instant:
`python -m tests.channels.mailbox_process NAME`, its settings in the environment."""

import asyncio
import sys

from servicedesk.app.roles import mailboxes
from servicedesk.app.roles.mailboxes import Timing
from servicedesk.app.wiring import open_services
from servicedesk.channels.email.imap.watch import Pace
from servicedesk.kernel.config import load_settings

QUICK = Timing(look_seconds=0.1, lease_seconds=1.5)


async def main(name: str) -> None:
    async with open_services(load_settings()) as services:
        sys.stdout.write("reading\n")
        sys.stdout.flush()
        await mailboxes.run(services, name, QUICK, Pace(lambda: 0.0, 0.05, 0.2, 0.05, 0.2))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
