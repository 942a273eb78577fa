"""Stories of teams: made and changed by administrators."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from servicedesk.domain.actors import Actor
from servicedesk.domain.errors import Conflict, NotFound
from servicedesk.domain.ids import Position, TeamId
from servicedesk.kernel.database import Database
from servicedesk.kernel.http.conditions import check_version
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import Sql
from servicedesk.kernel.work import Work
from servicedesk.people.members import lock_teams, set_members


@dataclass(frozen=True, slots=True)
class TeamChanges:
    """What shall become different; None leaves it as it is."""

    name: str | None = None
    member_ids: tuple[UUID, ...] | None = None


class TeamNameTaken(Conflict):
    code = "name-taken"


async def create_team(
    database: Database, actor: Actor, name: str, member_ids: Collection[UUID]
) -> tuple[TeamId, Position]:
    """A story. Raises TeamNameTaken, and BadInput for an unknown member."""
    async with database.work(actor) as work:
        team_id = await add_team(work, name, member_ids)
    return team_id, work.position


async def add_team(work: Work, name: str, member_ids: Collection[UUID]) -> TeamId:
    """Make a team inside a story. Raises as `create_team`."""
    await lock_teams(work.sql)
    team_id = TeamId(new_id())
    row = {"id": team_id, "name": name, "created_at": work.now}
    if not await work.sql.insert("team", [row], "ON CONFLICT (name) DO NOTHING"):
        raise _name_taken()
    work.record("team.created", payload={"team_id": team_id, "added": [], "removed": []})
    await set_members(work, team_id, member_ids)
    return team_id


async def change_team(
    database: Database, actor: Actor, team_id: UUID, version: int, changes: TeamChanges
) -> Position:
    """A story. Raises NotFound, VersionMismatch, TeamNameTaken, and BadInput."""
    async with database.work(actor) as work:
        await lock_teams(work.sql)
        row = await work.sql.fetch_one("SELECT name, version FROM team WHERE id = $1", team_id)
        if row is None:
            raise NotFound(f"There is no team {team_id}.", team_id=str(team_id))
        check_version(version, row["version"])
        if changes.name is not None and changes.name != row["name"]:
            await _rename(work, team_id, changes.name)
        if changes.member_ids is not None:
            await set_members(work, team_id, changes.member_ids)
    return work.position


async def _rename(work: Work, team_id: UUID, name: str) -> None:
    if await _has_name(work.sql, name):
        raise _name_taken()
    await work.sql.execute(
        "UPDATE team SET name = $2, version = version + 1 WHERE id = $1", team_id, name
    )
    work.record("team.changed", payload={"team_id": team_id, "added": [], "removed": []})


async def _has_name(sql: Sql, name: str) -> bool:
    return await sql.fetch_one("SELECT id FROM team WHERE name = $1", name) is not None


def _name_taken() -> TeamNameTaken:
    return TeamNameTaken("Another team has this name. Choose a different one.", path="name")
