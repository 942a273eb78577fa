"""The store of mailbox folders: how far each was read, and how it stands."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from servicedesk.domain.errors import LeaseLost
from servicedesk.domain.ids import InboxId
from servicedesk.intake.arrivals import WHOLE_SIZE
from servicedesk.intake.mailbox_states import FolderState, Step, after
from servicedesk.kernel import leases
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import Row, Sql, as_dict, as_time_or_none, as_uuid
from servicedesk.kernel.work import Work

COLUMNS = (
    "id, inbox_id, folder, uid_validity, last_uid, marked_uid, state, error, attempts, "
    "progress_done, progress_total, began_at, last_mail_at"
)
LONGEST_ERROR = 1_000


@dataclass(frozen=True, slots=True)
class FolderBook:
    """How far a folder was read. Mails up to `last_uid` are stored, up to `marked_uid` marked.

    `uid_validity` None: it was never opened. While `progress_done` < `progress_total`, what was
    there before us is being taken in.
    """

    id: UUID
    inbox_id: InboxId
    folder: str
    uid_validity: int | None
    last_uid: int
    marked_uid: int
    state: FolderState
    error: str | None
    attempts: int
    progress_done: int
    progress_total: int
    began_at: datetime | None
    last_mail_at: datetime | None

    @property
    def in_first_sync(self) -> bool:
        return self.progress_done < self.progress_total


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a folder is after a portion, whose `count` mails were dealt with."""

    last_uid: int
    marked_uid: int
    count: int


async def open_book(work: Work, inbox_id: InboxId, folder: str) -> FolderBook:
    """Return a folder's bookkeeping, begun now if there is none."""
    row = {
        "id": new_id(),
        "inbox_id": inbox_id,
        "folder": folder,
        "state": FolderState.OFF,
        "changed_at": work.now,
    }
    await work.sql.insert("mailbox_folder", [row], "ON CONFLICT (inbox_id, folder) DO NOTHING")
    (found,) = await work.sql.fetch(
        f"SELECT {COLUMNS} FROM mailbox_folder WHERE inbox_id = $1 AND folder = $2",
        inbox_id,
        folder,
    )
    return _book(found)


async def begin(
    work: Work, book: FolderBook, uid_validity: int, start: Reached, total: int
) -> FolderBook:
    """Count from here: the folder is new to us, or its UIDs have lost their meaning."""
    began_at = book.began_at or work.now
    await work.sql.execute(
        "UPDATE mailbox_folder SET uid_validity = $2, last_uid = $3, marked_uid = $4, "
        "progress_done = 0, progress_total = $5, began_at = $6 WHERE id = $1",
        book.id,
        uid_validity,
        start.last_uid,
        start.marked_uid,
        total,
        began_at,
    )
    return replace(
        book,
        uid_validity=uid_validity,
        last_uid=start.last_uid,
        marked_uid=start.marked_uid,
        progress_done=0,
        progress_total=total,
        began_at=began_at,
    )


async def advance(work: Work, book: FolderBook, reached: Reached) -> FolderBook:
    """Move on, in the transaction that stores the mails. Raises LeaseLost if somebody else did."""
    done = min(book.progress_done + reached.count, book.progress_total)
    touched = await work.sql.execute(
        "UPDATE mailbox_folder SET last_uid = $4, marked_uid = $5, progress_done = $6, "
        "last_mail_at = $7 WHERE id = $1 AND uid_validity = $2 AND last_uid = $3",
        book.id,
        book.uid_validity,
        book.last_uid,
        reached.last_uid,
        reached.marked_uid,
        done,
        work.now if reached.count else book.last_mail_at,
    )
    if not touched:
        raise LeaseLost(f"Somebody else reads the folder {book.id}. Stop and stand by.")
    return replace(
        book, last_uid=reached.last_uid, marked_uid=reached.marked_uid, progress_done=done
    )


async def finish_first_sync(work: Work, book: FolderBook, last_uid: int) -> FolderBook:
    """All that was there before us is taken in; what it skipped lies below `last_uid`."""
    reached = Reached(max(book.last_uid, last_uid), max(book.marked_uid, last_uid), 0)
    await advance(work, book, reached)
    await work.sql.execute(
        "UPDATE mailbox_folder SET progress_done = progress_total WHERE id = $1", book.id
    )
    return replace(
        book,
        last_uid=reached.last_uid,
        marked_uid=reached.marked_uid,
        progress_done=book.progress_total,
    )


async def expect_more(work: Work, book: FolderBook, left: int) -> FolderBook:
    """Correct the end of a first sync that was interrupted: `left` mails are still to come."""
    total = book.progress_done + left
    await work.sql.execute(
        "UPDATE mailbox_folder SET progress_total = $2 WHERE id = $1", book.id, total
    )
    return replace(book, progress_total=total)


