"""Who serves which queue, with what they can do: for flaws of rules, queues and waiting orders."""

from collections import defaultdict
from collections.abc import Mapping
from uuid import UUID

from servicedesk.kernel.sql import Sql, as_uuid
from servicedesk.people.skills import levels_by_name

MOST_SHOWN = 1_000
SERVING = """
    SELECT served.queue_id, served.user_id FROM (
        SELECT queue_agent.queue_id, queue_agent.user_id FROM queue_agent
        UNION
        SELECT queue_team.queue_id, team_member.user_id FROM team_member
        JOIN queue_team ON queue_team.team_id = team_member.team_id
    ) AS served
    JOIN app_user ON app_user.id = served.user_id
    WHERE app_user.active AND app_user.role <> 'observer'
"""


async def agents_without_queue(sql: Sql) -> list[UUID]:
    """Return the active agents who serve no queue that is switched on, neither by themselves nor
    with a team: nothing is ever offered to them. By name, at most `MOST_SHOWN`."""
    rows = await sql.fetch(
        "SELECT app_user.id FROM app_user WHERE app_user.active AND app_user.role = 'agent' "
        f"AND app_user.id NOT IN (SELECT serving.user_id FROM ({SERVING}) AS serving "
        "JOIN queue ON queue.id = serving.queue_id WHERE queue.active) "
        "ORDER BY app_user.name, app_user.id LIMIT $1",
        MOST_SHOWN,
    )
    return [as_uuid(row["id"]) for row in rows]


async def load_serving(sql: Sql) -> Mapping[UUID, Mapping[UUID, Mapping[str, int]]]:
    """Return queue id → active agents who serve it, whether they take work now or not → their
    levels by skill name. A queue that nobody serves is missing."""
    levels = await levels_by_name(sql)
    found: defaultdict[UUID, dict[UUID, Mapping[str, int]]] = defaultdict(dict)
    for row in await sql.fetch(SERVING):
        user_id = as_uuid(row["user_id"])
        found[as_uuid(row["queue_id"])][user_id] = levels.get(user_id, {})
    return found
