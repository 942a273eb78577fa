"""Reads of arrivals that boards and settings show."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from servicedesk.domain.ids import InboxId
from servicedesk.kernel.sql import Sql, as_time, as_uuid


async def last_arrivals(sql: Sql, inbox_ids: Iterable[InboxId]) -> dict[InboxId, datetime]:
    """Return when something came in last, for those of the inboxes where anything ever did."""
    found: dict[InboxId, datetime] = {}
    for inbox_id in inbox_ids:  # each by its index; one GROUP BY would read every arrival
        row = await sql.fetch_one(
            "SELECT id, inbox_id, received_at FROM arrival WHERE inbox_id = $1 "
            "ORDER BY received_at DESC LIMIT 1",
            inbox_id,
        )
        if row is not None:
            found[InboxId(as_uuid(row["inbox_id"]))] = as_time(row["received_at"])
    return found


async def has_arrived(sql: Sql, inbox_id: UUID, external_id: str) -> bool:
    """Say whether a message with this id came in through the inbox, whatever became of it."""
    row = await sql.fetch_one(
        "SELECT id FROM arrival_key WHERE inbox_id = $1 AND external_id = $2 LIMIT 1",
        inbox_id,
        external_id,
    )
    return row is not None
