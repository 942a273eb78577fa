"""The outbox: messages on their way out, claimed for a limited time by whoever sends.

    queued ──claim──▶ sending ──finish──▶ sent | failed | unknown | bounced
                        │  ▲                          │
               retry, hold  └─claim─ retry      run_again ─▶ queued

A claim that ran out (its sender died) is found again: outbound is at-least-once, with the external
id fixed before the first attempt. A sender that comes back late finds its claim gone and writes
nothing.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from servicedesk.domain.ids import InboxId, MessageId, OutboxId, TicketId
from servicedesk.domain.messages import ChannelKind, DeliveryState
from servicedesk.kernel.bus import Topic
from servicedesk.kernel.database import Database
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import Row, Sql, as_dict, as_time_or_none, as_uuid
from servicedesk.kernel.work import Work


class OutboxState(StrEnum):
    """The states that lead on; a row ends in a DeliveryState of the same column."""

    QUEUED = "queued"
    RETRY = "retry"
    SENDING = "sending"


LIVE = "('queued', 'retry', 'sending')"
MISCARRIED = "('failed', 'unknown')"
ENDS = frozenset(
    {
        DeliveryState.SENT,
        DeliveryState.FAILED,
        DeliveryState.UNKNOWN,
        DeliveryState.BOUNCED,
    }
)
COLUMNS = (
    "id, channel, inbox_id, message_id, ticket_id, destination, external_id, envelope, attempts, "
    "state"
)


@dataclass(frozen=True, slots=True)
class NewOutbox:
    """What is to be sent. `destination` is what a sender paces by (a mail domain, a number)."""

    channel: ChannelKind
    inbox_id: InboxId
    message_id: MessageId
    ticket_id: TicketId
    destination: str
    external_id: str
    envelope: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClaimedOutbox:
    """A row that `owner` alone may send now. `attempts` counts this one.

    `interrupted`: the attempt before never said how it ended, so the message may be out already.
    """

    id: OutboxId
    channel: ChannelKind
    inbox_id: InboxId
    message_id: MessageId
    ticket_id: TicketId
    destination: str
    external_id: str
    envelope: Mapping[str, Any]
    attempts: int
    owner: str
    interrupted: bool


async def enqueue(work: Work, new: NewOutbox) -> OutboxId:
    """Put a message in line, in the story's transaction; senders are rung after the commit."""
    outbox_id = OutboxId(new_id())
    row = {
        "id": outbox_id,
        "channel": new.channel,
        "inbox_id": new.inbox_id,
        "message_id": new.message_id,
        "ticket_id": new.ticket_id,
        "destination": new.destination,
        "external_id": new.external_id,
        "envelope": dict(new.envelope),
        "state": OutboxState.QUEUED,
        "due_at": work.now,
        "created_at": work.now,
    }
    await work.sql.insert("outbox", [row])
    work.ring(Topic.OUTBOX)
    return outbox_id


async def claim_due(
    database: Database, owner: str, limit: int, seconds: float, but: Collection[UUID] = ()
) -> list[ClaimedOutbox]:
    """Claim at most `limit` due rows for `seconds`, longest due first, in a short transaction.

    `but`: inboxes that are passed over, because enough of theirs is under way.
    """
    now = await database.now()
    async with database.transaction() as sql:
        skip = "" if sql.on_sqlite else "FOR UPDATE SKIP LOCKED"
        rows = await sql.fetch(
            f"SELECT {COLUMNS} FROM outbox WHERE state IN {LIVE} AND due_at <= $1 "
            f"AND NOT {sql.member('inbox_id', 3)} ORDER BY due_at, id LIMIT $2 {skip}",
            now,
            limit,
            list(but),
        )
        if rows:
            await sql.execute(
                "UPDATE outbox SET state = 'sending', claimed_by = $1, due_at = $2, "
                f"attempts = attempts + 1 WHERE {sql.member('id', 3)}",
                owner,
                now + timedelta(seconds=seconds),
                [as_uuid(row["id"]) for row in rows],
            )
    return [_claimed(row, owner) for row in rows]


async def finish(
    work: Work,
    claimed: ClaimedOutbox,
    state: DeliveryState,
    error: str = "",
    envelope: Mapping[str, object] | None = None,
) -> bool:
    """Write how it ended, for good. False: the claim ran out and somebody else has it."""
    if state not in ENDS:
        raise ValueError(f"{state} does not end a delivery; {', '.join(sorted(ENDS))} do")
    return await _settle(
        work,
        claimed,
        "state = $4, error = $5, envelope = $6, ended_at = $7, claimed_by = NULL",
        state,
        error or None,
        dict(claimed.envelope if envelope is None else envelope),
        work.now,
    )


