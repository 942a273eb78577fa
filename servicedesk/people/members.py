"""Who belongs to which team. Both sides show it, so a change moves the versions of both.

Whoever changes memberships first locks all teams in the order of their ids, then users: the team's
page and the user's page may be saved at the same instant.
"""

from collections.abc import Collection, Iterable
from uuid import UUID

from servicedesk.domain.errors import BadInput
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import Sql, as_uuid, ids_of
from servicedesk.kernel.work import Work

Pair = tuple[UUID, UUID]
"""(team id, user id)"""


async def lock_teams(sql: Sql) -> None:
    """Take the one lock under which memberships change."""
    if not sql.on_sqlite:
        await sql.fetch("SELECT id FROM team ORDER BY id FOR UPDATE")


async def set_members(work: Work, team_id: UUID, user_ids: Collection[UUID]) -> None:
    """Make these the team's members. Raises BadInput naming an unknown user."""
    await _check_exist(work.sql, "app_user", user_ids, "member_ids")
    present = await _others(work.sql, "user_id", "team_id", team_id)
    wanted = set(user_ids)
    await _change(
        work,
        add={(team_id, user_id) for user_id in wanted - present},
        remove={(team_id, user_id) for user_id in present - wanted},
    )


async def set_teams(work: Work, user_id: UUID, team_ids: Collection[UUID]) -> None:
    """Make these the user's teams. Raises BadInput naming an unknown team."""
    await _check_exist(work.sql, "team", team_ids, "team_ids")
    present = await _others(work.sql, "team_id", "user_id", user_id)
    wanted = set(team_ids)
    await _change(
        work,
        add={(team_id, user_id) for team_id in wanted - present},
        remove={(team_id, user_id) for team_id in present - wanted},
    )


async def _change(work: Work, *, add: set[Pair], remove: set[Pair]) -> None:
    for team_id, user_id in remove:
        await work.sql.execute(
            "DELETE FROM team_member WHERE team_id = $1 AND user_id = $2", team_id, user_id
        )
    rows = [
        {"id": new_id(), "team_id": team_id, "user_id": user_id} for team_id, user_id in sorted(add)
    ]
    if rows:
        await work.sql.insert("team_member", rows)
    await _move_versions(work.sql, "team", {team_id for team_id, _ in add | remove})
    await _move_versions(work.sql, "app_user", {user_id for _, user_id in add | remove})
    _record(work, add, remove)


def _record(work: Work, add: set[Pair], remove: set[Pair]) -> None:
    for changed in sorted({team_id for team_id, _ in add | remove}):
        payload = {
            "team_id": changed,
            "added": sorted(user_id for team_id, user_id in add if team_id == changed),
            "removed": sorted(user_id for team_id, user_id in remove if team_id == changed),
        }
        work.record("team.changed", payload=payload)
    for moved in sorted({user_id for _, user_id in add | remove}):
        work.record("user.changed", payload={"user_id": moved, "fields": ["team_ids"]})


async def _move_versions(sql: Sql, table: str, ids: Iterable[UUID]) -> None:
    for one in sorted(ids):  # one by one: UPDATE … IN promises no order of its locks
        await sql.execute(f"UPDATE {table} SET version = version + 1 WHERE id = $1", one)


async def _others(sql: Sql, what: str, of: str, one: UUID) -> set[UUID]:
    rows = await sql.fetch(f"SELECT {what} AS other FROM team_member WHERE {of} = $1", one)
    return set(ids_of(row["other"] for row in rows))


async def _check_exist(sql: Sql, table: str, ids: Collection[UUID], path: str) -> None:
    rows = await sql.fetch(
        f"SELECT id FROM {table} WHERE {sql.member('id', 1)} ORDER BY id", sorted(set(ids))
    )
    missing = set(ids) - {as_uuid(row["id"]) for row in rows}
    if missing:
        what = "team" if table == "team" else "user"
        raise BadInput(f"There is no {what} {min(missing)}. Choose another.", path=path)
