"""Rows that wait for a carrier: claimed for a while, then done, put off or given up.

For tables with `state`, `due_at`, `claimed_by`, `attempts`, `error` and `ended_at`. A claim that
ran out is found again, and whoever comes late changes nothing: the attempt is no longer theirs.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from servicedesk.kernel.database import Database
from servicedesk.kernel.sql import Row, Sql, as_time_or_none, as_uuid


class Waiting(NamedTuple):
    """A table and which of its columns a carrier needs, as SQL."""

    table: str
    columns: str


@dataclass(frozen=True, slots=True)
class Claim:
    """`attempts` counts this one."""

    table: str
    id: UUID
    owner: str
    attempts: int


async def claim_waiting(
    database: Database, waiting: Waiting, owner: str, limit: int, seconds: float
) -> list[tuple[Claim, Row]]:
    """Claim at most `limit` due rows for `seconds`, longest due first, with these columns."""
    table, columns = waiting
    now = await database.now()
    async with database.transaction() as sql:
        skip = "" if sql.on_sqlite else "FOR UPDATE SKIP LOCKED"
        rows = await sql.fetch(
            f"SELECT id, attempts, {columns} FROM {table} WHERE state = 'waiting' "
            f"AND due_at <= $1 ORDER BY due_at, id LIMIT $2 {skip}",
            now,
            limit,
        )
        if rows:
            await sql.execute(
                f"UPDATE {table} SET claimed_by = $1, due_at = $2, attempts = attempts + 1 "
                f"WHERE {sql.member('id', 3)}",
                owner,
                now + timedelta(seconds=seconds),
                [as_uuid(row["id"]) for row in rows],
            )
    return [
        (Claim(table, as_uuid(row["id"]), owner, int(row["attempts"]) + 1), row) for row in rows
    ]


async def finish_claim(database: Database, claim: Claim) -> None:
    """It was carried, or nobody needs it any more."""
    await _settle(database, claim, "state = 'done', error = NULL, ended_at = $4")


async def put_off_claim(database: Database, claim: Claim, error: str, wait_seconds: float) -> None:
    """Try again later."""
    await _settle(database, claim, "error = $5, due_at = $4", error, wait_seconds=wait_seconds)


async def give_up_claim(database: Database, claim: Claim, error: str) -> None:
    """No later attempt will be made."""
    await _settle(database, claim, "state = 'failed', error = $5, ended_at = $4", error)


async def next_due(sql: Sql, table: str) -> datetime | None:
    """Return when the earliest row is due, or a claim of one runs out."""
    row = await sql.fetch_one(f"SELECT min(due_at) AS due_at FROM {table} WHERE state = 'waiting'")
    return as_time_or_none(row["due_at"]) if row else None


async def _settle(
    database: Database, claim: Claim, change: str, *values: object, wait_seconds: float = 0.0
) -> None:
    await database.sql.execute(
        f"UPDATE {claim.table} SET {change}, claimed_by = NULL "
        "WHERE id = $1 AND claimed_by = $2 AND attempts = $3 AND state = 'waiting'",
        claim.id,
        claim.owner,
        claim.attempts,
        await database.now() + timedelta(seconds=wait_seconds),
        *values,
    )
