"""Mails from the desk to its own users, as rows: a story leaves one, a carrier sends it.

    waiting ──claim──▶ (claimed until due_at) ──finish──▶ done | failed
                 ▲                  │
                 └──── later ───────┘

A claim that ran out is found again: a user may rarely get such a mail twice, never not at all.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
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
from servicedesk.kernel.sql import Sql, as_dict, as_time, as_uuid, as_uuid_or_none
from servicedesk.kernel.work import Work

NOTICE_ID = "notice."
"""How the Message-ID of such a mail begins, so that an answer to it is known."""
GIVEN_UP_AFTER = timedelta(hours=16)
"""As long as an answer is tried: who is called by such a mail may be called by it only."""
FIRST_SECONDS = 10.0
LONGEST_SECONDS = 900.0
WAITING = Waiting("notice", "user_id, kind, ticket_id, arguments, created_at")


@dataclass(frozen=True, slots=True)
class Notice:
    """One mail to one user. `attempts` counts those that were begun."""

    id: UUID
    user_id: UUID
    kind: str
    ticket_id: UUID | None
    arguments: Mapping[str, Any]
    attempts: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Miscarried:
    """Why a notice was not sent. `wait_seconds`: it was not even tried, and shall not be before."""

    error: str
    wait_seconds: float | None = None


async def add_mail_notices(
    work: Work,
    kind: str,
    user_ids: Iterable[UUID],
    ticket_id: UUID,
    arguments: Mapping[str, object],
) -> None:
    """Leave each of the users a mail, once for the occasion that `arguments` name by "id"."""
    rows = [
        {
            "id": new_id(),
            "once_key": f"{kind}:{arguments['id']}:{user_id}",
            "user_id": user_id,
            "kind": kind,
            "ticket_id": ticket_id,
            "arguments": dict(arguments),
            "state": "waiting",
            "due_at": work.now,
            "created_at": work.now,
        }
        for user_id in sorted(set(user_ids))
    ]
    if rows:
        await work.sql.insert("notice", rows, "ON CONFLICT DO NOTHING")
        work.ring(Topic.OUTBOX)


async def claim_notices(database: Database, owner: str, limit: int, seconds: float) -> list[Notice]:
    """Claim at most `limit` due notices for `seconds`, longest due first."""
    found = await claim_waiting(database, WAITING, owner, limit, seconds)
    return [
        Notice(
            id=claim.id,
            user_id=as_uuid(row["user_id"]),
            kind=row["kind"],
            ticket_id=as_uuid_or_none(row["ticket_id"]),
            arguments=as_dict(row["arguments"]),
            attempts=claim.attempts,
            created_at=as_time(row["created_at"]),
        )
        for claim, row in found
    ]


async def finish_notice(database: Database, notice: Notice, owner: str) -> None:
    """It was sent, or nobody needs it any more."""
    await finish_claim(database, _claim(notice, owner))


async def postpone_notice(database: Database, notice: Notice, owner: str, why: Miscarried) -> None:
    """It could not be sent: try again later, and give up after `GIVEN_UP_AFTER`."""
    claim = _claim(notice, owner)
    if await database.now() - notice.created_at >= GIVEN_UP_AFTER:
        await give_up_claim(database, claim, why.error)
        return
    wait = why.wait_seconds or delay_seconds(
        notice.attempts, first_seconds=FIRST_SECONDS, longest_seconds=LONGEST_SECONDS
    )
    await put_off_claim(database, claim, why.error, wait)


async def next_notice_due(sql: Sql) -> datetime | None:
    """Return when the earliest notice is due, or a claim of one runs out."""
    return await next_due(sql, "notice")


async def load_failed_notices(sql: Sql) -> tuple[int, str]:
    """Return how many were given up, and what was said of the last one ("" if of none)."""
    row = await sql.fetch_one(
        "SELECT count(*) AS found, (SELECT error FROM notice WHERE state = 'failed' "
        "ORDER BY ended_at DESC, id LIMIT 1) AS error FROM notice WHERE state = 'failed'"
    )
    return (0, "") if row is None else (int(row["found"]), row["error"] or "")


def _claim(notice: Notice, owner: str) -> Claim:
    return Claim("notice", notice.id, owner, notice.attempts)
