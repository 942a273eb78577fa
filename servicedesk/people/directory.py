"""Who a user is to the rules: viewers, loaded fresh from rows."""

from collections.abc import Iterable
from uuid import UUID

from servicedesk.domain.ids import TeamId, UserId
from servicedesk.domain.people import Role, Viewer
from servicedesk.kernel.sql import Sql, as_uuid


async def load_viewer(sql: Sql, user_id: UUID) -> Viewer | None:
    """Return the user as a viewer, or None if there is no such user or they are deactivated."""
    return (await load_viewers(sql, [user_id])).get(UserId(user_id))


async def load_viewers(sql: Sql, user_ids: Iterable[UUID]) -> dict[UserId, Viewer]:
    """Return the active ones among the users, by id."""
    wanted = list(user_ids)
    if not wanted:
        return {}
    rows = await sql.fetch(
        "SELECT u.id, u.role, m.team_id FROM app_user u "
        "LEFT JOIN team_member m ON m.user_id = u.id "
        f"WHERE {sql.member('u.id', 1)} AND u.active ORDER BY u.id, m.team_id",
        wanted,
    )
    roles: dict[UserId, Role] = {}
    teams: dict[UserId, set[TeamId]] = {}
    for row in rows:
        user_id = UserId(as_uuid(row["id"]))
        roles[user_id] = Role(row["role"])
        teams.setdefault(user_id, set())
        if row["team_id"] is not None:
            teams[user_id].add(TeamId(as_uuid(row["team_id"])))
    return {
        user_id: Viewer(user_id, role, frozenset(teams[user_id])) for user_id, role in roles.items()
    }
