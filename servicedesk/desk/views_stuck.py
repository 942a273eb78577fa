"""The supervisors' list: work that waits and that nobody is asked to take."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from servicedesk.domain.errors import NotFound
from servicedesk.domain.orders import Stuck
from servicedesk.domain.people import Viewer
from servicedesk.kernel.sql import Row, Sql, as_dict, as_time, as_uuid
from servicedesk.people.shapes import Shape
from servicedesk.people.visibility import visible_condition

LIVE = "work_order.state IN ('waiting', 'offered', 'active')"


class StuckPlace(NamedTuple):
    """Where a page ended."""

    virtual_start: datetime
    order_id: UUID


class StuckOrder(Shape):
    """A work order that nobody is asked to take, for its supervisors."""

    order_id: UUID
    ticket_id: UUID
    number: int
    subject: str
    queue_id: UUID
    stuck: Stuck
    refusals: int
    priority: int
    skills: dict[str, int]
    virtual_start: datetime


async def list_stuck(
    sql: Sql, viewer: Viewer, after: StuckPlace | None, limit: int
) -> list[StuckOrder]:
    """Return what the viewer may see of it, the longest waiting first."""
    visible, values = visible_condition(
        viewer, on_sqlite=sql.on_sqlite, ticket="ticket", first_number=2
    )
    place = ""
    if after is not None:
        number = 2 + len(values)
        place = f"AND (work_order.virtual_start, work_order.id) > (${number}, ${number + 1})"
        values = [*values, *after]
    rows = await sql.fetch(
        "SELECT work_order.id, work_order.ticket_id, ticket.number, ticket.subject, "
        "work_order.queue_id, work_order.stuck, work_order.refusals, work_order.priority, "
        "work_order.skills, work_order.virtual_start "
        "FROM work_order JOIN ticket ON ticket.id = work_order.ticket_id "
        f"WHERE {LIVE} AND work_order.stuck IS NOT NULL AND {visible} {place} "
        "ORDER BY work_order.virtual_start, work_order.id LIMIT $1",
        limit,
        *values,
    )
    return [_read(row) for row in rows]


async def require_sight_of_order(sql: Sql, viewer: Viewer, order_id: UUID) -> None:
    """Raise NotFound for an order of a ticket that the viewer does not see."""
    visible, values = visible_condition(
        viewer, on_sqlite=sql.on_sqlite, ticket="ticket", first_number=2
    )
    row = await sql.fetch_one(
        "SELECT work_order.id FROM work_order JOIN ticket ON ticket.id = work_order.ticket_id "
        f"WHERE work_order.id = $1 AND {visible}",
        order_id,
        *values,
    )
    if row is None:
        raise NotFound(f"There is no work order {order_id}.", order_id=str(order_id))


def _read(row: Row) -> StuckOrder:
    return StuckOrder(
        order_id=as_uuid(row["id"]),
        ticket_id=as_uuid(row["ticket_id"]),
        number=int(row["number"]),
        subject=row["subject"],
        queue_id=as_uuid(row["queue_id"]),
        stuck=Stuck(row["stuck"]),
        refusals=int(row["refusals"]),
        priority=int(row["priority"]),
        skills=as_dict(row["skills"]),
        virtual_start=as_time(row["virtual_start"]),
    )
