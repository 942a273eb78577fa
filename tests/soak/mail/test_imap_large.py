"""A mailbox of a gigabyte at its first connection, with kills on the way: nothing missed, nothing
doubled, in bounded memory. `SERVICEDESK_TEST_MAILS` makes it smaller.
"""

import asyncio
import os
import re
import time
from pathlib import Path

from servicedesk.app.wiring import make_services
from servicedesk.domain.ids import ArrivalId
from servicedesk.intake.mailbox_states import FolderState
from servicedesk.kernel.bus import LocalBus
from servicedesk.kernel.config import Settings
from servicedesk.kernel.database import Database
from servicedesk.kernel.sql import as_uuid
from tests.channels.reading_mailboxes import (
    Mailbox,
    arrivals,
    configure,
    mailbox_of,
    process,
    tickets,
)
from tests.services.dovecot import DovecotServer
from tests.stories.company import found_company
from tests.waiting import until

MAILS = int(os.environ.get("SERVICEDESK_TEST_MAILS", "50000"))
LARGE_BYTES = 4_000_000
LARGE_EACH = 250  # 200 of them among 50,000: 800 MB, beside 200 MB of small ones
KILLS = 3
LONGEST_SECONDS = 3_600.0
MOST_RESIDENT_BYTES = 400_000_000


async def test_gigabyte_mailbox_at_its_first_connection(
    sqlite_settings: Settings,
    sqlite_database: Database,
    bus: LocalBus,
    dovecot_server: DovecotServer,
) -> None:
    services = make_services(sqlite_settings, sqlite_database, bus)
    mailbox = mailbox_of(services, await found_company(services), dovecot_server)
    for mark in range(MAILS):
        mailbox.deliver([mark], size=LARGE_BYTES if mark % LARGE_EACH == 0 else 3_000)
    await configure(services, mailbox.inbox, {"imap": mailbox.settings()})
    began, most_resident = time.monotonic(), 0
    for turn in range(1, KILLS + 1):
        async with process(sqlite_settings, f"killed-{turn}") as reader:
            await _has_stored(mailbox, turn * MAILS // (KILLS + 1))
            most_resident = max(most_resident, _most_resident_bytes(reader.pid))
    async with process(sqlite_settings, "last") as reader:
        await mailbox.is_in(FolderState.LISTENING, LONGEST_SECONDS)
        most_resident = max(most_resident, _most_resident_bytes(reader.pid))
    seconds = time.monotonic() - began
    for row in await services.database.sql.fetch("SELECT id FROM arrival WHERE state = 'stored'"):
        await services.intake.admit(ArrivalId(as_uuid(row["id"])))  # as the role mail-in does
    print(  # noqa: T201  # what a soak run is for
        f"{MAILS} mails in {seconds:.0f} s ({MAILS / seconds:.0f}/s) with {KILLS} kills, "
        f"{most_resident / 1e6:.0f} MB resident at most"
    )
    assert await tickets(services) == {f"mark {mark}": 1 for mark in range(MAILS)}
    assert await arrivals(services) == {"accepted": MAILS}
    assert await mailbox.search("UNSEEN") == []
    assert most_resident < MOST_RESIDENT_BYTES


async def _has_stored(mailbox: Mailbox, mails: int) -> None:
    async def so_many() -> bool:
        await asyncio.sleep(0.1)  # the reader needs the file more than we do
        book = await mailbox.find_book()
        return book is not None and book.progress_done >= mails

    await until(so_many, LONGEST_SECONDS)


def _most_resident_bytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return 1_024 * int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0])
