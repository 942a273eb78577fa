"""Removing a skill: refused while a rule, a queue's step or waiting work asks for it."""

import json
from uuid import UUID

from servicedesk.domain.actors import Actor
from servicedesk.domain.errors import Conflict
from servicedesk.domain.ids import Position
from servicedesk.kernel.database import Database
from servicedesk.kernel.sql import Sql
from servicedesk.people.skills import get_skill_name, remove_skill
from servicedesk.routing.order_rows import LIVE


class SkillInUse(Conflict):
    """Something asks for the skill; `where` says what: rules, queues or orders."""

    code = "skill-in-use"


async def drop_skill(database: Database, actor: Actor, skill_id: UUID) -> Position:
    """A story. Raises NotFound and SkillInUse."""
    async with database.work(actor) as work:
        name = await get_skill_name(work.sql, skill_id)
        where = await _used_where(work.sql, name)
        if where:
            raise SkillInUse(
                f"The skill {name!r} is asked for by: {', '.join(where)}. Change those first.",
                where=where,
            )
        await remove_skill(work, skill_id)
    return work.position


async def _used_where(sql: Sql, name: str) -> list[str]:
    """Look for the name as it stands in JSON. Only keys are names of skills in these columns, but
    for a rule's words: a rule that speaks of the name holds it back too, which is no harm."""
    quoted = json.dumps(name, ensure_ascii=False)
    found = []
    for what, table, column, further in (
        ("rules", "routing_rule", "settings", "TRUE"),
        ("queues", "queue", "steps", "TRUE"),
        ("orders", "work_order", "skills", LIVE),
    ):
        row = await sql.fetch_one(
            f"SELECT id FROM {table} WHERE {further} AND {_contains(sql, column)} LIMIT 1", quoted
        )
        if row is not None:
            found.append(what)
    return found


def _contains(sql: Sql, column: str) -> str:
    function = "instr" if sql.on_sqlite else "strpos"
    return f"{function}(CAST({column} AS TEXT), $1) > 0"
