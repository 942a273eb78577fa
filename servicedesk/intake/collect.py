"""What is fetched from one mailbox, on its way in: bookkeeping and mail in one transaction.

Everything is written under the lease of the mailbox: who slept through it writes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from servicedesk.desk.inboxes import InboxFacts
from servicedesk.domain.errors import ServicedeskError
from servicedesk.domain.ids import ArrivalId
from servicedesk.intake import mailboxes
from servicedesk.intake.accept import Collected, Intake
from servicedesk.intake.lots import MOST_TOGETHER
from servicedesk.intake.mailbox_states import Step
from servicedesk.intake.mailboxes import FolderBook, Reached
from servicedesk.intake.understand import INTAKE
from servicedesk.kernel import leases
from servicedesk.kernel.database import Database
from servicedesk.kernel.leases import Lease
from servicedesk.kernel.work import Work

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Collector:
    """The desk's side of one mailbox. Every writing raises LeaseLost once another owns it."""

    database: Database
    intake: Intake
    inbox: InboxFacts
    lease: Lease

    async def open(self, folder: str) -> FolderBook:
        async with self.database.work(INTAKE) as work:
            await leases.hold(work.sql, self.lease)
            return await mailboxes.open_book(work, self.inbox.id, folder)

    async def begin(
        self, book: FolderBook, uid_validity: int, start: Reached, total: int
    ) -> FolderBook:
        """Count from `start`; `total` mails that were there before us are to be taken in."""
        async with self.database.work(INTAKE) as work:
            await leases.hold(work.sql, self.lease)
            return await mailboxes.begin(work, book, uid_validity, start, total)

    async def expect_more(self, book: FolderBook, left: int) -> FolderBook:
        async with self.database.work(INTAKE) as work:
            await leases.hold(work.sql, self.lease)
            return await mailboxes.expect_more(work, book, left)

    async def finish_first_sync(self, book: FolderBook, last_uid: int) -> FolderBook:
        async with self.database.work(INTAKE) as work:
            await leases.hold(work.sql, self.lease)
            return await mailboxes.finish_first_sync(work, book, last_uid)

    async def known(self, external_ids: Sequence[str]) -> frozenset[tuple[str, int]]:
        """Return (Message-ID, size) of the mails among these that came through this inbox."""
        return await mailboxes.known_mails(self.database.sql, self.inbox.id, external_ids)

    async def take(
        self, book: FolderBook, mails: Sequence[Collected], reached: Reached
    ) -> tuple[FolderBook, list[ArrivalId]]:
        """Make mails durable together with how far the folder is read: all of it or nothing."""
        moved = book

        async def move_on(work: Work) -> None:
            nonlocal moved
            await leases.hold(work.sql, self.lease)
            moved = await mailboxes.advance(work, book, reached)

        stored = await self.intake.store_collected(self.inbox, mails, move_on)
        return moved, stored

    async def let_in(self, arrival_ids: Sequence[ArrivalId]) -> None:
        """Admit stored mails in their order: an answer must find the mail it answers.

        What cannot be admitted now stays stored, for the sweep of the role mail-in.
        """
        for start in range(0, len(arrival_ids), MOST_TOGETHER):
            some = arrival_ids[start : start + MOST_TOGETHER]
            try:
                await self.intake.admit_all(some)
            except ServicedeskError as error:
                log.warning("arrivals_wait", arrivals=len(some), error=type(error).__name__)

    async def note_marked(self, book: FolderBook) -> FolderBook:
        async with self.database.work(INTAKE) as work:
            await leases.hold(work.sql, self.lease)
            return await mailboxes.note_marked(work, book)

    async def take_step(
        self, book: FolderBook, step: Step, error: str | None = None, attempts: int = 0
    ) -> FolderBook:
        """Write down how the folder stands now, for whoever looks."""
        async with self.database.work(INTAKE) as work:
            await leases.hold(work.sql, self.lease)
            return await mailboxes.take_step(work, book, step, error, attempts)
