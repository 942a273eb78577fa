"""Connections of other processes: beside the one that a test has open."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg

from servicedesk.kernel.config import Settings

INSERT = """
    INSERT INTO journal (at, actor, kind, ticket_id, payload)
    VALUES (clock_timestamp(), 'system:other', $1, $2, $3) RETURNING id
"""


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(settings.database_url)
    try:
        yield connection
    finally:
        connection.terminate()


async def write_entry(
    connection: asyncpg.Connection, kind: str, ticket_id: UUID | None = None, payload: str = "{}"
) -> int:
    """Write an entry as a story does, without stamping it."""
    entry_id: int = await connection.fetchval(INSERT, kind, ticket_id, payload)
    return entry_id
