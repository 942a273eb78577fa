"""Calls of other people's webhooks, as rows: a story leaves one, a carrier makes it.

    waiting ──claim──▶ (claimed until due_at) ──finish──▶ done | failed
                 ▲                  │
                 └──── later ───────┘

At least once: the `id` in the body is the same at each attempt, so that a receiver can tell.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from servicedesk.kernel.backoff import delay_seconds
from servicedesk.kernel.bus import Topic
from servicedesk.kernel.database import Database
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import Sql, as_dict, as_time_or_none, as_uuid
from servicedesk.kernel.work import Work

MOST_ATTEMPTS = 12
FIRST_SECONDS = 5.0
LONGEST_SECONDS = 3_600.0


@dataclass(frozen=True, slots=True)
class Webhook:
    """One call. `attempts` counts this one."""

    id: UUID
    url: str
    body: Mapping[str, Any]
    attempts: int


async def add_webhooks(
    work: Work, once_key: str, urls: Sequence[str], body: Mapping[str, object]
) -> None:
    """Leave a call of each address, once for each key."""
    rows = [
        {
            "id": new_id(),
            "once_key": f"{once_key}:{place}",
            "url": url,
            "body": {"id": f"{once_key}:{place}", **body},
            "state": "waiting",
            "due_at": work.now,
            "created_at": work.now,
        }
        for place, url in enumerate(urls)
    ]
    if rows:
        await work.sql.insert("webhook", rows, "ON CONFLICT DO NOTHING")
        work.ring(Topic.OUTBOX)


async def claim_webhooks(
    database: Database, owner: str, limit: int, seconds: float
) -> list[Webhook]:
    """Claim at most `limit` due calls for `seconds`, longest due first."""
    now = await database.now()
    async with database.transaction() as sql:
        skip = "" if sql.on_sqlite else "FOR UPDATE SKIP LOCKED"
        rows = await sql.fetch(
            "SELECT id, url, body, attempts FROM webhook WHERE state = 'waiting' AND due_at <= $1 "
            f"ORDER BY due_at, id LIMIT $2 {skip}",
            now,
            limit,
        )
        if rows:
            await sql.execute(
                "UPDATE webhook SET claimed_by = $1, due_at = $2, attempts = attempts + 1 "
                f"WHERE {sql.member('id', 3)}",
                owner,
                now + timedelta(seconds=seconds),
                [as_uuid(row["id"]) for row in rows],
            )
    return [
        Webhook(as_uuid(row["id"]), row["url"], as_dict(row["body"]), int(row["attempts"]) + 1)
        for row in rows
    ]


async def finish_webhook(database: Database, webhook: Webhook, owner: str) -> None:
    """The other side took it."""
    await database.sql.execute(
        "UPDATE webhook SET state = 'done', ended_at = $3, claimed_by = NULL, error = NULL "
        "WHERE id = $1 AND claimed_by = $2",
        webhook.id,
        owner,
        await database.now(),
    )


async def postpone_webhook(
    database: Database, webhook: Webhook, owner: str, error: str, *, for_good: bool = False
) -> None:
    """It was not taken: try again later, and give up after `MOST_ATTEMPTS`, or at once."""
    now = await database.now()
    failed = for_good or webhook.attempts >= MOST_ATTEMPTS
    wait = delay_seconds(
        webhook.attempts, first_seconds=FIRST_SECONDS, longest_seconds=LONGEST_SECONDS
    )
    await database.sql.execute(
        "UPDATE webhook SET state = $3, due_at = $4, error = $5, claimed_by = NULL, ended_at = $6 "
        "WHERE id = $1 AND claimed_by = $2",
        webhook.id,
        owner,
        "failed" if failed else "waiting",
        now + timedelta(seconds=wait),
        error,
        now if failed else None,
    )


async def next_webhook_due(sql: Sql) -> datetime | None:
    """Return when the earliest call is due, or a claim of one runs out."""
    row = await sql.fetch_one("SELECT min(due_at) AS due_at FROM webhook WHERE state = 'waiting'")
    return as_time_or_none(row["due_at"]) if row else None
