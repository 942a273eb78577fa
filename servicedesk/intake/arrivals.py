"""The store of arrivals: what came in, raw, and what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from servicedesk.domain.errors import NotFound
from servicedesk.domain.ids import ArrivalId, InboxId
from servicedesk.domain.messages import ChannelKind, Inbound
from servicedesk.kernel import blobs
from servicedesk.kernel.blobs import Laid
from servicedesk.kernel.database import Database
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import (
    Row,
    Sql,
    as_dict,
    as_time,
    as_uuid,
    as_uuid_or_none,
    json_text,
)
from servicedesk.kernel.work import Work

COLUMNS = (
    "id, inbox_id, channel, blob, size_bytes, envelope, state, reason, attempts, received_at, "
    "ticket_id, message_id"
)


WRITTEN = (
    "id", "inbox_id", "channel", "blob", "size_bytes", "envelope", "state", "reason", "attempts",
    "received_at",
)  # fmt: skip
LONGEST_REASON = 500


class ArrivalState(StrEnum):
    STORED = "stored"  # durable, not understood yet
    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    SUSPENDED = "suspended"  # automatic mail that belongs to no ticket
    QUARANTINED = "quarantined"  # it could not be understood
    DISCARDED = "discarded"  # somebody threw it away


IN_HAND = timedelta(seconds=90)
"""Longer than any mail takes; who died with one in hand keeps it waiting as long."""
LET_IN = "let_in"
"""Key of the envelope: a person said that this arrival is a person's, whatever it looks like."""
WHOLE_SIZE = "whole_size_bytes"
"""Key of the envelope: only the beginning was taken in, of a mail of that size."""
TRUSTED_HOSTS = "trusted_hosts"
"""Key of the envelope, put there by the inbox: servers that it believes about senders."""
RETRYABLE = (ArrivalState.QUARANTINED, ArrivalState.SUSPENDED)


@dataclass(frozen=True, slots=True)
class Arrival:
    id: ArrivalId
    inbox_id: InboxId
    channel: ChannelKind
    blob: str
    size_bytes: int
    envelope: Mapping[str, Any]
    state: ArrivalState
    reason: str | None
    attempts: int
    received_at: datetime
    ticket_id: UUID | None
    message_id: UUID | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an arrival; `reason` for those that were not let in."""

    state: ArrivalState
    reason: str | None = None
    ticket_id: UUID | None = None
    message_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Raw:
    """A raw input whose file is stored. `fault`: why it cannot be let in as it is.

    `laid`: its file has no row yet (`Blobs.lay`).
    """

    blob: str
    size_bytes: int
    envelope: Mapping[str, object]
    fault: str | None = None
    laid: bool = False


async def insert_arrivals(
    work: Work, inboxes: Mapping[InboxId, ChannelKind], raws: Sequence[Raw]
) -> list[Arrival]:
    """Write down each raw input for each inbox it was sent to; return them in that order.

    They count as received from here. One with a fault is in quarantine at once. What is kept is
    counted over all of them: the same bytes may come twice in one portion.
    """
    written = [
        _received(work, raw, inbox_id, channel)
        for raw in raws
        for inbox_id, channel in inboxes.items()
    ]
    await work.sql.insert_later("arrival", [_row(arrival) for arrival in written])
    await _keep_blobs(work, raws, len(inboxes))
    for arrival in written:
        if arrival.state is ArrivalState.QUARANTINED:
            note_quarantined(work, arrival.id, arrival.inbox_id)
    return written


async def _keep_blobs(work: Work, raws: Sequence[Raw], times: int) -> None:
    put = [raw.blob for raw in raws if not raw.laid] * times
    laid = [Laid(raw.blob, raw.size_bytes, work.now) for raw in raws if raw.laid] * times
    await blobs.keep_later(work.sql, put)
    await blobs.keep_laid(work.sql, laid)


def note_quarantined(work: Work, arrival_id: ArrivalId, inbox_id: InboxId) -> None:
    payload = {"arrival_id": str(arrival_id), "inbox_id": str(inbox_id)}
    work.record("arrival.quarantined", payload=payload)


def _received(work: Work, raw: Raw, inbox_id: InboxId, channel: ChannelKind) -> Arrival:
    return Arrival(
        id=ArrivalId(new_id()),
        inbox_id=inbox_id,
        channel=channel,
        blob=raw.blob,
        size_bytes=raw.size_bytes,
        envelope=as_dict(json_text(dict(raw.envelope))),  # as it will be read
        state=ArrivalState.STORED if raw.fault is None else ArrivalState.QUARANTINED,
        reason=None if raw.fault is None else raw.fault[:LONGEST_REASON],
        attempts=0 if raw.fault is None else 1,
        received_at=work.now,
        ticket_id=None,
        message_id=None,
    )


def _row(arrival: Arrival) -> dict[str, object]:
    ended_at = None if arrival.state is ArrivalState.STORED else arrival.received_at
    return {name: getattr(arrival, name) for name in WRITTEN} | {"ended_at": ended_at}


async def get_arrival(sql: Sql, arrival_id: UUID) -> Arrival:
    row = await sql.fetch_one(f"SELECT {COLUMNS} FROM arrival WHERE id = $1", arrival_id)
    if row is None:
        raise no_arrival(arrival_id)
    return arrival_of(row)


def no_arrival(arrival_id: UUID) -> NotFound:
    """What is not there, or not the viewer's to see."""
    return NotFound(f"There is no arrival {arrival_id}.", arrival_id=str(arrival_id))


