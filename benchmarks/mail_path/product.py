"""servicedesk: raw stored and committed, then admitted: ticket, message, work order, clocks."""

import sys
import time
from pathlib import Path

import uvloop

from benchmarks.mail_path.letters import SUPPORT, letter
from servicedesk.app.schema import MIGRATIONS, TABLES
from servicedesk.app.wiring import Services, make_services
from servicedesk.desk.inboxes import InboxFacts, find_inbox
from servicedesk.domain.messages import ChannelKind
from servicedesk.intake.arrivals import ArrivalState
from servicedesk.kernel.bus import LocalBus
from servicedesk.kernel.migrate import migrate
from tests.databases import opened, settings_on_postgres
from tests.stories.company import found_company


async def main(folder: Path, url: str) -> None:
    """Take in `first count` of standard input's lines, and answer each with the CPU seconds."""
    settings = settings_on_postgres(folder, url)
    await migrate(settings, TABLES, MIGRATIONS)
    bus = LocalBus()
    async with opened(settings, bus) as database:
        services = make_services(settings, database, bus)
        await found_company(services)
        inbox = await find_inbox(database.sql, ChannelKind.EMAIL, SUPPORT)
        assert inbox is not None
        print("ready", flush=True)
        for line in sys.stdin:
            first, count = map(int, line.split())
            mails = [letter(number) for number in range(first, first + count)]
            began = time.process_time()
            for mail in mails:
                await _take_in(services, inbox, mail)
            print(time.process_time() - began, flush=True)


async def _take_in(services: Services, inbox: InboxFacts, mail: bytes) -> None:
    envelope = {"sender": "contact@contact.example", "recipients": [SUPPORT]}
    for arrival_id in await services.intake.store([inbox], mail, envelope):
        state = await services.intake.admit(arrival_id)
        assert state is ArrivalState.ACCEPTED, state


if __name__ == "__main__":
    uvloop.run(main(Path(sys.argv[1]), sys.argv[2]))  # as the desk's own processes run
