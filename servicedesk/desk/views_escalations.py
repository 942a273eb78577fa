"""What a user was told of escalations: their list in the console."""

from collections.abc import Sequence
from uuid import UUID

from servicedesk.domain.ids import UserId
from servicedesk.domain.people import Viewer
from servicedesk.kernel.sql import Row, Sql, as_time, as_time_or_none, as_uuid, as_uuid_or_none
from servicedesk.people.visibility import visible_condition
from servicedesk.sla.promises import Audience, Metric
from servicedesk.sla.shapes import EscalationNotice

MOST_NOTICES = 100
_SELECT = """
    SELECT n.id, n.user_id, n.escalation_id, n.ticket_id, n.created_at, n.seen_at, t.number,
        e.metric, e.audience, e.due_at, e.acknowledged_at, e.acknowledged_by
    FROM escalation_notice n
    JOIN escalation e ON e.id = n.escalation_id
    JOIN ticket t ON t.id = n.ticket_id
"""


async def load_notices(sql: Sql, viewer: Viewer) -> list[EscalationNotice]:
    """Return the newest that the viewer was told, of tickets that they still see."""
    visible, values = visible_condition(viewer, on_sqlite=sql.on_sqlite, ticket="t", first_number=3)
    rows = await sql.fetch(
        f"{_SELECT} WHERE n.user_id = $1 AND {visible} ORDER BY n.created_at DESC, n.id LIMIT $2",
        viewer.user_id,
        MOST_NOTICES,
        *values,
    )
    return list(map(_notice, rows))


async def find_notice(sql: Sql, viewer: Viewer, escalation_id: UUID) -> EscalationNotice | None:
    """Return what the viewer was told of this escalation, None if nothing, or if its ticket is no
    longer theirs to see."""
    visible, values = visible_condition(viewer, on_sqlite=sql.on_sqlite, ticket="t", first_number=3)
    row = await sql.fetch_one(
        f"{_SELECT} WHERE n.user_id = $1 AND n.escalation_id = $2 AND {visible}",
        viewer.user_id,
        escalation_id,
        *values,
    )
    return None if row is None else _notice(row)


async def load_told(
    sql: Sql, escalation_ids: Sequence[UUID], ticket_ids: Sequence[UUID]
) -> list[tuple[UserId, EscalationNotice]]:
    """Return each user who was told of one of these escalations, or of any of these tickets, with
    what they were told."""
    if not escalation_ids and not ticket_ids:
        return []
    named, on_tickets = sql.member("e.id", 1), sql.member("e.ticket_id", 2)
    rows = await sql.fetch(
        f"{_SELECT} WHERE {named} OR {on_tickets} ORDER BY n.created_at, n.id",
        list(escalation_ids),
        list(ticket_ids),
    )
    return [(UserId(as_uuid(row["user_id"])), _notice(row)) for row in rows]


def _notice(row: Row) -> EscalationNotice:
    return EscalationNotice(
        id=as_uuid(row["id"]),
        escalation_id=as_uuid(row["escalation_id"]),
        ticket_id=as_uuid(row["ticket_id"]),
        ticket_number=row["number"],
        metric=Metric(row["metric"]),
        audience=Audience(row["audience"]),
        due_at=as_time(row["due_at"]),
        created_at=as_time(row["created_at"]),
        seen_at=as_time_or_none(row["seen_at"]),
        acknowledged_at=as_time_or_none(row["acknowledged_at"]),
        acknowledged_by=as_uuid_or_none(row["acknowledged_by"]),
    )