async def claim(sql: Sql, arrival_id: ArrivalId) -> bool:
    """Lock an arrival that still waits; False when another process has it or it is done."""
    lock = "" if sql.on_sqlite else "FOR UPDATE SKIP LOCKED"
    row = await sql.fetch_one(
        f"SELECT id FROM arrival WHERE id = $1 AND state = $2 {lock}",
        arrival_id,
        ArrivalState.STORED,
    )
    return row is not None


async def waiting_since(sql: Sql, before: datetime, limit: int) -> list[ArrivalId]:
    """Return arrivals that were stored before then and that nobody has worked on, oldest first."""
    rows = await sql.fetch(
        "SELECT id FROM arrival WHERE state = $1 AND received_at < $2 "
        "AND (ended_at IS NULL OR ended_at < $2) ORDER BY received_at, id LIMIT $3",
        ArrivalState.STORED,
        before,
        limit,
    )
    return [ArrivalId(as_uuid(row["id"])) for row in rows]


async def begin(database: Database, arrival_id: ArrivalId) -> bool:
    """Take a waiting arrival in hand for `IN_HAND`; False when another has it or it is done.

    While an arrival waits, `ended_at` says until when somebody has it in hand.
    """
    now = await database.now()
    return bool(
        await database.sql.execute(
            "UPDATE arrival SET ended_at = $3 WHERE id = $1 AND state = $2 "
            "AND (ended_at IS NULL OR ended_at < $4)",
            arrival_id,
            ArrivalState.STORED,
            now + IN_HAND,
            now,
        )
    )


async def let_go(database: Database, arrival_id: ArrivalId) -> None:
    """It could not be ended now; whoever comes next may take it in hand."""
    await database.sql.execute(
        "UPDATE arrival SET ended_at = NULL WHERE id = $1 AND state = $2",
        arrival_id,
        ArrivalState.STORED,
    )


class Standing(StrEnum):
    """What an arrival is among those of its inbox."""

    FIRST = "first"
    REPEATED = "repeated"  # the same message came through this inbox before
    TAKEN = "taken"  # another process admits it, or has


async def take_key(work: Work, arrival_id: ArrivalId, inbound: Inbound, *, free: bool) -> Standing:
    """Note the message's key for this arrival. Who comes second waits for the first to end.

    `free`: nobody had it a moment ago. If somebody has by now, the story fails with an
    IntegrityError.
    """
    key = {
        "id": new_id(),
        "inbox_id": inbound.inbox_id,
        "external_id": inbound.external_id[:512],
        "content_hash": inbound.content_hash,
        "arrival_id": arrival_id,
    }
    if free:
        await work.sql.insert_later("arrival_key", [key])
        return Standing.FIRST
    if await work.sql.insert("arrival_key", [key], "ON CONFLICT DO NOTHING"):
        return Standing.FIRST
    held = await work.sql.fetch_one(
        "SELECT 1 AS held FROM arrival_key WHERE arrival_id = $1", arrival_id
    )
    return Standing.REPEATED if held is None else Standing.TAKEN


