"""One connection's work on one folder.

    select ──▶ same UIDs? ──no──▶ begin anew ──▶ first sync: what was there before us, oldest first
                  │ yes                               │
                  ▼                                   ▼
              mark what a kill left unmarked ──▶ catch up ◀──────────────────┐
                                                      │ nothing new          │
                                                      ▼                      │
                                                  listening: IDLE or poll ───┘

A portion is stored in one transaction with how far it reaches, then let in, then marked on the
server. A kill at any point: before the commit it is fetched again, after it the sweep lets in what
is stored and the next session marks what is not marked. UIDs grow, so nothing is missed; what was
known before its UID changed is told by Message-ID and size, or dropped as a duplicate by intake.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NoReturn, Protocol

import structlog

from servicedesk.channels.email.imap.answers import Overview, Selected
from servicedesk.channels.email.imap.client import MailboxClient
from servicedesk.channels.email.imap.errors import CommandRefused
from servicedesk.channels.email.imap.names import in_portions, uid_set
from servicedesk.channels.email.imap.plan import (
    HEAD,
    Before,
    Taking,
    message_id,
    not_known,
    old_mail,
)
from servicedesk.channels.email.settings import Handled
from servicedesk.domain.ids import ArrivalId
from servicedesk.intake.accept import Collected
from servicedesk.intake.arrivals import WHOLE_SIZE
from servicedesk.intake.mailbox_states import FolderState, Step
from servicedesk.intake.mailboxes import FolderBook, Reached
from servicedesk.kernel import metrics

log = structlog.get_logger(__name__)


class Books(Protocol):
    """The desk's side of a mailbox (`intake/collect`)."""

    async def begin(
        self, book: FolderBook, uid_validity: int, start: Reached, total: int
    ) -> FolderBook: ...

    async def expect_more(self, book: FolderBook, left: int) -> FolderBook: ...

    async def finish_first_sync(self, book: FolderBook, last_uid: int) -> FolderBook: ...

    async def known(self, external_ids: Sequence[str]) -> frozenset[tuple[str, int]]: ...

    async def take(
        self, book: FolderBook, mails: Sequence[Collected], reached: Reached
    ) -> tuple[FolderBook, list[ArrivalId]]: ...

    async def let_in(self, arrival_ids: Sequence[ArrivalId]) -> None: ...

    async def note_marked(self, book: FolderBook) -> FolderBook: ...

    async def take_step(
        self, book: FolderBook, step: Step, error: str | None = None, attempts: int = 0
    ) -> FolderBook: ...


