"""The journal: the append-only record of everything that happened (ADR 2).

An entry is written last in the transaction of its change, without a position. After the commit it
is stamped: `journal_stamp()` gives the next positions, in id order, to all committed entries that
have none. Readers ask for `position > last`. On SQLite the one writer stamps inside the
transaction.
Payloads hold ids, enums and numbers, never a person's words, name, address or subject.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from servicedesk.domain.actors import Actor
from servicedesk.domain.ids import Position
from servicedesk.kernel.bulk import insert_bulk_along
from servicedesk.kernel.sql import Row, Sql, as_dict, as_json, as_time, as_uuid_or_none

MANY = 50
"""From so many entries on they are written in bulk: placeholders would cost more."""
COLUMNS = "id, position, at, actor, kind, version, ticket_id, order_id, payload, trace"


@dataclass(frozen=True, slots=True)
class NewEntry:
    """What a story records. `kind` is past tense with its subject: "ticket.opened"."""

    kind: str
    ticket_id: UUID | None = None
    order_id: UUID | None = None
    payload: Mapping[str, object] = field(default_factory=dict)
    trace: Mapping[str, object] | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """A stamped entry. `payload` and `trace` are as the kind's version says."""

    id: int
    position: Position
    at: datetime
    actor: Actor
    kind: str
    version: int
    ticket_id: UUID | None
    order_id: UUID | None
    payload: Mapping[str, Any]
    trace: Mapping[str, Any] | None


async def write(sql: Sql, at: datetime, actor: Actor, entries: Sequence[NewEntry]) -> int:
    """Append the entries, in their order, and return the id of the last. Not stamped yet."""
    rows = _rows(at, actor, entries)
    if len(rows) < MANY:
        return await sql.insert_returning_last_id("journal", rows)
    found = await insert_bulk_along(sql, "journal", rows, "RETURNING id")
    return max(int(row["id"]) for row in found)


async def write_later(sql: Sql, at: datetime, actor: Actor, entries: Sequence[NewEntry]) -> None:
    """Append the entries with the transaction's end."""
    await sql.insert_later("journal", _rows(at, actor, entries))


def _rows(at: datetime, actor: Actor, entries: Sequence[NewEntry]) -> list[dict[str, object]]:
    return [
        {
            "at": at,
            "actor": str(actor),
            "kind": entry.kind,
            "version": entry.version,
            "ticket_id": entry.ticket_id,
            "order_id": entry.order_id,
            "payload": dict(entry.payload),
            "trace": None if entry.trace is None else dict(entry.trace),
        }
        for entry in entries
    ]


async def stamp(sql: Sql, entry_id: int | None = None) -> Position:
    """Give positions to all committed entries without one.

    Returns the position of the entry with that id; without one, the journal's head.
    """
    if sql.on_sqlite:
        await sql.execute("UPDATE journal SET position = id WHERE position IS NULL")
        return await head(sql) if entry_id is None else Position(entry_id)
    row = await sql.fetch_one("SELECT journal_stamp($1) AS position", entry_id)
    return Position(int(row["position"]) if row and row["position"] is not None else 0)


async def head(sql: Sql) -> Position:
    """Return the last position given, 0 in an empty journal."""
    row = await sql.fetch_one(
        "SELECT coalesce(max(position), 0) AS position FROM journal"
        if sql.on_sqlite
        else "SELECT position FROM journal_head WHERE name = 'journal'"
    )
    return Position(int(row["position"]) if row else 0)


async def read_after(sql: Sql, position: int, limit: int) -> list[Entry]:
    """Return at most `limit` entries after the position, in order."""
    rows = await sql.fetch(
        f"SELECT {COLUMNS} FROM journal WHERE position > $1 ORDER BY position LIMIT $2",
        position,
        limit,
    )
    return [_entry(row) for row in rows]


async def read_ticket(sql: Sql, ticket_id: UUID, before: int, limit: int) -> list[Entry]:
    """Return the ticket's newest entries with a position below `before`, newest first."""
    rows = await sql.fetch(
        f"SELECT {COLUMNS} FROM journal WHERE ticket_id = $1 AND position < $2 "
        "ORDER BY position DESC LIMIT $3",
        ticket_id,
        before,
        limit,
    )
    return [_entry(row) for row in rows]


def _entry(row: Row) -> Entry:
    return Entry(
        id=row["id"],
        position=Position(row["position"]),
        at=as_time(row["at"]),
        actor=Actor.parse(row["actor"]),
        kind=row["kind"],
        version=row["version"],
        ticket_id=as_uuid_or_none(row["ticket_id"]),
        order_id=as_uuid_or_none(row["order_id"]),
        payload=as_dict(row["payload"]),
        trace=as_json(row["trace"]),
    )
