"""Reads of inboxes as the API and the frames show them. Their settings stay inside."""

from collections.abc import Iterable
from uuid import UUID

from servicedesk.desk.shapes import Brake, InboxShape
from servicedesk.domain.messages import ChannelKind
from servicedesk.kernel.sql import Row, Sql, as_time, as_uuid

MOST_INBOXES = 1_000


async def load_inboxes(sql: Sql, inbox_ids: Iterable[UUID] | None = None) -> list[InboxShape]:
    """Return these inboxes (None: all), by name."""
    only = "TRUE" if inbox_ids is None else sql.member("id", 1)
    rows = await sql.fetch(
        "SELECT id, channel, name, address, queue_id, brand_id, active, version, "
        "b.opened_at, b.open_until, b.reason, b.count FROM inbox "
        "LEFT JOIN inbox_brake b ON b.inbox_id = inbox.id "
        f"WHERE {only} ORDER BY name, id LIMIT {MOST_INBOXES}",
        *(() if inbox_ids is None else (list(inbox_ids),)),
    )
    return [_inbox(row) for row in rows]


def _inbox(row: Row) -> InboxShape:
    return InboxShape(
        id=as_uuid(row["id"]),
        channel=ChannelKind(row["channel"]),
        name=row["name"],
        address=row["address"],
        queue_id=as_uuid(row["queue_id"]),
        brand_id=as_uuid(row["brand_id"]),
        active=bool(row["active"]),
        version=row["version"],
        brake=_brake(row),
    )


def _brake(row: Row) -> Brake | None:
    if row["open_until"] is None or row["open_until"] == row["opened_at"]:
        return None
    return Brake(
        opened_at=as_time(row["opened_at"]),
        open_until=as_time(row["open_until"]),
        reason=row["reason"],
        count=row["count"],
    )
