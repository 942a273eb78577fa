"""servicedesk: raw stored and committed, then admitted: ticket, message, work order, clocks.

"one" takes each mail by itself, as the mail receiver does; "many" 50 at a time, as out of a mailbox
in which they wait, which is what the peer's command does too.
"""

import sys
import time
from collections.abc import Sequence
from pathlib import Path

import uvloop

from benchmarks.mail_path.letters import SUPPORT, letter
from servicedesk.app.schema import MIGRATIONS, TABLES
from servicedesk.app.wiring import Services, make_services
from servicedesk.desk.inboxes import InboxFacts, find_inbox
from servicedesk.domain.messages import ChannelKind
from servicedesk.intake.accept import Collected
from servicedesk.intake.arrivals import ArrivalState
from servicedesk.kernel.bus import LocalBus
from servicedesk.kernel.migrate import migrate
from servicedesk.kernel.work import Work
from tests.databases import opened, settings_on_postgres
from tests.stories.company import found_company

AT_ONCE = {"one": 1, "many": 50}


async def main(mode: str, folder: Path, url: str) -> None:
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
            for start in range(0, count, AT_ONCE[mode]):
                await TAKE_IN[mode](services, inbox, mails[start : start + AT_ONCE[mode]])
            await database.settle()
            print(time.process_time() - began, flush=True)


async def take_in(services: Services, inbox: InboxFacts, mails: Sequence[bytes]) -> None:
    envelope = {"sender": "contact@contact.example", "recipients": [SUPPORT]}
    for mail in mails:
        for arrival_id in await services.intake.store([inbox], mail, envelope):
            state = await services.intake.admit(arrival_id)
            assert state is ArrivalState.ACCEPTED, state


async def _collect(services: Services, inbox: InboxFacts, mails: Sequence[bytes]) -> None:
    collected = [Collected(mail, {"folder": "INBOX"}) for mail in mails]
    arrival_ids = await services.intake.store_collected(inbox, collected, _note_nothing)
    states = await services.intake.admit_all(arrival_ids)
    assert set(states) == {ArrivalState.ACCEPTED}, states


async def _note_nothing(work: Work) -> None:
    """How far a mailbox is read is one row for each portion."""


TAKE_IN = {"one": take_in, "many": _collect}

if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))  # as the desk's own processes run
