"""Reads of brands."""

from uuid import UUID

from servicedesk.domain.errors import BadInput
from servicedesk.kernel.sql import Sql, as_uuid
from servicedesk.people.shapes import Shape

MOST_BRANDS = 1_000


class Brand(Shape):
    id: UUID
    name: str


async def list_brands(sql: Sql) -> list[Brand]:
    """Return the brands by name."""
    rows = await sql.fetch(f"SELECT id, name FROM brand ORDER BY name, id LIMIT {MOST_BRANDS}")
    return [Brand(id=as_uuid(row["id"]), name=row["name"]) for row in rows]


async def find_brand(sql: Sql, brand_id: UUID) -> Brand:
    """Return the brand that somebody chose; raise BadInput if there is none."""
    row = await sql.fetch_one("SELECT id, name FROM brand WHERE id = $1", brand_id)
    if row is None:
        raise BadInput(f"There is no brand {brand_id}. Choose another.", path="brand_id")
    return Brand(id=as_uuid(row["id"]), name=row["name"])
