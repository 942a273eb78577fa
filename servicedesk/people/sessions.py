"""The store of sessions: each one a sign-in that can be listed and revoked.

The cookie holds a random token, the row only its SHA-256: who reads the table cannot sign in. The
token has 256 random bits, so a plain hash is enough; `key_id` names the way it was hashed.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from servicedesk.domain.errors import NotFound
from servicedesk.domain.ids import SessionId, UserId
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import Row, Sql, as_time, as_uuid
from servicedesk.kernel.work import Work
from servicedesk.people.shapes import SessionInfo

TOKEN_BYTES = 32
HASHED_WITH = "sha256-1"
SEEN_EVERY = timedelta(minutes=5)
MOST_LISTED = 100
USER_AGENT_KEPT = 400


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a sign-in comes from, as the list of sessions shows it."""

    address: str
    user_agent: str


@dataclass(frozen=True, slots=True)
class LiveSession:
    id: SessionId
    user_id: UserId
    last_seen_at: datetime
    expires_at: datetime


async def start_session(work: Work, user_id: UUID, origin: Origin, seconds: int) -> str:
    """Open a session that ends after `seconds` without use; return its token."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session_id = new_id()
    row = {
        "id": session_id,
        "user_id": user_id,
        "token_hash": _hashed(token),
        "key_id": HASHED_WITH,
        "created_at": work.now,
        "last_seen_at": work.now,
        "expires_at": work.now + timedelta(seconds=seconds),
        "revoked_at": None,
        "address": origin.address[:64],
        "user_agent": origin.user_agent[:USER_AGENT_KEPT],
    }
    await work.sql.insert("session", [row])
    work.record("user.signed_in", payload={"user_id": user_id, "session_id": session_id})
    return token


def csrf_token(token: str) -> str:
    """Return the session's CSRF token: known to who knows the session's, and not the way back."""
    mac = hmac.digest(token.encode(), b"servicedesk csrf", hashlib.sha256)
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()


async def find_live(sql: Sql, token: str, now: datetime) -> LiveSession | None:
    """Return the session of the token unless it was revoked or has ended by `now`."""
    row = await sql.fetch_one(
        "SELECT id, user_id, last_seen_at, expires_at FROM session "
        "WHERE token_hash = $1 AND revoked_at IS NULL AND expires_at > $2",
        _hashed(token),
        now,
    )
    return _live(row) if row else None


async def touch(sql: Sql, session: LiveSession, now: datetime) -> None:
    """Note that the session is in use, now and then: its end moves along by its lifetime."""
    if now - session.last_seen_at < SEEN_EVERY:
        return
    await sql.execute(
        "UPDATE session SET last_seen_at = $2, expires_at = $3 "
        "WHERE id = $1 AND revoked_at IS NULL",
        session.id,
        now,
        now + (session.expires_at - session.last_seen_at),
    )


async def list_sessions(sql: Sql, user_id: UUID, current: UUID, now: datetime) -> list[SessionInfo]:
    """Return the user's live sessions, the one last used first."""
    rows = await sql.fetch(
        "SELECT id, created_at, last_seen_at, address, user_agent FROM session "
        "WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2 "
        "ORDER BY last_seen_at DESC, id LIMIT $3",
        user_id,
        now,
        MOST_LISTED,
    )
    return [
        SessionInfo(
            id=as_uuid(row["id"]),
            created_at=as_time(row["created_at"]),
            last_seen_at=as_time(row["last_seen_at"]),
            address=row["address"],
            user_agent=row["user_agent"],
            current=as_uuid(row["id"]) == current,
        )
        for row in rows
    ]


async def end_session(work: Work, user_id: UUID, session_id: UUID, kind: str) -> None:
    """End one of the user's sessions; raise NotFound if it is not theirs or has ended.

    `kind` is the journal's: "session.revoked", or "user.signed_out" by the user's own hand.
    """
    touched = await work.sql.execute(
        "UPDATE session SET revoked_at = $3 "
        "WHERE id = $1 AND user_id = $2 AND revoked_at IS NULL AND expires_at > $3",
        session_id,
        user_id,
        work.now,
    )
    if not touched:
        raise NotFound("There is no such session, or it has ended already.")
    work.record(kind, payload={"user_id": user_id, "session_id": session_id})


async def revoke_all(work: Work, user_id: UUID, *, but: UUID | None = None) -> None:
    """End every session of the user, except `but`."""
    rows = await work.sql.fetch(
        "SELECT id FROM session WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2 "
        f"ORDER BY id {work.sql.for_update}",
        user_id,
        work.now,
    )
    for row in rows:
        session_id = as_uuid(row["id"])
        if session_id != but:
            await end_session(work, user_id, session_id, "session.revoked")


async def sweep_ended(sql: Sql, before: datetime) -> int:
    """Delete sessions that ended before the time; return how many."""
    return await sql.execute("DELETE FROM session WHERE expires_at < $1 OR revoked_at < $1", before)


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _live(row: Row) -> LiveSession:
    return LiveSession(
        id=SessionId(as_uuid(row["id"])),
        user_id=UserId(as_uuid(row["user_id"])),
        last_seen_at=as_time(row["last_seen_at"]),
        expires_at=as_time(row["expires_at"]),
    )
