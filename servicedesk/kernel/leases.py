"""Leases: where only one may act (the router, one mailbox), by database time, with fencing tokens.

A holder renews well before the end. A writer checks its token in the transaction of its write, so
one that slept through its lease cannot write after another took over (Kleppmann, "How to do
distributed locking": the token, not the clock of the holder, protects the rows).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from servicedesk.domain.errors import LeaseLost
from servicedesk.kernel.sql import Sql

LATER = "clock_timestamp() + make_interval(secs => $3)"
LATER_SQLITE = "strftime('%Y-%m-%d %H:%M:%f', 'now', '+' || $3 || ' seconds') || '+00:00'"
NOW = "clock_timestamp()"
NOW_SQLITE = "strftime('%Y-%m-%d %H:%M:%f', 'now') || '+00:00'"


@dataclass(frozen=True, slots=True)
class Lease:
    """A held lease. `token` is larger than that of every earlier holder."""

    name: str
    owner: str
    token: int


async def acquire(sql: Sql, name: str, owner: str, seconds: float) -> Lease | None:
    """Take or renew the lease; None while somebody else holds it."""
    now, later = (NOW_SQLITE, LATER_SQLITE) if sql.on_sqlite else (NOW, LATER)
    statement = f"""
        INSERT INTO lease (name, owner, token, expires_at) VALUES ($1, $2, 1, {later})
        ON CONFLICT (name) DO UPDATE SET
            owner = excluded.owner,
            expires_at = excluded.expires_at,
            token = lease.token + CASE WHEN lease.owner = excluded.owner THEN 0 ELSE 1 END
        WHERE lease.owner = excluded.owner OR lease.expires_at < {now}
        RETURNING token
    """
    row = await sql.fetch_one(
        statement, name, owner, seconds if not sql.on_sqlite else str(seconds)
    )
    return None if row is None else Lease(name, owner, int(row["token"]))


async def hold(sql: Sql, lease: Lease) -> None:
    """Lock the lease inside a transaction; raise LeaseLost if it is not ours any more.

    An expired lease that nobody took is still ours: its token is the largest.
    """
    lock = "" if sql.on_sqlite else "FOR SHARE"
    row = await sql.fetch_one(f"SELECT owner, token FROM lease WHERE name = $1 {lock}", lease.name)
    if row is None or row["owner"] != lease.owner or int(row["token"]) != lease.token:
        raise LeaseLost(
            f"The lease {lease.name} moved on from token {lease.token}. Stop and stand by.",
            lease=lease.name,
        )


async def find_held(sql: Sql, names: Sequence[str]) -> frozenset[str]:
    """Return those of the leases that somebody holds now."""
    now = NOW_SQLITE if sql.on_sqlite else NOW
    rows = await sql.fetch(
        f"SELECT name FROM lease WHERE {sql.member('name', 1)} AND owner <> '' "
        f"AND expires_at > {now}",
        names,
    )
    return frozenset(row["name"] for row in rows)


async def release(sql: Sql, lease: Lease) -> None:
    """Let go at once, so that a successor need not wait for the end. The token stays."""
    past = "'1970-01-01 00:00:00+00:00'" if sql.on_sqlite else "'epoch'::timestamptz"
    await sql.execute(
        f"UPDATE lease SET owner = '', expires_at = {past} "
        "WHERE name = $1 AND owner = $2 AND token = $3",
        lease.name,
        lease.owner,
        lease.token,
    )