async def retry(
    work: Work,
    claimed: ClaimedOutbox,
    due_at: datetime,
    error: str,
    envelope: Mapping[str, object] | None = None,
) -> bool:
    """Put it back for a later attempt, with what that one has to know (None: as before).

    False: the claim ran out and somebody else has it.
    """
    work.ring(Topic.OUTBOX)
    return await _settle(
        work,
        claimed,
        "state = $4, error = $5, envelope = $6, due_at = $7, claimed_by = NULL",
        OutboxState.RETRY,
        error,
        dict(claimed.envelope if envelope is None else envelope),
        due_at,
    )


async def hold(
    work: Work,
    claimed: ClaimedOutbox,
    due_at: datetime,
    error: str,
    envelope: Mapping[str, object],
) -> bool:
    """Put it back untried: the attempt does not count. False: somebody else has it."""
    return await _settle(
        work,
        claimed,
        "state = $4, error = $5, envelope = $6, due_at = $7, claimed_by = NULL, "
        "attempts = attempts - 1",
        OutboxState.RETRY,
        error,
        dict(envelope),
        due_at,
    )


async def load_envelope(sql: Sql, message_id: UUID) -> dict[str, Any] | None:
    """Return the envelope of a message whose delivery failed or is unknown, None for any other."""
    row = await sql.fetch_one(
        f"SELECT envelope FROM outbox WHERE message_id = $1 AND state IN {MISCARRIED}", message_id
    )
    return as_dict(row["envelope"]) if row else None


async def run_again(work: Work, message_id: UUID, envelope: Mapping[str, object]) -> bool:
    """Queue a message once more whose delivery failed or is unknown, with all its attempts.

    False: there is none, or somebody else was first.
    """
    touched = await work.sql.execute(
        "UPDATE outbox SET state = 'queued', attempts = 0, due_at = $2, envelope = $3, "
        f"ended_at = NULL, error = NULL WHERE message_id = $1 AND state IN {MISCARRIED}",
        message_id,
        work.now,
        dict(envelope),
    )
    work.ring(Topic.OUTBOX)
    return touched > 0


async def next_due(sql: Sql, but: Collection[UUID] = ()) -> datetime | None:
    """Return when the earliest row is due, or a claim runs out; None while nothing waits. `but` as
    in `claim_due`."""
    row = await sql.fetch_one(
        f"SELECT min(due_at) AS due_at FROM outbox WHERE state IN {LIVE} "
        f"AND NOT {sql.member('inbox_id', 1)}",
        list(but),
    )
    return as_time_or_none(row["due_at"]) if row else None


async def count_unsent(sql: Sql) -> dict[str, int]:
    """Count what waits or went wrong, by state; what was sent is most of the table."""
    rows = await sql.fetch(
        "SELECT state, count(*) AS rows FROM outbox "
        f"WHERE state IN {LIVE} OR state IN ('failed', 'unknown', 'bounced') GROUP BY state"
    )
    return {row["state"]: int(row["rows"]) for row in rows}


async def _settle(work: Work, claimed: ClaimedOutbox, change: str, *values: object) -> bool:
    """Change the row if it is still ours: same owner, same attempt."""
    touched = await work.sql.execute(
        f"UPDATE outbox SET {change} "
        "WHERE id = $1 AND state = 'sending' AND claimed_by = $2 AND attempts = $3",
        claimed.id,
        claimed.owner,
        claimed.attempts,
        *values,
    )
    return touched > 0


def _claimed(row: Row, owner: str) -> ClaimedOutbox:
    return ClaimedOutbox(
        id=OutboxId(as_uuid(row["id"])),
        channel=ChannelKind(row["channel"]),
        inbox_id=InboxId(as_uuid(row["inbox_id"])),
        message_id=MessageId(as_uuid(row["message_id"])),
        ticket_id=TicketId(as_uuid(row["ticket_id"])),
        destination=row["destination"],
        external_id=row["external_id"],
        envelope=as_dict(row["envelope"]),
        attempts=int(row["attempts"]) + 1,
        owner=owner,
        interrupted=row["state"] == OutboxState.SENDING,
    )
