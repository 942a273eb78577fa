"""Reads of people that return shapes and write nothing."""

from collections.abc import Iterable
from uuid import UUID

from servicedesk.domain.people import Role
from servicedesk.kernel.sql import Row, Sql, as_time, as_uuid
from servicedesk.people.shapes import LOCALES, Locale, Team, User

USER_COLUMNS = "id, name, email, role, locale, time_zone, active, version, created_at"


async def load_users(sql: Sql, user_ids: Iterable[UUID]) -> list[User]:
    """Return those of the users that exist, by name."""
    wanted = list(user_ids)
    rows = await sql.fetch(
        f"SELECT {USER_COLUMNS} FROM app_user WHERE {sql.member('id', 1)} ORDER BY name, id", wanted
    )
    return await _users(sql, rows)


async def find_user(sql: Sql, user_id: UUID) -> User | None:
    users = await load_users(sql, [user_id])
    return users[0] if users else None


async def list_users(
    sql: Sql, *, active: bool | None, after: tuple[str, UUID] | None, limit: int
) -> list[User]:
    """Return at most `limit` users by (name, id), after the given place; `active` None: all."""
    conditions: list[str] = ["1 = 1"]
    values: list[object] = [limit]
    if active is not None:
        conditions.append("active" if active else "NOT active")
    if after is not None:
        conditions.append("(name, id) > ($2, $3)")
        values += after
    rows = await sql.fetch(
        f"SELECT {USER_COLUMNS} FROM app_user WHERE {' AND '.join(conditions)} "
        "ORDER BY name, id LIMIT $1",
        *values,
    )
    return await _users(sql, rows)


async def load_teams(sql: Sql, team_ids: Iterable[UUID]) -> list[Team]:
    """Return those of the teams that exist, by name."""
    rows = await sql.fetch(
        f"SELECT id, name, version FROM team WHERE {sql.member('id', 1)} ORDER BY name, id",
        list(team_ids),
    )
    return await _teams(sql, rows)


async def find_team(sql: Sql, team_id: UUID) -> Team | None:
    teams = await load_teams(sql, [team_id])
    return teams[0] if teams else None


async def list_teams(sql: Sql, *, after: tuple[str, UUID] | None, limit: int) -> list[Team]:
    """Return at most `limit` teams by (name, id), after the given place."""
    place = "(name, id) > ($2, $3)" if after else "1 = 1"
    rows = await sql.fetch(
        f"SELECT id, name, version FROM team WHERE {place} ORDER BY name, id LIMIT $1",
        limit,
        *(after or ()),
    )
    return await _teams(sql, rows)


async def _users(sql: Sql, rows: list[Row]) -> list[User]:
    ids = [as_uuid(row["id"]) for row in rows]
    teams = await _memberships(sql, "user_id", "team_id", ids)
    return [_user(row, teams.get(user_id, [])) for user_id, row in zip(ids, rows, strict=True)]


async def _teams(sql: Sql, rows: list[Row]) -> list[Team]:
    ids = [as_uuid(row["id"]) for row in rows]
    members = await _memberships(sql, "team_id", "user_id", ids)
    return [
        Team(
            id=team_id,
            name=row["name"],
            member_ids=members.get(team_id, []),
            version=row["version"],
        )
        for team_id, row in zip(ids, rows, strict=True)
    ]


async def _memberships(sql: Sql, of: str, what: str, ids: list[UUID]) -> dict[UUID, list[UUID]]:
    """Return for each id of column `of` the sorted ids of column `what`."""
    found: dict[UUID, list[UUID]] = {}
    if ids:
        rows = await sql.fetch(
            f"SELECT {of} AS one, {what} AS other FROM team_member "
            f"WHERE {sql.member(of, 1)} ORDER BY {of}, {what}",
            ids,
        )
        for row in rows:
            found.setdefault(as_uuid(row["one"]), []).append(as_uuid(row["other"]))
    return found


def _user(row: Row, team_ids: list[UUID]) -> User:
    return User(
        id=as_uuid(row["id"]),
        name=row["name"],
        email=row["email"],
        role=Role(row["role"]),
        locale=_locale(row["locale"]),
        time_zone=row["time_zone"],
        active=bool(row["active"]),
        version=row["version"],
        team_ids=team_ids,
        created_at=as_time(row["created_at"]),
    )


def _locale(text: str) -> Locale:
    """Return a locale that the console has; a row from elsewhere falls back to English."""
    return next((locale for locale in LOCALES if locale == text), "en")
