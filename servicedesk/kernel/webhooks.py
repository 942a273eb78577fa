"""Calls of other people's webhooks, as rows: a story leaves one, a carrier makes it.

    waiting ──claim──▶ (claimed until due_at) ──finish──▶ done | failed
                 ▲                  │
                 └──── later ───────┘

At least once: the `id` in the body is the same at each attempt, so that a receiver can tell.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from servicedesk.kernel.backoff import delay_seconds
from servicedesk.kernel.bus import Topic
from servicedesk.kernel.claims import (
    Claim,
    Waiting,
    claim_waiting,
    finish_claim,
    give_up_claim,
    next_due,
    put_off_claim,
)
from servicedesk.kernel.database import Database
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import Sql, as_dict
from servicedesk.kernel.work import Work

MOST_ATTEMPTS = 12
FIRST_SECONDS = 5.0
LONGEST_SECONDS = 3_600.0
WAITING = Waiting("webhook", "url, body")


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
    found = await claim_waiting(database, WAITING, owner, limit, seconds)
    return [
        Webhook(claim.id, row["url"], as_dict(row["body"]), claim.attempts) for claim, row in found
    ]


async def finish_webhook(database: Database, webhook: Webhook, owner: str) -> None:
    """The other side took it."""
    await finish_claim(database, _claim(webhook, owner))


async def postpone_webhook(
    database: Database, webhook: Webhook, owner: str, error: str, *, for_good: bool = False
) -> None:
    """It was not taken: try again later, and give up after `MOST_ATTEMPTS`, or at once."""
    claim = _claim(webhook, owner)
    if for_good or webhook.attempts >= MOST_ATTEMPTS:
        await give_up_claim(database, claim, error)
        return
    wait = delay_seconds(
        webhook.attempts, first_seconds=FIRST_SECONDS, longest_seconds=LONGEST_SECONDS
    )
    await put_off_claim(database, claim, error, wait)


async def next_webhook_due(sql: Sql) -> datetime | None:
    """Return when the earliest call is due, or a claim of one runs out."""
    return await next_due(sql, "webhook")


def _claim(webhook: Webhook, owner: str) -> Claim:
    return Claim("webhook", webhook.id, owner, webhook.attempts)
