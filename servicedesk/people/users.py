"""Stories of users: made, changed and deactivated by administrators. Nobody is ever deleted."""

import re
from dataclasses import dataclass
from uuid import UUID

from servicedesk.domain.actors import Actor
from servicedesk.domain.errors import BadInput, Conflict, NotFound
from servicedesk.domain.ids import Position, UserId
from servicedesk.domain.people import Role
from servicedesk.kernel.database import Database
from servicedesk.kernel.http.conditions import check_version
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import Row, Sql
from servicedesk.kernel.work import Work
from servicedesk.people.members import lock_teams, set_teams
from servicedesk.people.passwords import check_password, hash_password
from servicedesk.people.sessions import revoke_all
from servicedesk.people.shapes import Locale

_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f]{1,64}@[^@\s\x00-\x1f\x7f]{1,180}")


@dataclass(frozen=True, slots=True)
class NewUser:
    """`email` as typed: it is kept lower case. `password` is kept nowhere."""

    name: str
    email: str
    role: Role
    password: str
    locale: Locale = "en"
    time_zone: str = "UTC"
    team_ids: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class UserChanges:
    """What shall become different; None leaves it as it is."""

    name: str | None = None
    email: str | None = None
    role: Role | None = None
    active: bool | None = None
    password: str | None = None
    team_ids: tuple[UUID, ...] | None = None
    locale: Locale | None = None
    time_zone: str | None = None


class EmailTaken(Conflict):
    """Another user, perhaps a deactivated one, has the address."""

    code = "email-taken"


class LastAdministrator(Conflict):
    """Without an administrator nobody could make one again."""

    code = "last-administrator"


async def create_user(database: Database, actor: Actor, new: NewUser) -> tuple[UserId, Position]:
    """A story. Raises WeakPassword, EmailTaken, and BadInput for an unknown team."""
    password_hash = await hash_new_password(new)
    async with database.work(actor) as work:
        user_id = await add_user(work, new, password_hash)
    return user_id, work.position


def normal_email(text: str) -> str:
    """Return the address as it is kept and looked up. Raises BadInput for what is none."""
    email = text.strip().lower()
    if not _EMAIL.fullmatch(email):
        raise BadInput("This is no e-mail address; it must be like name@example.com.", path="email")
    return email


async def hash_new_password(new: NewUser, *about: str) -> str:
    """Check and hash the password, before any transaction: it takes a tenth of a second.

    `about`: further words that must not be the password, such as the company's name.
    """
    check_password(new.password, (new.name, new.email, *about))
    return await hash_password(new.password)


async def add_user(work: Work, new: NewUser, password_hash: str) -> UserId:
    """Make a user inside a story. Raises EmailTaken, and BadInput for an unknown team."""
    await lock_teams(work.sql)
    user_id = UserId(new_id())
    row = {
        "id": user_id,
        "email": normal_email(new.email),
        "name": new.name,
        "role": new.role,
        "password_hash": password_hash,
        "locale": new.locale,
        "time_zone": new.time_zone,
        "active": True,
        "created_at": work.now,
    }
    if not await work.sql.insert("app_user", [row], "ON CONFLICT (email) DO NOTHING"):
        raise _email_taken()
    work.record("user.created", payload={"user_id": user_id})
    await set_teams(work, user_id, new.team_ids)
    return user_id


async def change_user(
    database: Database, actor: Actor, user_id: UUID, version: int, changes: UserChanges
) -> Position:
    """A story. Raises NotFound, VersionMismatch, EmailTaken, LastAdministrator, WeakPassword and
    BadInput.

    A new password and deactivation end all sessions of the user; who may no longer take work gives
    back what they hold (effect `user.deactivated`).
    """
    new_hash = await _hash_changed_password(database.sql, user_id, changes)
    async with database.work(actor) as work:
        await lock_teams(work.sql)
        await _lock_administrators(work.sql)
        before = await _lock_user(work.sql, user_id)
        check_version(version, before["version"])
        await _check_change(work.sql, before, changes)
        fields = await _write(work, user_id, changes, new_hash)
        await _draw_consequences(work, user_id, version, changes, fields)
    return work.position


async def _draw_consequences(
    work: Work, user_id: UUID, version: int, changes: UserChanges, fields: list[str]
) -> None:
    is_leaving = changes.active is False
    if fields:
        kind = "user.deactivated" if is_leaving else "user.changed"
        work.record(kind, payload={"user_id": user_id, "fields": fields})
    if changes.team_ids is not None:
        await set_teams(work, user_id, changes.team_ids)
    if is_leaving or changes.password is not None:
        await revoke_all(work, user_id)
    if is_leaving or changes.role is Role.OBSERVER:
        await work.ask(
            "user.deactivated",
            f"user.deactivated:{user_id}:{version}",
            arguments={"user_id": str(user_id)},
        )


async def _write(
    work: Work, user_id: UUID, changes: UserChanges, new_hash: str | None
) -> list[str]:
    """Write the columns that change; return the names that the journal gives them."""
    columns: dict[str, object] = {
        name: value
        for name in ("name", "email", "role", "active", "locale", "time_zone")
        if (value := getattr(changes, name)) is not None
    }
    if changes.email is not None:
        columns["email"] = normal_email(changes.email)
    fields = list(columns)
    if new_hash is not None:
        columns["password_hash"] = new_hash
        fields.append("password")
    if changes.active is not None:
        columns["deactivated_at"] = None if changes.active else work.now
    if columns:
        settings = ", ".join(f"{name} = ${place}" for place, name in enumerate(columns, start=2))
        await work.sql.execute(
            f"UPDATE app_user SET {settings}, version = version + 1 WHERE id = $1",
            user_id,
            *columns.values(),
        )
    return fields


async def _check_change(sql: Sql, before: Row, changes: UserChanges) -> None:
    if changes.email is not None:
        email = normal_email(changes.email)
        taken = await sql.fetch_one("SELECT id FROM app_user WHERE email = $1", email)
        if taken is not None and email != before["email"]:
            raise _email_taken()
    loses_right = changes.active is False or changes.role not in (None, Role.ADMINISTRATOR)
    if loses_right and before["role"] == Role.ADMINISTRATOR and before["active"]:
        row = await sql.fetch_one(
            "SELECT count(*) AS others FROM app_user "
            "WHERE role = 'administrator' AND active AND id <> $1",
            before["id"],
        )
        if row is None or not row["others"]:
            raise LastAdministrator(
                "This is the last active administrator. Make somebody else one first."
            )


async def _hash_changed_password(sql: Sql, user_id: UUID, changes: UserChanges) -> str | None:
    if changes.password is None:
        return None
    row = await sql.fetch_one("SELECT name, email FROM app_user WHERE id = $1", user_id)
    about = (row["name"], row["email"]) if row else ()
    check_password(changes.password, about)
    return await hash_password(changes.password)


async def _lock_administrators(sql: Sql) -> None:
    """Two administrators who demote each other at once must not both succeed."""
    if not sql.on_sqlite:
        await sql.fetch(
            "SELECT id FROM app_user WHERE role = 'administrator' ORDER BY id FOR UPDATE"
        )


async def _lock_user(sql: Sql, user_id: UUID) -> Row:
    row = await sql.fetch_one(
        f"SELECT id, name, email, role, active, version FROM app_user WHERE id = $1 "
        f"{sql.for_update}",
        user_id,
    )
    if row is None:
        raise NotFound(f"There is no user {user_id}.", user_id=str(user_id))
    return row


def _email_taken() -> EmailTaken:
    return EmailTaken(
        "Another user has this e-mail address, perhaps a deactivated one.", path="email"
    )