async def finish(work: Work, arrival_id: ArrivalId, outcome: Outcome) -> None:
    """Write down what became of an arrival that was there before this transaction."""
    row: dict[str, object] = {
        "id": arrival_id,
        "state": outcome.state,
        "reason": outcome.reason,
        "ticket_id": outcome.ticket_id,
        "message_id": outcome.message_id,
        "ended_at": work.now,
    }
    await work.sql.gather_later(_finish_all, [row])


async def _finish_all(sql: Sql, rows: Sequence[Mapping[str, object]]) -> None:
    if len(rows) > 1 and not sql.on_sqlite:
        await sql.execute_later(
            "UPDATE arrival SET state = ended.state, reason = ended.reason, "
            "ticket_id = ended.ticket_id, message_id = ended.message_id, "
            "ended_at = ended.ended_at, attempts = arrival.attempts + 1 "
            "FROM json_populate_recordset(NULL::arrival, $1::json) ended "
            "WHERE arrival.id = ended.id",
            json_text(rows),
        )
        return
    for row in rows:
        await sql.execute_later(
            "UPDATE arrival SET state = $2, reason = $3, ticket_id = $4, message_id = $5, "
            "ended_at = $6, attempts = attempts + 1 WHERE id = $1",
            *row.values(),
        )


async def put_back(work: Work, arrival_id: UUID) -> bool:
    """Let a quarantined or suspended arrival be tried again; False if it is neither.

    Somebody looked at it: what was suspended as automatic is now let in as a person's.
    """
    row = await work.sql.fetch_one(
        f"SELECT envelope, state FROM arrival WHERE id = $1 {work.sql.for_update}", arrival_id
    )
    if row is not None and row["state"] == ArrivalState.SUSPENDED:
        envelope = {**as_dict(row["envelope"]), LET_IN: True}
        await work.sql.execute(
            "UPDATE arrival SET envelope = $2 WHERE id = $1", arrival_id, envelope
        )
    await work.sql.execute("DELETE FROM arrival_key WHERE arrival_id = $1", arrival_id)
    return bool(
        await work.sql.execute(
            "UPDATE arrival SET state = $2, ended_at = NULL "
            f"WHERE id = $1 AND {work.sql.member('state', 3)}",
            arrival_id,
            ArrivalState.STORED,
            [state.value for state in RETRYABLE],
        )
    )


async def discard(work: Work, arrival_id: UUID) -> bool:
    """Throw a quarantined or suspended arrival away, its raw input included."""
    row = await work.sql.fetch_one(
        f"SELECT blob FROM arrival WHERE id = $1 AND {work.sql.member('state', 2)} "
        f"{work.sql.for_update}",
        arrival_id,
        [state.value for state in RETRYABLE],
    )
    if row is None:
        return False
    await finish(work, ArrivalId(arrival_id), Outcome(ArrivalState.DISCARDED))
    await blobs.drop(work.sql, [row["blob"]])
    return True


def arrival_of(row: Row) -> Arrival:
    return Arrival(
        id=ArrivalId(as_uuid(row["id"])),
        inbox_id=InboxId(as_uuid(row["inbox_id"])),
        channel=ChannelKind(row["channel"]),
        blob=row["blob"],
        size_bytes=row["size_bytes"],
        envelope=as_dict(row["envelope"]),
        state=ArrivalState(row["state"]),
        reason=row["reason"],
        attempts=row["attempts"],
        received_at=as_time(row["received_at"]),
        ticket_id=as_uuid_or_none(row["ticket_id"]),
        message_id=as_uuid_or_none(row["message_id"]),
    )
