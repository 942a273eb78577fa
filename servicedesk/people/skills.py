"""The store of skills: what agents can do, and how well (levels 1 to 5)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from servicedesk.domain.actors import Actor
from servicedesk.domain.errors import BadInput, Conflict, NotFound
from servicedesk.domain.ids import Position
from servicedesk.domain.people import Role
from servicedesk.kernel.database import Database
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import Sql, as_uuid
from servicedesk.kernel.work import Work
from servicedesk.people.shapes import AgentLevels, Skill

LEVELS = range(6)
"""0: they cannot do it."""
MOST_SKILLS = 500
LONGEST_NAME = 64


class SkillNameTaken(Conflict):
    code = "name-taken"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the matrix: how well a user has a skill, 0 for not at all."""

    user_id: UUID
    skill_id: UUID
    level: int


async def load_skills(sql: Sql) -> list[Skill]:
    """Return all skills by name, with how many active users have them."""
    rows = await sql.fetch(
        "SELECT skill.id, skill.name, count(app_user.id) AS agents FROM skill "
        "LEFT JOIN agent_skill ON agent_skill.skill_id = skill.id "
        "LEFT JOIN app_user ON app_user.id = agent_skill.user_id AND app_user.active "
        "GROUP BY skill.id, skill.name ORDER BY skill.name, skill.id LIMIT $1",
        MOST_SKILLS,
    )
    return [
        Skill(id=as_uuid(row["id"]), name=row["name"], agents=int(row["agents"])) for row in rows
    ]


async def load_levels(sql: Sql) -> list[AgentLevels]:
    """Return what every active user who may take work can do, by name."""
    people = await sql.fetch(
        "SELECT id, name, email FROM app_user WHERE active AND role <> $1 ORDER BY name, id",
        Role.OBSERVER,
    )
    rows = await sql.fetch("SELECT user_id, skill_id, level FROM agent_skill")
    levels: defaultdict[UUID, dict[UUID, int]] = defaultdict(dict)
    for row in rows:
        levels[as_uuid(row["user_id"])][as_uuid(row["skill_id"])] = int(row["level"])
    return [
        AgentLevels(
            user_id=as_uuid(one["id"]),
            name=one["name"],
            email=one["email"],
            levels=levels[as_uuid(one["id"])],
        )
        for one in people
    ]


async def levels_by_name(
    sql: Sql, user_ids: Collection[UUID] | None = None
) -> Mapping[UUID, Mapping[str, int]]:
    """Return user id → skill name → level, of these users (None: all)."""
    wanted = "TRUE" if user_ids is None else sql.member("agent_skill.user_id", 1)
    rows = await sql.fetch(
        "SELECT agent_skill.user_id, skill.name, agent_skill.level FROM agent_skill "
        f"JOIN skill ON skill.id = agent_skill.skill_id WHERE {wanted}",
        *(() if user_ids is None else (list(user_ids),)),
    )
    found: defaultdict[UUID, dict[str, int]] = defaultdict(dict)
    for row in rows:
        found[as_uuid(row["user_id"])][row["name"]] = int(row["level"])
    return found


async def check_skills_exist(sql: Sql, names: Iterable[str], path: str) -> None:
    """Raise BadInput for the first name that is no skill of the desk."""
    wanted = sorted(set(names))
    if not wanted:
        return
    rows = await sql.fetch(f"SELECT name FROM skill WHERE {sql.member('name', 1)}", wanted)
    missing = [name for name in wanted if name not in {row["name"] for row in rows}]
    if missing:
        raise BadInput(
            f"There is no skill {missing[0]!r}. Add it to the skills first, or choose another.",
            path=path,
        )


async def create_skill(database: Database, actor: Actor, name: str) -> tuple[UUID, Position]:
    """A story. Raises SkillNameTaken, and BadInput for a name that is none."""
    async with database.work(actor) as work:
        skill_id = await add_skill(work, name)
    return skill_id, work.position


async def add_skill(work: Work, name: str) -> UUID:
    """Add a skill inside a story. Raises as `create_skill`."""
    kept = name.strip()
    if not 0 < len(kept) <= LONGEST_NAME:
        raise BadInput(
            f"The name has {len(kept)} characters; 1 to {LONGEST_NAME} fit.", path="name"
        )
    row = {"id": new_id(), "name": kept, "created_at": work.now}
    if not await work.sql.insert("skill", [row], "ON CONFLICT (name) DO NOTHING"):
        raise SkillNameTaken("There is a skill of this name already.", path="name")
    work.record("skill.created", payload={"skill_id": row["id"]})
    return as_uuid(row["id"])


