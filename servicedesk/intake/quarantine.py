"""What could not be let in: looked at, tried again, or thrown away."""

from uuid import UUID

from servicedesk.domain.actors import user_actor
from servicedesk.domain.errors import Conflict, Forbidden
from servicedesk.domain.ids import ArrivalId, Position, TeamId
from servicedesk.domain.people import Viewer
from servicedesk.intake import arrivals
from servicedesk.intake.accept import Intake
from servicedesk.intake.arrivals import COLUMNS, RETRYABLE, Arrival, ArrivalState, arrival_of
from servicedesk.kernel.blobs import Blobs
from servicedesk.kernel.database import Database
from servicedesk.kernel.sql import Sql, as_uuid, ids_of
from servicedesk.people.visibility import may_see

UNREADABLE = "unreadable"
"""The cause of what could not be understood; all others are the mail class it was suspended for."""


def require_right(viewer: Viewer) -> None:
    if not viewer.may_supervise:
        raise Forbidden("Only supervisors and administrators handle the quarantine.")


async def get_in_sight(sql: Sql, viewer: Viewer, arrival_id: UUID) -> Arrival:
    """Return the arrival. It is seen as its ticket would be: by the team of its inbox's queue.

    Raises Forbidden for who may not supervise, NotFound for an arrival of another team.
    """
    require_right(viewer)
    arrival = await arrivals.get_arrival(sql, arrival_id)
    row = await sql.fetch_one(
        "SELECT queue.team_id FROM inbox JOIN queue ON queue.id = inbox.queue_id "
        "WHERE inbox.id = $1",
        arrival.inbox_id,
    )
    if row is None or not may_see(viewer, TeamId(as_uuid(row["team_id"])), personally=False):
        raise arrivals.no_arrival(arrival_id)
    return arrival


async def list_quarantined(
    sql: Sql, viewer: Viewer, before: UUID | None, limit: int, cause: str | None = None
) -> list[Arrival]:
    """Return quarantined and suspended arrivals, newest first, older than `before`.

    `cause` picks: "unreadable" what is quarantined, a mail class what was suspended for it.
    """
    require_right(viewer)
    states = [state.value for state in RETRYABLE]
    in_sight, values = await _inboxes_in_sight(sql, viewer, 3)
    if cause is not None:
        picked, wanted = _picked(cause, 3 + len(values))
        in_sight, values = f"{in_sight} AND {picked}", [*values, *wanted]
    older = "" if before is None else f"AND id < ${3 + len(values)} "
    rows = await sql.fetch(
        f"SELECT {COLUMNS} FROM arrival WHERE {sql.member('state', 1)} AND {in_sight} {older}"
        "ORDER BY id DESC LIMIT $2",
        states,
        limit,
        *values,
        *(() if before is None else (before,)),
    )
    return [arrival_of(row) for row in rows]


async def read_raw(sql: Sql, blobs: Blobs, viewer: Viewer, arrival_id: UUID) -> bytes:
    arrival = await get_in_sight(sql, viewer, arrival_id)
    return await blobs.open(arrival.blob)


async def retry(database: Database, intake: Intake, viewer: Viewer, arrival_id: UUID) -> Arrival:
    """Try an arrival again at once and return it as it is afterwards."""
    async with database.work(user_actor(viewer.user_id)) as work:
        await get_in_sight(work.sql, viewer, arrival_id)
        if not await arrivals.put_back(work, arrival_id):
            raise Conflict("This arrival waits for nothing: it was handled already.")
        payload = {"arrival_id": str(arrival_id)}
        work.record("arrival.retried", payload=payload)
    await intake.admit(ArrivalId(arrival_id))
    return await arrivals.get_arrival(database.sql, arrival_id)


async def discard(database: Database, viewer: Viewer, arrival_id: UUID) -> Position:
    """Throw an arrival away for good."""
    async with database.work(user_actor(viewer.user_id)) as work:
        await get_in_sight(work.sql, viewer, arrival_id)
        if not await arrivals.discard(work, arrival_id):
            raise Conflict("This arrival waits for nothing: it was handled already.")
        work.record("arrival.discarded", payload={"arrival_id": str(arrival_id)})
    return work.position


def _picked(cause: str, number: int) -> tuple[str, list[object]]:
    """Return the condition, and its values from `$number`, for arrivals kept for one cause."""
    if cause == UNREADABLE:
        return f"state = ${number}", [ArrivalState.QUARANTINED]
    return f"state = ${number} AND reason = ${number + 1}", [ArrivalState.SUSPENDED, cause]


async def _inboxes_in_sight(sql: Sql, viewer: Viewer, number: int) -> tuple[str, list[object]]:
    """Return the condition, and its values from `$number`, for arrivals of the viewer's teams."""
    if viewer.sees_everything:
        return "TRUE", []
    rows = await sql.fetch(
        "SELECT inbox.id FROM inbox JOIN queue ON queue.id = inbox.queue_id "
        f"WHERE {sql.member('queue.team_id', 1)} ORDER BY inbox.id",
        sorted(viewer.team_ids),
    )
    return sql.member("inbox_id", number), [ids_of(row["id"] for row in rows)]
