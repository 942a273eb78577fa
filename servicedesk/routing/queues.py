"""The store of queues: what they are called, who owns their tickets, who serves them."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from servicedesk.domain.actors import Actor
from servicedesk.domain.errors import BadInput, Conflict, NotFound, VersionMismatch
from servicedesk.domain.ids import Position, QueueId, TeamId, UserId
from servicedesk.kernel.database import Database
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import Row, Sql, as_uuid
from servicedesk.kernel.work import Work
from servicedesk.routing.facts import QueueFacts
from servicedesk.routing.queue_settings import COLUMNS as SETTINGS_COLUMNS
from servicedesk.routing.queue_settings import settings_of
from servicedesk.routing.ways_in import check_nothing_leads_in

DEFAULT_OFFER_SECONDS = 45
OFFER_SECONDS = range(5, 3601)
LONGEST_NAME = 100
COLUMNS = f"id, name, team_id, offer_seconds, active, version, {SETTINGS_COLUMNS}"


@dataclass(frozen=True, slots=True)
class NewQueue:
    """`team_id` owns the tickets; `team_ids` and `agent_ids` serve the queue."""

    name: str
    team_id: TeamId
    team_ids: tuple[TeamId, ...] = ()
    agent_ids: tuple[UserId, ...] = ()
    offer_seconds: int = DEFAULT_OFFER_SECONDS


@dataclass(frozen=True, slots=True)
class QueueChanges:
    """What shall become different; None leaves a property as it is (none of them can be null)."""

    name: str | None = None
    team_id: TeamId | None = None
    team_ids: tuple[TeamId, ...] | None = None
    agent_ids: tuple[UserId, ...] | None = None
    offer_seconds: int | None = None
    active: bool | None = None


class NameTaken(Conflict):
    """Another queue has the name."""

    code = "name-taken"


def queue_of(row: Row) -> QueueFacts:
    """Return all that is known of the queue but whether it is open now."""
    settings = settings_of(row)
    return QueueFacts(
        id=QueueId(as_uuid(row["id"])),
        name=row["name"],
        team_id=TeamId(as_uuid(row["team_id"])),
        offer_seconds=int(row["offer_seconds"]),
        active=bool(row["active"]),
        version=int(row["version"]),
        order=settings.ordering,
        choice=settings.choice,
        priority_minutes=settings.minutes_per_priority,
        steps=tuple(step.as_step() for step in settings.steps),
        auto_accept=settings.auto_accept,
        outside=settings.outside.as_elsewhere(),
        max_length=settings.max_length,
        max_wait_seconds=settings.max_wait_seconds,
        overflow=settings.overflow.as_elsewhere(),
        most_refusals=settings.most_refusals,
        sticky=None if settings.sticky is None else settings.sticky.as_sticky(),
        wrap_up_seconds=settings.wrap_up_seconds,
        wrap_up_extension_seconds=settings.wrap_up_extension_seconds,
    )


async def get_queue(sql: Sql, queue_id: UUID) -> QueueFacts:
    """Return the queue. Raises NotFound."""
    row = await sql.fetch_one(f"SELECT {COLUMNS} FROM queue WHERE id = $1", queue_id)
    if row is None:
        raise NotFound(f"There is no queue {queue_id}.", queue_id=str(queue_id))
    return queue_of(row)


async def create_queue(
    database: Database, actor: Actor, queue: NewQueue
) -> tuple[QueueId, Position]:
    """A story. Raises BadInput (name, seconds, unknown team or agent) and NameTaken."""
    async with database.work(actor) as work:
        queue_id = await add_queue(work, queue)
    return queue_id, work.position


async def add_queue(work: Work, queue: NewQueue) -> QueueId:
    """Create a queue inside a story of another kind. Raises as `create_queue`."""
    name = _checked_name(queue.name)
    _check_seconds(queue.offer_seconds)
    await check_members(work.sql, queue.team_ids, queue.agent_ids)
    await check_exist(work.sql, "team", [queue.team_id], "team_id")
    queue_id = QueueId(new_id())
    row = {
        "id": queue_id,
        "name": name,
        "team_id": queue.team_id,
        "offer_seconds": queue.offer_seconds,
        "created_at": work.now,
    }
    if not await work.sql.insert("queue", [row], "ON CONFLICT (name) DO NOTHING"):
        raise _name_taken()
    await _set_members(work.sql, "queue_team", "team_id", queue_id, queue.team_ids)
    await _set_members(work.sql, "queue_agent", "user_id", queue_id, queue.agent_ids)
    work.record("queue.created", payload={"queue_id": queue_id})
    return queue_id


async def change_queue(
    database: Database, actor: Actor, queue_id: UUID, version: int, changes: QueueChanges
) -> Position:
    """A story. Raises NotFound, VersionMismatch, BadInput, NameTaken and QueueInUse.

    A queue that is switched off gets no new work, so nothing may lead into it; who serves it goes
    on with what waits there. A queue that goes to another team takes its tickets along: that is
    left as the effect `queue.team_changed`, since tickets are above routing.
    """
    async with database.work(actor) as work:
        queue = await lock_queue(work.sql, queue_id, version)
        await _write_changes(work, queue, changes)
        if changes.team_id is not None and changes.team_id != queue.team_id:
            await work.ask(
                "queue.team_changed",
                f"queue.team_changed:{queue_id}:{version + 1}",
                arguments={"queue_id": queue_id, "team_id": changes.team_id},
            )
        work.record("queue.changed", payload={"queue_id": queue_id})
    return work.position


async def lock_queue(sql: Sql, queue_id: UUID, version: int) -> QueueFacts:
    """Lock and return the queue. Raises NotFound and VersionMismatch."""
    row = await sql.fetch_one(
        f"SELECT {COLUMNS} FROM queue WHERE id = $1 {sql.for_update}", queue_id
    )
    if row is None:
        raise NotFound(f"There is no queue {queue_id}.", queue_id=str(queue_id))
    if row["version"] != version:
        raise VersionMismatch(
            f"Queue {queue_id} is at version {row['version']}, not {version}. Read it again.",
            queue_id=str(queue_id),
            version=row["version"],
        )
    return queue_of(row)


async def _write_changes(work: Work, queue: QueueFacts, changes: QueueChanges) -> None:
    after = await _checked_columns(work.sql, queue, changes)
    if changes.active is False and queue.active:
        await check_nothing_leads_in(work.sql, queue.id)
    await check_members(work.sql, changes.team_ids or (), changes.agent_ids or ())
    await work.sql.execute(
        "UPDATE queue SET name = $2, team_id = $3, offer_seconds = $4, active = $5, "
        "version = version + 1 WHERE id = $1",
        queue.id,
        *after,
    )
    if changes.team_ids is not None:
        await _set_members(work.sql, "queue_team", "team_id", queue.id, changes.team_ids)
    if changes.agent_ids is not None:
        await _set_members(work.sql, "queue_agent", "user_id", queue.id, changes.agent_ids)


async def _checked_columns(
    sql: Sql, queue: QueueFacts, changes: QueueChanges
) -> tuple[str, TeamId, int, bool]:
    name = queue.name if changes.name is None else _checked_name(changes.name)
    if name != queue.name and await sql.fetch_one("SELECT id FROM queue WHERE name = $1", name):
        raise _name_taken()
    team_id = queue.team_id if changes.team_id is None else changes.team_id
    await check_exist(sql, "team", [team_id], "team_id")
    seconds = queue.offer_seconds if changes.offer_seconds is None else changes.offer_seconds
    _check_seconds(seconds)
    return name, team_id, seconds, queue.active if changes.active is None else changes.active


async def _set_members(
    sql: Sql, table: str, column: str, queue_id: UUID, ids: Iterable[UUID]
) -> None:
    """Make these serve the queue. Who did before keeps their priority and delay."""
    wanted = sorted(set(ids))
    await sql.execute(
        f"DELETE FROM {table} WHERE queue_id = $1 AND NOT ({sql.member(column, 2)})",
        queue_id,
        wanted,
    )
    rows = [{"id": new_id(), "queue_id": queue_id, column: one} for one in wanted]
    if rows:
        await sql.insert(table, rows, f"ON CONFLICT (queue_id, {column}) DO NOTHING")


async def check_members(sql: Sql, team_ids: Iterable[UUID], agent_ids: Iterable[UUID]) -> None:
    """Raise BadInput for a team or an agent that cannot serve a queue."""
    await check_exist(sql, "team", team_ids, "team_ids")
    await check_exist(sql, "app_user", agent_ids, "agent_ids", "AND role <> 'observer'")


async def check_exist(
    sql: Sql, table: str, ids: Iterable[UUID], path: str, further: str = ""
) -> None:
    """Raise BadInput, naming the field, for the first id that is not in the table."""
    wanted = set(ids)
    if not wanted:
        return
    rows = await sql.fetch(
        f"SELECT id FROM {table} WHERE {sql.member('id', 1)} {further}", sorted(wanted)
    )
    missing = wanted - {as_uuid(row["id"]) for row in rows}
    if missing:
        what = "agent" if table == "app_user" else "team"
        raise BadInput(
            f"There is no {what} {sorted(missing)[0]} who could serve or own a queue. "
            "Choose another.",
            path=path,
        )


def _checked_name(name: str) -> str:
    stripped = name.strip()
    if not 0 < len(stripped) <= LONGEST_NAME:
        raise BadInput(
            f"The name has {len(stripped)} characters; 1 to {LONGEST_NAME} fit.", path="name"
        )
    return stripped


def _check_seconds(seconds: int) -> None:
    if seconds not in OFFER_SECONDS:
        raise BadInput(
            f"An offer of {seconds} seconds is not possible; choose {OFFER_SECONDS.start} to "
            f"{OFFER_SECONDS.stop - 1}.",
            path="offer_seconds",
        )


def _name_taken() -> NameTaken:
    return NameTaken("Another queue has this name. Choose a different one.", path="name")