async def note_marked(work: Work, book: FolderBook) -> FolderBook:
    """All that is stored is marked on the server as well."""
    await work.sql.execute(
        "UPDATE mailbox_folder SET marked_uid = $2 WHERE id = $1 AND marked_uid < $2",
        book.id,
        book.last_uid,
    )
    return replace(book, marked_uid=book.last_uid)


async def take_step(
    work: Work, book: FolderBook, step: Step, error: str | None, attempts: int
) -> FolderBook:
    """Write down how the folder stands; `attempts` counts failed ones in a row."""
    state = after(book.state, step)
    words = None if error is None else error[:LONGEST_ERROR]
    await work.sql.execute(
        "UPDATE mailbox_folder SET state = $2, error = $3, attempts = $4, changed_at = $5 "
        "WHERE id = $1",
        book.id,
        state,
        words,
        attempts,
        work.now,
    )
    return replace(book, state=state, error=words, attempts=attempts)


async def find_unwanted(
    sql: Sql, wanted: Collection[tuple[InboxId, str]], unusable: Collection[InboxId]
) -> list[UUID]:
    """Return the folders that are not shown as off, though nobody wants them.

    What is wanted of the unusable inboxes cannot be told.
    """
    rows = await sql.fetch(
        "SELECT id, inbox_id, folder FROM mailbox_folder WHERE state <> $1 ORDER BY id",
        FolderState.OFF,
    )
    found = [(row["id"], InboxId(as_uuid(row["inbox_id"])), row["folder"]) for row in rows]
    return [
        as_uuid(book_id)
        for book_id, inbox_id, folder in found
        if inbox_id not in unusable and (inbox_id, folder) not in wanted
    ]


async def switch_off(work: Work, book_ids: Collection[UUID]) -> None:
    """Show these folders as off."""
    await work.sql.execute(
        "UPDATE mailbox_folder SET state = $2, error = NULL, attempts = 0, changed_at = $3 "
        f"WHERE {work.sql.member('id', 1)}",
        book_ids,
        FolderState.OFF,
        work.now,
    )


async def refuse_settings(work: Work, inbox_id: InboxId, words: str) -> None:
    """Show every folder of an inbox as failed: its settings cannot be used."""
    await work.sql.execute(
        "UPDATE mailbox_folder SET state = $2, error = $3, changed_at = $4 WHERE inbox_id = $1",
        inbox_id,
        FolderState.FAILED,
        words[:LONGEST_ERROR],
        work.now,
    )


async def list_folders(sql: Sql, inbox_ids: Iterable[UUID]) -> dict[InboxId, list[FolderBook]]:
    """Return how the folders of these inboxes stand, those of each inbox by name."""
    rows = await sql.fetch(
        f"SELECT {COLUMNS} FROM mailbox_folder WHERE {sql.member('inbox_id', 1)} "
        "ORDER BY inbox_id, folder",
        list(inbox_ids),
    )
    found: dict[InboxId, list[FolderBook]] = {}
    for row in rows:
        book = _book(row)
        found.setdefault(book.inbox_id, []).append(book)
    return found


async def find_read(sql: Sql, inbox_ids: Iterable[UUID]) -> frozenset[InboxId]:
    """Return those of the inboxes whose mailbox a process reads now.

    Of the others the state is what their last reader left: no process runs the role mailboxes.
    """
    names = {lease_name(InboxId(inbox_id)): InboxId(inbox_id) for inbox_id in inbox_ids}
    held = await leases.find_held(sql, list(names))
    return frozenset(names[name] for name in held)


def lease_name(inbox_id: InboxId) -> str:
    """Return the name of the lease under which a mailbox is read."""
    return f"mailbox:{inbox_id}"


async def known_mails(
    sql: Sql, inbox_id: InboxId, external_ids: Sequence[str]
) -> frozenset[tuple[str, int]]:
    """Return (Message-ID, whole size) of those of these mails that came through the inbox."""
    rows = await sql.fetch(
        "SELECT k.external_id, a.size_bytes, a.envelope FROM arrival_key k JOIN arrival a "
        f"ON a.id = k.arrival_id WHERE k.inbox_id = $1 AND {sql.member('k.external_id', 2)}",
        inbox_id,
        list(external_ids),
    )
    return frozenset(
        (
            str(row["external_id"]),
            int(as_dict(row["envelope"]).get(WHOLE_SIZE) or row["size_bytes"]),
        )
        for row in rows
    )


def _book(row: Row) -> FolderBook:
    return FolderBook(
        id=as_uuid(row["id"]),
        inbox_id=InboxId(as_uuid(row["inbox_id"])),
        folder=row["folder"],
        uid_validity=row["uid_validity"],
        last_uid=row["last_uid"],
        marked_uid=row["marked_uid"],
        state=FolderState(row["state"]),
        error=row["error"],
        attempts=row["attempts"],
        progress_done=row["progress_done"],
        progress_total=row["progress_total"],
        began_at=as_time_or_none(row["began_at"]),
        last_mail_at=as_time_or_none(row["last_mail_at"]),
    )
