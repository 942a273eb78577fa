"""The store of tags: words that people and rules hang on a ticket."""

from uuid import UUID

from servicedesk.domain.errors import BadInput
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import Sql
from servicedesk.kernel.work import Work

LONGEST_TAG = 64


async def load_tags(sql: Sql, ticket_id: UUID) -> frozenset[str]:
    rows = await sql.fetch("SELECT tag FROM ticket_tag WHERE ticket_id = $1", ticket_id)
    return frozenset(row["tag"] for row in rows)


async def add_tag(work: Work, ticket_id: UUID, tag: str) -> bool:
    """Hang the tag on a locked ticket; False if it is there already. Raises BadInput."""
    if not 0 < len(tag.strip()) <= LONGEST_TAG:
        raise BadInput(f"A tag has 1 to {LONGEST_TAG} characters.", field="tag")
    row = {"id": new_id(), "ticket_id": ticket_id, "tag": tag.strip(), "created_at": work.now}
    if not await work.sql.insert("ticket_tag", [row], "ON CONFLICT DO NOTHING"):
        return False
    work.record("ticket.changed", ticket_id=ticket_id, payload={"fields": ["tags"]})
    return True
