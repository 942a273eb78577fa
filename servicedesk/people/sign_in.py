"""Signing in and out. Guessing is braked per e-mail address and per network address."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from servicedesk.domain.actors import user_actor
from servicedesk.domain.errors import WrongCredentials
from servicedesk.domain.ids import Position, SessionId, TeamId
from servicedesk.domain.people import Viewer
from servicedesk.kernel.database import Database
from servicedesk.kernel.sql import Sql, as_uuid
from servicedesk.kernel.throttle import (
    Brake,
    Limit,
    begin_attempt,
    forget_attempts,
    sweep_throttle,
    take_back_attempt,
)
from servicedesk.kernel.work import Work
from servicedesk.people import sessions
from servicedesk.people.passwords import hash_password, is_right_password, needs_new_hash
from servicedesk.people.sessions import Origin, csrf_token, start_session
from servicedesk.people.shapes import User
from servicedesk.people.views import find_user

PER_EMAIL = Limit(
    attempts=5, window_seconds=900, first_block_seconds=60, longest_block_seconds=3600
)
PER_ADDRESS = Limit(
    attempts=30, window_seconds=900, first_block_seconds=60, longest_block_seconds=3600
)
ENDED_SESSIONS_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who makes a request: loaded anew for each, so that nothing outlives a change of rights."""

    viewer: Viewer
    session_id: SessionId
    user: User
    csrf_token: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """What somebody typed, and from where."""

    email: str
    password: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Started:
    """A new session: `token` goes into the cookie and is kept nowhere else."""

    token: str
    position: Position


async def sign_in(database: Database, attempt: Attempt, session_seconds: int) -> Started:
    """Open a session. Raises WrongCredentials, or TooManyAttempts while the brake is on.

    During a block the right password is refused too: else it would tell that it is right.
    """
    email = attempt.email.strip().lower()
    by_email = Brake("sign-in by e-mail", email, PER_EMAIL)
    by_address = Brake("sign-in by address", attempt.origin.address, PER_ADDRESS)
    await begin_attempt(database, [by_email, by_address])
    user_id, old_hash = await _check(database.sql, email, attempt.password)
    new_hash = await hash_password(attempt.password) if needs_new_hash(old_hash) else old_hash
    async with database.work(user_actor(user_id)) as work:
        await take_back_attempt(work.sql, by_address)  # first: begin_attempt locks by key
        await forget_attempts(work.sql, by_email)
        await _still_the_same(work, user_id, old_hash, new_hash)
        token = await start_session(work, user_id, attempt.origin, session_seconds)
    return Started(token, work.position)


async def find_session(database: Database, token: str) -> SignedIn | None:
    """Return who the token signs in, None if it is of no live session or the user is gone."""
    now = await database.now()
    session = await sessions.find_live(database.sql, token, now)
    if session is None:
        return None
    user = await find_user(database.sql, session.user_id)
    if user is None or not user.active:
        return None
    await sessions.touch(database.sql, session, now)
    viewer = Viewer(session.user_id, user.role, frozenset(map(TeamId, user.team_ids)))
    return SignedIn(viewer, session.id, user, csrf_token(token))


async def sign_out(database: Database, signed_in: SignedIn) -> Position:
    """End the session that the request came with."""
    user_id = signed_in.viewer.user_id
    async with database.work(user_actor(user_id)) as work:
        await sessions.end_session(work, user_id, signed_in.session_id, "user.signed_out")
    return work.position


async def revoke_session(database: Database, user_id: UUID, session_id: UUID) -> Position:
    """End one of the user's own sessions. Raises NotFound for anybody else's."""
    async with database.work(user_actor(user_id)) as work:
        await sessions.end_session(work, user_id, session_id, "session.revoked")
    return work.position


async def sweep_sessions(database: Database) -> int:
    """Delete what ended long ago, and idle brakes; return how many sessions went."""
    before = await database.now() - ENDED_SESSIONS_KEPT
    await sweep_throttle(database.sql, before)
    return await sessions.sweep_ended(database.sql, before)


async def _check(sql: Sql, email: str, password: str) -> tuple[UUID, str]:
    row = await sql.fetch_one(
        "SELECT id, password_hash, active FROM app_user WHERE email = $1", email
    )
    known_hash = row["password_hash"] if row else None
    is_right = await is_right_password(password, known_hash)
    if row is None or not is_right or not row["active"]:
        raise WrongCredentials("The e-mail address or the password is wrong.")
    return as_uuid(row["id"]), row["password_hash"]


async def _still_the_same(work: Work, user_id: UUID, old_hash: str, new_hash: str) -> None:
    """Lock the user; refuse if they were deactivated or got a new password in the meantime."""
    touched = await work.sql.execute(
        "UPDATE app_user SET password_hash = $3 WHERE id = $1 AND password_hash = $2 AND active",
        user_id,
        old_hash,
        new_hash,
    )
    if not touched:
        raise WrongCredentials("The e-mail address or the password is wrong.")
