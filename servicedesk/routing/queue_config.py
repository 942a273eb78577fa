"""How a queue works, and who serves it with which priority and delay: read and written as one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal
from uuid import UUID

from servicedesk.domain.actors import Actor
from servicedesk.domain.errors import BadInput, NotFound
from servicedesk.domain.ids import Position
from servicedesk.kernel.database import Database
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import Sql, as_uuid, as_uuid_or_none
from servicedesk.people.skills import check_skills_exist
from servicedesk.routing.queue_checks import check_form
from servicedesk.routing.queue_settings import COLUMNS, QueueSettings, columns_of, settings_of
from servicedesk.routing.queues import check_exist, check_members, lock_queue
from servicedesk.routing.shapes import Shape
from servicedesk.routing.ways_in import check_turning_away
from servicedesk.sla.setup import change_setup, lock_setup


class ServerKind(StrEnum):
    TEAM = "team"
    AGENT = "agent"


class Server(Shape):
    """A team or an agent that serves a queue. Larger `priority` first among an agent's queues;
    orders come to them once they have waited `delay_seconds`. An agent's own row wins over those of
    their teams."""

    kind: ServerKind
    id: UUID
    priority: int = 0
    delay_seconds: int = 0


@dataclass(frozen=True, slots=True)
class QueueConfig:
    version: int
    settings: QueueSettings
    servers: Sequence[Server]


_TABLES: dict[ServerKind, tuple[str, Literal["team_id", "user_id"]]] = {
    ServerKind.TEAM: ("queue_team", "team_id"),
    ServerKind.AGENT: ("queue_agent", "user_id"),
}


async def get_config(sql: Sql, queue_id: UUID) -> QueueConfig:
    """Return how the queue is set, its servers by kind and id. Raises NotFound."""
    row = await sql.fetch_one(f"SELECT version, {COLUMNS} FROM queue WHERE id = $1", queue_id)
    if row is None:
        raise NotFound(f"There is no queue {queue_id}.", queue_id=str(queue_id))
    return QueueConfig(int(row["version"]), settings_of(row), await _servers(sql, queue_id))


async def save_config(
    database: Database, actor: Actor, queue_id: UUID, config: QueueConfig
) -> Position:
    """Set the queue to this, for the version that it names. A story.

    Raises NotFound, VersionMismatch, and BadInput naming the field that cannot be so.
    """
    async with database.work(actor) as work:
        await lock_queue(work.sql, queue_id, config.version)
        check_form(config.settings, queue_id)
        await _check_things(work.sql, queue_id, config)
        counts_anew = await _changes_calendar(work.sql, queue_id, config.settings.calendar_id)
        columns = columns_of(config.settings)
        written = ", ".join(f"{name} = ${place}" for place, name in enumerate(columns, 2))
        await work.sql.execute(
            f"UPDATE queue SET {written}, version = version + 1 WHERE id = $1",
            queue_id,
            *columns.values(),
        )
        await _write_servers(work.sql, queue_id, config.servers)
        work.record("queue.changed", payload={"queue_id": queue_id})
        if counts_anew:
            await lock_setup(work)
            await change_setup(work)
    return work.position


async def _changes_calendar(sql: Sql, queue_id: UUID, calendar_id: UUID | None) -> bool:
    """Do the promises of the queue's tickets count by other hours from now on?"""
    row = await sql.fetch_one("SELECT calendar_id FROM queue WHERE id = $1", queue_id)
    return row is not None and as_uuid_or_none(row["calendar_id"]) != calendar_id


async def _servers(sql: Sql, queue_id: UUID) -> list[Server]:
    return [
        Server(
            kind=kind,
            id=as_uuid(row["server"]),
            priority=int(row["priority"]),
            delay_seconds=int(row["delay_seconds"]),
        )
        for kind, (table, column) in _TABLES.items()
        for row in await sql.fetch(
            f"SELECT {column} AS server, priority, delay_seconds FROM {table} "
            f"WHERE queue_id = $1 ORDER BY {column}",
            queue_id,
        )
    ]


async def _write_servers(sql: Sql, queue_id: UUID, servers: Iterable[Server]) -> None:
    listed = list(servers)
    for kind, (table, column) in _TABLES.items():
        await sql.execute(f"DELETE FROM {table} WHERE queue_id = $1", queue_id)
        rows = [
            {
                "id": new_id(),
                "queue_id": queue_id,
                column: server.id,
                "priority": server.priority,
                "delay_seconds": server.delay_seconds,
            }
            for server in listed
            if server.kind is kind
        ]
        if rows:
            await sql.insert(table, rows)


async def _check_things(sql: Sql, queue_id: UUID, config: QueueConfig) -> None:
    """Raise BadInput for what the settings name and the desk does not have."""
    named = [server.id for server in config.servers]
    if len(set(named)) < len(named):
        raise BadInput("A team or agent serves the queue twice. Keep one line.", path="servers")
    await check_members(
        sql,
        [server.id for server in config.servers if server.kind is ServerKind.TEAM],
        [server.id for server in config.servers if server.kind is ServerKind.AGENT],
    )
    settings = config.settings
    for place, step in enumerate(settings.steps):
        path = f"settings.steps.{place}"
        await check_skills_exist(sql, step.lower_skills, f"{path}.lower_skills")
        await check_exist(sql, "queue", step.also_queues, f"{path}.also_queues", "AND active")
        await check_exist(sql, "team", step.also_teams, f"{path}.also_teams")
    if settings.calendar_id is not None:
        path, unused = "settings.calendar_id", "AND archived_at IS NULL"
        await check_exist(sql, "calendar", [settings.calendar_id], path, unused)
    await _check_overflow(sql, queue_id, settings)
    await check_turning_away(sql, queue_id, settings)


async def _check_overflow(sql: Sql, queue_id: UUID, settings: QueueSettings) -> None:
    """Refuse queues that are not there, and circles: an order would travel for ever."""
    onwards = {queue_id: settings.targets}
    rows = await sql.fetch(f"SELECT id, active, {COLUMNS} FROM queue")
    known = {as_uuid(row["id"]) for row in rows if row["active"]}
    if not known.issuperset(onwards[queue_id]):
        raise BadInput(
            "Orders would go on to a queue that does not exist or is switched off. Choose another.",
            path="settings",
        )
    for row in rows:
        onwards.setdefault(as_uuid(row["id"]), settings_of(row).targets)
    seen: set[UUID] = set()
    ahead = list(onwards[queue_id])
    while ahead:
        reached = ahead.pop()
        if reached == queue_id:
            raise BadInput(
                "Orders would go from queue to queue in a circle and come back here. "
                "Let one of the queues keep them.",
                path="settings",
            )
        if reached not in seen:
            seen.add(reached)
            ahead += onwards.get(reached, ())
