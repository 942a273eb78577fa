"""What could not be let in: looked at, tried again, or thrown away."""

from uuid import UUID

from servicedesk.domain.actors import user_actor
from servicedesk.domain.errors import Conflict, Forbidden
from servicedesk.domain.ids import ArrivalId, Position
from servicedesk.domain.people import Viewer
from servicedesk.intake import arrivals
from servicedesk.intake.accept import Intake
from servicedesk.intake.arrivals import COLUMNS, RETRYABLE, Arrival, _arrival
from servicedesk.kernel.blobs import Blobs
from servicedesk.kernel.database import Database
from servicedesk.kernel.sql import Sql


def require_right(viewer: Viewer) -> None:
    """Raw mail of every team lies here: supervisors and administrators only."""
    if not viewer.may_supervise:
        raise Forbidden("Only supervisors and administrators handle the quarantine.")


async def list_quarantined(
    sql: Sql, viewer: Viewer, before: UUID | None, limit: int
) -> list[Arrival]:
    """Return quarantined and suspended arrivals, newest first, older than `before`."""
    require_right(viewer)
    states = [state.value for state in RETRYABLE]
    rows = await sql.fetch(
        f"SELECT {COLUMNS} FROM arrival WHERE {sql.member('state', 1)} "
        "AND (CAST($2 AS TEXT) IS NULL OR CAST(id AS TEXT) < CAST($2 AS TEXT)) "
        "ORDER BY id DESC LIMIT $3",
        states,
        None if before is None else str(before),
        limit,
    )
    return [_arrival(row) for row in rows]


async def read_raw(sql: Sql, blobs: Blobs, viewer: Viewer, arrival_id: UUID) -> bytes:
    require_right(viewer)
    arrival = await arrivals.get_arrival(sql, arrival_id)
    return await blobs.open(arrival.blob)


async def retry(database: Database, intake: Intake, viewer: Viewer, arrival_id: UUID) -> Arrival:
    """Try an arrival again at once and return it as it is afterwards."""
    require_right(viewer)
    async with database.work(user_actor(viewer.user_id)) as work:
        if not await arrivals.put_back(work, arrival_id):
            raise Conflict("This arrival waits for nothing: it was handled already.")
        payload = {"arrival_id": str(arrival_id)}
        work.record("arrival.retried", payload=payload)
    await intake.admit(ArrivalId(arrival_id))
    return await arrivals.get_arrival(database.sql, arrival_id)


async def discard(database: Database, viewer: Viewer, arrival_id: UUID) -> Position:
    """Throw an arrival away for good."""
    require_right(viewer)
    async with database.work(user_actor(viewer.user_id)) as work:
        if not await arrivals.discard(work, arrival_id):
            raise Conflict("This arrival waits for nothing: it was handled already.")
        work.record("arrival.discarded", payload={"arrival_id": str(arrival_id)})
    return work.position
