"""Copies of sent mail for the mailbox's own folder: rows, so that each is laid there in the end.

    waiting ──claim──▶ waiting, claimed ──▶ done
       ▲                    │  └──────────▶ failed (after MOST_ATTEMPTS)
       └──── later ─────────┘

Whoever lays it there looks first whether it is there: a copy whose answer was lost is not doubled.
Nothing of this delays the message itself or changes what became of it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from servicedesk.domain.ids import MessageId
from servicedesk.domain.storable import storable
from servicedesk.kernel.backoff import delay_seconds
from servicedesk.kernel.bus import Topic
from servicedesk.kernel.database import Database
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.outbox import ClaimedOutbox
from servicedesk.kernel.sql import Row, Sql, as_time_or_none, as_uuid
from servicedesk.kernel.work import Work

MOST_ATTEMPTS = 12
FIRST_SECONDS = 30.0
LONGEST_SECONDS = 3_600.0
LONGEST_ERROR = 500


@dataclass(frozen=True, slots=True)
class ClaimedCopy:
    """A copy that `owner` alone may lay into the mailbox now. `attempts` counts this one."""

    id: UUID
    message_id: MessageId
    external_id: str
    attempts: int
    owner: str


async def ask_for_copy(work: Work, claimed: ClaimedOutbox) -> None:
    """Leave a copy of a sent message to be made, in the story that writes its receipt.

    A message that is sent a second time, to whom it did not reach, is copied once.
    """
    known = await work.sql.fetch_one(
        "SELECT id FROM sent_copy WHERE message_id = $1", claimed.message_id
    )
    if known is not None:
        return
    row = {
        "id": new_id(),
        "message_id": claimed.message_id,
        "inbox_id": claimed.inbox_id,
        "state": "waiting",
        "due_at": work.now,
        "created_at": work.now,
    }
    await work.sql.insert("sent_copy", [row])
    work.ring(Topic.OUTBOX)


async def claim_copies(
    database: Database, owner: str, limit: int, seconds: float
) -> list[ClaimedCopy]:
    """Claim at most `limit` due copies for `seconds`, longest due first."""
    now = await database.now()
    async with database.transaction() as sql:
        skip = "" if sql.on_sqlite else "FOR UPDATE OF c SKIP LOCKED"
        rows = await sql.fetch(
            "SELECT c.id, c.message_id, c.attempts, o.external_id FROM sent_copy c "
            "JOIN outbox o ON o.message_id = c.message_id "
            f"WHERE c.state = 'waiting' AND c.due_at <= $1 ORDER BY c.due_at, c.id LIMIT $2 {skip}",
            now,
            limit,
        )
        if rows:
            await sql.execute(
                "UPDATE sent_copy SET claimed_by = $1, due_at = $2, attempts = attempts + 1 "
                f"WHERE {sql.member('id', 3)}",
                owner,
                now + timedelta(seconds=seconds),
                [as_uuid(row["id"]) for row in rows],
            )
    return [_claimed(row, owner) for row in rows]


async def finish_copy(database: Database, copy: ClaimedCopy) -> None:
    """It is in the mailbox, or none is wanted any more."""
    await _settle(database, copy, "state = 'done', error = NULL, ended_at = $4")


async def put_off_copy(database: Database, copy: ClaimedCopy, words: str) -> None:
    """Try again later; after MOST_ATTEMPTS give up and keep the words."""
    error = storable(words, LONGEST_ERROR)
    if copy.attempts >= MOST_ATTEMPTS:
        await _settle(database, copy, "state = 'failed', error = $5, ended_at = $4", error)
        return
    wait = delay_seconds(
        copy.attempts, first_seconds=FIRST_SECONDS, longest_seconds=LONGEST_SECONDS
    )
    await _settle(database, copy, "error = $5, due_at = $4", error, wait_seconds=wait)


async def next_copy_due(sql: Sql) -> datetime | None:
    """Return when the earliest copy is due, or a claim on one runs out."""
    row = await sql.fetch_one("SELECT min(due_at) AS due_at FROM sent_copy WHERE state = 'waiting'")
    return as_time_or_none(row["due_at"]) if row else None


async def load_failed_copies(sql: Sql) -> dict[UUID, tuple[int, str]]:
    """Return how many copies failed for each inbox, and the words of one of them."""
    rows = await sql.fetch(
        "SELECT inbox_id, count(*) AS copies, max(error) AS error FROM sent_copy "
        "WHERE state = 'failed' GROUP BY inbox_id ORDER BY inbox_id"
    )
    return {as_uuid(row["inbox_id"]): (int(row["copies"]), row["error"] or "") for row in rows}


async def _settle(
    database: Database, copy: ClaimedCopy, change: str, *values: object, wait_seconds: float = 0.0
) -> None:
    """Change the row if it is still ours: same owner, same attempt."""
    at = await database.now() + timedelta(seconds=wait_seconds)
    await database.sql.execute(
        f"UPDATE sent_copy SET {change}, claimed_by = NULL "
        "WHERE id = $1 AND claimed_by = $2 AND attempts = $3 AND state = 'waiting'",
        copy.id,
        copy.owner,
        copy.attempts,
        at,
        *values,
    )


def _claimed(row: Row, owner: str) -> ClaimedCopy:
    return ClaimedCopy(
        id=as_uuid(row["id"]),
        message_id=MessageId(as_uuid(row["message_id"])),
        external_id=row["external_id"],
        attempts=int(row["attempts"]) + 1,
        owner=owner,
    )
