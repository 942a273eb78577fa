"""The first answer to a request that may come twice (IETF draft "The Idempotency-Key HTTP Header").

A request claims its key before it runs, and leaves its answer there. The same request again gets
that answer. One whose process died in between is never run again by itself, for it may have been
committed: the caller is told to look.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from servicedesk.domain.errors import Conflict
from servicedesk.kernel.database import Database
from servicedesk.kernel.sql import Row, as_json, as_time

KEPT = timedelta(hours=24)
MAY_STILL_RUN = timedelta(seconds=60)


class KeyReused(Conflict):
    """The key belongs to a different request."""

    code = "idempotency-key-reused"


class StillRunning(Conflict):
    """The first request with this key has not ended."""

    code = "still-running"


class OutcomeUnknown(Conflict):
    """The first request with this key never ended: its process died on the way."""

    code = "outcome-unknown"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the first request was answered with."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """A key that is ours to answer, until `finish` or `release`."""

    key: str


async def claim(database: Database, scope: str, key: str, request: bytes) -> Claim | Answer:
    """Claim the key (`scope` says whose: a user's id) or return the answer given before.

    `request` is what must be the same: method, path and body. Raises KeyReused, StillRunning or
    OutcomeUnknown.
    """
    now = await database.now()
    row: dict[str, object] = {
        "key": _digest(scope.encode() + b"\0" + key.encode()),
        "request_hash": _digest(request),
        "created_at": now,
    }
    async with database.transaction() as sql:
        if await sql.insert("idempotency", [row], "ON CONFLICT DO NOTHING"):
            return Claim(str(row["key"]))
        found = await sql.fetch_one(
            "SELECT request_hash, status, headers, body, created_at FROM idempotency "
            "WHERE key = $1",
            row["key"],
        )
    return _answer(found, str(row["request_hash"]), now)


async def finish(database: Database, claim: Claim, answer: Answer) -> None:
    """Keep the answer for a day."""
    await database.sql.execute(
        "UPDATE idempotency SET status = $2, headers = $3, body = $4 "
        "WHERE key = $1 AND status IS NULL",
        claim.key,
        answer.status,
        dict(answer.headers),
        answer.body,
    )


async def release(database: Database, claim: Claim) -> None:
    """Give the key back: the request did nothing and may come again."""
    await database.sql.execute(
        "DELETE FROM idempotency WHERE key = $1 AND status IS NULL", claim.key
    )


async def sweep(database: Database) -> int:
    """Forget answers older than a day; return how many."""
    before = await database.now() - KEPT
    return await database.sql.execute("DELETE FROM idempotency WHERE created_at < $1", before)


def _answer(found: Row | None, request_hash: str, now: datetime) -> Answer:
    if found is None:  # released between our two statements
        raise StillRunning("A request with this Idempotency-Key has just ended. Send it again.")
    if found["request_hash"] != request_hash:
        raise KeyReused(
            "This Idempotency-Key came with another request. Use a new key for a new request."
        )
    if found["status"] is None:
        raise _unfinished(now - as_time(found["created_at"]))
    return Answer(int(found["status"]), as_json(found["headers"]) or {}, bytes(found["body"]))


def _unfinished(age: timedelta) -> Conflict:
    if age < MAY_STILL_RUN:
        return StillRunning("A request with this Idempotency-Key is running. Try again shortly.")
    return OutcomeUnknown(
        "A request with this Idempotency-Key began and never ended. Look whether it took effect; "
        "if not, send it with a new key."
    )


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
