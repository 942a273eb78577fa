"""A brake on guessing that survives a restart: attempts counted in rows, by database time.

An attempt is counted before it is carried out, under the row's lock: a thousand guesses sent at
once are a thousand counted guesses. What turns out to be honest is taken off again.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from servicedesk.domain.errors import TooManyAttempts
from servicedesk.kernel.database import Database
from servicedesk.kernel.sql import Sql, as_time, as_time_or_none


@dataclass(frozen=True, slots=True)
class Limit:
    """`attempts` within `window_seconds` are free; the last of them starts the first block.

    Each further one doubles the block, up to `longest_block_seconds`.
    """

    attempts: int
    window_seconds: int
    first_block_seconds: int
    longest_block_seconds: int


@dataclass(frozen=True, slots=True)
class Count:
    """How often something was tried since when, and until when it is blocked."""

    count: int
    window_started_at: datetime
    blocked_until: datetime | None


@dataclass(frozen=True, slots=True)
class Brake:
    """A limit on one thing: `name` says what it is ("sign-in by address"), `of` which one."""

    name: str
    of: str
    limit: Limit

    @property
    def key(self) -> str:
        """Bounded in length, and no e-mail address in the clear."""
        return f"{self.name}:{hashlib.sha256(self.of.encode()).hexdigest()}"


def count_attempt(count: Count | None, limit: Limit, now: datetime) -> Count:
    """Return the count with one more attempt. Only for an attempt that is not blocked now."""
    if count is None or _is_over(count, limit, now):
        count = Count(0, now, None)
    tried = count.count + 1
    blocked_until = count.blocked_until
    if tried >= limit.attempts:
        doubled = limit.first_block_seconds * 2 ** min(tried - limit.attempts, 30)
        blocked_until = now + timedelta(seconds=min(doubled, limit.longest_block_seconds))
    return Count(tried, count.window_started_at, blocked_until)


def seconds_blocked(count: Count | None, now: datetime) -> int:
    """Return for how many whole seconds the block still lasts, 0 if there is none."""
    if count is None or count.blocked_until is None or count.blocked_until <= now:
        return 0
    return math.ceil((count.blocked_until - now).total_seconds())


def _is_over(count: Count, limit: Limit, now: datetime) -> bool:
    since = count.blocked_until or count.window_started_at
    return now >= since + timedelta(seconds=limit.window_seconds)


async def begin_attempt(database: Database, brakes: Sequence[Brake]) -> None:
    """Count an attempt on every brake; raise TooManyAttempts if one of them is on.

    A refused attempt is not counted: the block has its end whoever goes on knocking.
    """
    now = await database.now()
    refused_seconds = 0
    async with database.transaction() as sql:
        counts = [
            (brake, await _lock(sql, brake, now))
            for brake in sorted(brakes, key=lambda brake: brake.key)
        ]
        refused_seconds = max(seconds_blocked(count, now) for _, count in counts)
        if not refused_seconds:
            for brake, count in counts:
                await _save(sql, brake, count_attempt(count, brake.limit, now))
    if refused_seconds:
        raise TooManyAttempts(
            f"There were too many failed attempts. Try again in {refused_seconds} seconds.",
            retry_after_seconds=refused_seconds,
        )


async def forget_attempts(sql: Sql, brake: Brake) -> None:
    """Start anew: the right one came."""
    await sql.execute("DELETE FROM throttle WHERE key = $1", brake.key)


async def take_back_attempt(sql: Sql, brake: Brake) -> None:
    """Uncount one attempt that was honest, and the block that only it started."""
    await sql.execute(
        "UPDATE throttle SET count = count - 1, "
        "blocked_until = CASE WHEN count <= $2 THEN NULL ELSE blocked_until END "
        "WHERE key = $1 AND count > 0",
        brake.key,
        brake.limit.attempts,
    )


async def sweep_throttle(sql: Sql, before: datetime) -> int:
    """Delete counts that have been idle since `before`; return how many."""
    return await sql.execute(
        "DELETE FROM throttle WHERE window_started_at < $1 "
        "AND (blocked_until IS NULL OR blocked_until < $1)",
        before,
    )


async def _lock(sql: Sql, brake: Brake, now: datetime) -> Count:
    fresh = {"key": brake.key, "count": 0, "window_started_at": now, "blocked_until": None}
    await sql.insert("throttle", [fresh], "ON CONFLICT DO NOTHING")
    row = await sql.fetch_one(
        "SELECT count, window_started_at, blocked_until FROM throttle WHERE key = $1 "
        f"{sql.for_update}",
        brake.key,
    )
    if row is None:  # swept between the two statements: nothing was counted
        return Count(0, now, None)
    return Count(
        row["count"], as_time(row["window_started_at"]), as_time_or_none(row["blocked_until"])
    )


async def _save(sql: Sql, brake: Brake, count: Count) -> None:
    await sql.execute(
        "UPDATE throttle SET count = $2, window_started_at = $3, blocked_until = $4 WHERE key = $1",
        brake.key,
        count.count,
        count.window_started_at,
        count.blocked_until,
    )