@dataclass(slots=True)
class Session:
    """`book` is always as the database has it. Raises MailboxFault, and what `books` raises."""

    client: MailboxClient
    books: Books
    book: FolderBook
    taking: Taking
    fault: str | None = None
    """Why mail is taken in but cannot be marked, for whoever looks."""

    async def run(self) -> NoReturn:
        """Take in what there is and wait for more, until the connection ends."""
        selected = await self.client.select(self.book.folder)
        before = old_mail(self.taking.since, self.book.began_at)
        if self.book.uid_validity != selected.uid_validity:
            await self._begin(selected, before)
        elif self.taking.handled is not Handled.KEEP:
            await self._mark_what_was_left(before)
        if self.book.in_first_sync and before is not None:
            await self._sync_first(selected, before)
        while True:
            await self._catch_up()
            await self._tell_that_all_is_in()
            if not self.client.grew.is_set():
                await self.client.wait_for_mail(self.taking.poll_seconds)

    async def _tell_that_all_is_in(self) -> None:
        if (self.book.state, self.book.error) != (FolderState.LISTENING, self.fault):
            self.book = await self.books.take_step(self.book, Step.CATCH_UP, self.fault)

    async def _begin(self, selected: Selected, before: Before | None) -> None:
        """The UIDs that were written down mean nothing here: count anew."""
        last = await self._last_uid(selected)
        if self.book.uid_validity is not None:
            log.warning("mailbox_uids_changed", book_id=str(self.book.id))
        found = [] if before is None else await self._search_old(before, 1, last)
        start = Reached(0, 0, 0) if found else Reached(last, last, 0)
        validity = selected.uid_validity
        self.book = await self.books.begin(self.book, validity, start, len(found))

    async def _last_uid(self, selected: Selected) -> int:
        """Return the largest UID given out so far, 0 for none."""
        if selected.uid_next is not None:
            return selected.uid_next - 1
        return max(await self.client.search("UID *"), default=0) if selected.exists else 0

    async def _search_old(self, before: Before, first: int, last: int) -> list[int]:
        if last < first:
            return []
        return await self.client.search(before.criteria(first, last))

    async def _sync_first(self, selected: Selected, before: Before) -> None:
        """Oldest first, with progress; what was begun before a kill goes on where it was."""
        self.book = await self.books.take_step(self.book, Step.SCAN)
        last = await self._last_uid(selected)
        uids = await self._search_old(before, self.book.last_uid + 1, last)
        self.book = await self.books.expect_more(self.book, len(uids))
        for chunk in self._chunks(uids):
            wanted = [one for one in await self._overview(chunk, HEAD) if before.wants(one)]
            known = await self.books.known([message_id(one) for one in wanted])
            fresh = not_known(wanted, known)
            await self._take(chunk, fresh)
            if self.taking.handled is not Handled.KEEP:
                await self._mark({one.uid for one in wanted} - {one.uid for one in fresh})
        self.book = await self.books.finish_first_sync(self.book, last)

    async def _catch_up(self) -> None:
        """Take all that is beyond what we have. `UID n:*` names the last mail even if n is more."""
        while True:
            self.client.grew.clear()
            last = self.book.last_uid
            uids = [uid for uid in await self.client.search(f"UID {last + 1}:*") if uid > last]
            if not uids:
                return
            for chunk in self._chunks(uids):
                await self._take(chunk, await self._overview(chunk))

    async def _overview(self, chunk: Sequence[int], head: str = "") -> list[Overview]:
        """Look at mails before they are fetched, also at those that the server leaves out."""
        try:
            told = await self.client.overview(chunk, head)
        except CommandRefused:
            told = []
        untold = set(chunk) - {one.uid for one in told}
        if not untold:
            return told
        there = untold.intersection(await self.client.search(f"UID {uid_set(untold)}"))
        unknown = [Overview(uid, self.taking.max_bytes, None, b"") for uid in there]
        return sorted(told + unknown, key=lambda one: one.uid)

    def _chunks(self, uids: Sequence[int]) -> list[Sequence[int]]:
        size = self.taking.mails_at_once
        return [uids[start : start + size] for start in range(0, len(uids), size)]

    async def _take(self, chunk: Sequence[int], wanted: Sequence[Overview]) -> None:
        """Take what is wanted of a chunk (ascending); the rest of it counts as dealt with."""
        sizes = {one.uid: one.size_bytes for one in wanted}
        bounded = [(uid, min(size, self.taking.max_bytes)) for uid, size in sizes.items()]
        portions = in_portions(bounded, self.taking.mails_at_once, self.taking.bytes_at_once)
        left = len(chunk) - len(sizes)
        for portion in portions:
            mails = await self._fetch(portion, sizes)
            await self._store(mails, portion[-1], len(portion))
        if left or not portions:
            await self._store([], chunk[-1], left)

    async def _fetch(self, uids: Sequence[int], sizes: dict[int, int]) -> list[Collected]:
        whole = [uid for uid in uids if sizes[uid] <= self.taking.max_bytes]
        bodies = await self._fetch_whole(whole, sum(sizes[uid] for uid in whole)) if whole else {}
        mails = []
        for uid in uids:
            mail = await self._one(uid, sizes[uid], bodies.get(uid))
            if mail is not None:
                mails.append(mail)
        return mails

    async def _fetch_whole(self, uids: Sequence[int], size_bytes: int) -> dict[int, bytes]:
        try:
            return await self.client.fetch(uids, size_bytes)
        except CommandRefused:  # one broken mail is no reason to leave the others
            return {}

    async def _one(self, uid: int, size: int, body: bytes | None) -> Collected | None:
        """Return one mail for intake; None if it is gone meanwhile."""
        if body is not None and len(body) <= self.taking.max_bytes:
            return Collected(body, self._envelope(uid))
        try:
            return await self._ask_alone(uid, size)
        except CommandRefused as refusal:
            words = f"The mail server does not give mail {uid} of this folder: {refusal}"
            log.warning("mailbox_mail_refused", book_id=str(self.book.id), uid=uid)
            return Collected(words.encode(), self._envelope(uid), words)

    async def _ask_alone(self, uid: int, size: int) -> Collected | None:
        """A mail that is too large, or that did not come with the others."""
        most = self.taking.max_bytes
        if size <= most:
            body = (await self.client.fetch([uid], size)).get(uid)
            if body is not None and len(body) <= most:
                return Collected(body, self._envelope(uid))
            size = len(body) if body is not None else size
        if size > most:
            beginning = await self.client.fetch_beginning(uid, self.taking.cut_bytes)
            if beginning is not None:
                return Collected(beginning, self._envelope(uid) | {WHOLE_SIZE: size})
        if uid in await self.client.search(f"UID {uid}"):
            raise CommandRefused("it is listed, but its content is left out.")
        return None

    def _envelope(self, uid: int) -> dict[str, object]:
        return {"folder": self.book.folder, "uid": uid, "uid_validity": self.book.uid_validity}

    async def _store(self, mails: Sequence[Collected], last_uid: int, count: int) -> None:
        marks = self.taking.handled is not Handled.KEEP and mails
        marked = self.book.marked_uid if marks else last_uid
        reached = Reached(last_uid, marked, count)
        self.book, arrival_ids = await self.books.take(self.book, mails, reached)
        metrics.note_collected(len(mails))
        await self.books.let_in(arrival_ids)
        if marks:
            await self._mark(
                [uid for mail in mails if isinstance(uid := mail.envelope["uid"], int)]
            )

    async def _mark_what_was_left(self, before: Before | None) -> None:
        """Mark what was stored by a session that ended before it could."""
        first, last = self.book.marked_uid + 1, self.book.last_uid
        if first > last:
            return
        criteria = f"UID {first}:{last}" if before is None else before.criteria(first, last)
        await self._mark([uid for uid in await self.client.search(criteria) if uid <= last])

    async def _mark(self, uids: Collection[int]) -> None:
        """Flag or move; a server that refuses keeps nothing from being taken in."""
        try:
            if uids and self.taking.handled is Handled.MOVE:
                await self.client.move(uids, self.taking.handled_folder)
            elif uids:
                await self.client.mark_seen(uids)
        except CommandRefused as refusal:
            self.fault = f"Mail is taken in, but cannot be marked as handled. {refusal}"
            log.warning("mailbox_mark_refused", book_id=str(self.book.id), uids=uid_set(uids))
            return
        self.book = await self.books.note_marked(self.book)