async def remove_skill(work: Work, skill_id: UUID) -> None:
    """Remove a skill that nothing asks for (the caller has looked). Raises NotFound.

    Who had it has it no more: each such agent is journalled as changed.
    """
    rows = await work.sql.fetch("SELECT user_id FROM agent_skill WHERE skill_id = $1", skill_id)
    if not await work.sql.execute("DELETE FROM skill WHERE id = $1", skill_id):
        raise NotFound(f"There is no skill {skill_id}.", skill_id=str(skill_id))
    work.record("skill.removed", payload={"skill_id": skill_id})
    _record_changed(work, {as_uuid(row["user_id"]) for row in rows})


async def get_skill_name(sql: Sql, skill_id: UUID) -> str:
    """Return the name. Raises NotFound."""
    row = await sql.fetch_one("SELECT name FROM skill WHERE id = $1", skill_id)
    if row is None:
        raise NotFound(f"There is no skill {skill_id}.", skill_id=str(skill_id))
    return str(row["name"])


async def set_levels(database: Database, actor: Actor, cells: Collection[Cell]) -> Position:
    """Set these cells of the matrix, and leave all others. A story; position 0 if nothing changed.

    Raises BadInput naming an unknown user or skill, or a level outside 0 to 5.
    """
    async with database.work(actor) as work:
        await write_levels(work, cells)
    return work.position


async def write_levels(work: Work, cells: Collection[Cell]) -> int:
    """Do the same inside a story; return how many cells are different now."""
    await _check_cells(work.sql, cells)
    present = await _present(work.sql, {cell.user_id for cell in cells})
    changed = [
        cell for cell in cells if present.get((cell.user_id, cell.skill_id), 0) != cell.level
    ]
    for cell in sorted(changed, key=lambda one: (one.user_id, one.skill_id)):
        await _write_cell(work.sql, cell)
    _record_changed(work, {cell.user_id for cell in changed})
    return len(changed)


async def _write_cell(sql: Sql, cell: Cell) -> None:
    if cell.level == 0:
        await sql.execute(
            "DELETE FROM agent_skill WHERE user_id = $1 AND skill_id = $2",
            cell.user_id,
            cell.skill_id,
        )
        return
    row = {
        "id": new_id(),
        "user_id": cell.user_id,
        "skill_id": cell.skill_id,
        "level": cell.level,
    }
    await sql.insert(
        "agent_skill",
        [row],
        "ON CONFLICT (user_id, skill_id) DO UPDATE SET level = excluded.level",
    )


async def _check_cells(sql: Sql, cells: Collection[Cell]) -> None:
    for cell in cells:
        if cell.level not in LEVELS:
            raise BadInput(
                f"A level of {cell.level} is not possible; choose 1 to 5, or 0 for none.",
                path="cells",
            )
    for table, what, ids in (
        ("app_user", "agent", {cell.user_id for cell in cells}),
        ("skill", "skill", {cell.skill_id for cell in cells}),
    ):
        rows = await sql.fetch(
            f"SELECT id FROM {table} WHERE {sql.member('id', 1)}"
            + (" AND role <> 'observer'" if table == "app_user" else ""),
            sorted(ids),
        )
        missing = ids - {as_uuid(row["id"]) for row in rows}
        if missing:
            raise BadInput(f"There is no {what} {min(missing)}. Load the page again.", path="cells")


async def _present(sql: Sql, user_ids: set[UUID]) -> dict[tuple[UUID, UUID], int]:
    rows = await sql.fetch(
        f"SELECT user_id, skill_id, level FROM agent_skill WHERE {sql.member('user_id', 1)}",
        sorted(user_ids),
    )
    return {(as_uuid(row["user_id"]), as_uuid(row["skill_id"])): int(row["level"]) for row in rows}


def _record_changed(work: Work, user_ids: Iterable[UUID]) -> None:
    for user_id in sorted(user_ids):
        work.record("user.changed", payload={"user_id": user_id, "fields": ["skills"]})
