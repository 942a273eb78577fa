"""Copies of one migrated PostgreSQL database, emptied and handed out again.

Making and dropping a database waits for the disk, each time; deleting a test's few rows does not.
A copy that is not exactly as new afterwards (another schema, many rows) is dropped instead.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import asyncpg

from tests.services.postgresql import PostgresServer, create_database, drop_database

MOST_ROWS = 2_000  # what more than these leave behind would change plans and speed

LOOK = """
    SELECT md5(string_agg(line, E'\\n' ORDER BY line)) FROM (
        SELECT format('%s.%s %s %s %s', attrelid::regclass, attname, atttypid::regtype, atttypmod,
                      attnotnull) AS line
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        WHERE relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped
        UNION ALL
        SELECT pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace
        UNION ALL
        SELECT proname || md5(prosrc) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    ) AS lines
"""
TABLES = """
    SELECT format('%I', relname) FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname
"""
SEQUENCES = """
    SELECT format('%I', sequencename), coalesce(last_value + 1, start_value) FROM pg_sequences
    WHERE schemaname = 'public'
"""
OTHERS_OUT = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@dataclass(frozen=True, slots=True)
class _Pristine:
    """What a copy is like when it is new."""

    look: str
    tables: list[str]
    rows: dict[str, str]
    """table → its rows as JSON, of those that have any"""
    sequences: list[tuple[str, int]]
    """(name, the number it gives next)"""


class PostgresCopies:
    def __init__(self, server: PostgresServer, template: str) -> None:
        self._server = server
        self._template = template
        self._free: list[str] = []
        self._pristine: _Pristine | None = None

    @contextlib.contextmanager
    def copy(self) -> Iterator[str]:
        """Yield the URL of a database that is as the template."""
        url = self._free.pop() if self._free else asyncio.run(self._make())
        try:
            yield url
        finally:
            asyncio.run(self._take_back(url))

    def drop_all(self) -> None:
        for url in self._free:
            asyncio.run(drop_database(self._server, url))

    async def _make(self) -> str:
        url = await create_database(self._server, self._template)
        if self._pristine is None:
            self._pristine = await _describe(url)
        return url

    async def _take_back(self, url: str) -> None:
        assert self._pristine is not None
        if await _is_as_new(url, self._pristine):
            self._free.append(url)
        else:
            await drop_database(self._server, url)


async def _describe(url: str) -> _Pristine:
    connection = await asyncpg.connect(url)
    try:
        tables = [row[0] for row in await connection.fetch(TABLES)]
        rows = {
            table: await connection.fetchval(f"SELECT json_agg(t) FROM {table} AS t")
            for table in tables
        }
        return _Pristine(
            look=await connection.fetchval(LOOK),
            tables=tables,
            rows={table: held for table, held in rows.items() if held},
            sequences=[(row[0], row[1]) for row in await connection.fetch(SEQUENCES)],
        )
    finally:
        await connection.close()


async def _is_as_new(url: str, pristine: _Pristine) -> bool:
    """Empty the database; False if it cannot be made what it was."""
    try:
        connection = await asyncpg.connect(url)
    except (OSError, asyncpg.PostgresError):
        return False
    try:
        await connection.execute(OTHERS_OUT)
        if await connection.fetchval(LOOK) != pristine.look:
            return False
        return await _empty(connection, pristine)
    except asyncpg.PostgresError:
        return False
    finally:
        await connection.close()


async def _empty(connection: asyncpg.Connection, pristine: _Pristine) -> bool:
    counts = " UNION ALL ".join(
        f"SELECT '{table}' AS name, count(*) AS rows FROM {table}" for table in pristine.tables
    )
    filled = await connection.fetch(f"SELECT name, rows FROM ({counts}) AS c WHERE rows > 0")
    if sum(row["rows"] for row in filled) > MOST_ROWS:
        return False
    statements = [f"DELETE FROM {row['name']}" for row in filled]
    statements += [
        f"INSERT INTO {table} SELECT * "
        f"FROM json_populate_recordset(NULL::{table}, $rows${rows}$rows$)"
        for table, rows in pristine.rows.items()
    ]
    statements += [
        f"ALTER SEQUENCE {name} RESTART WITH {number}" for name, number in pristine.sequences
    ]
    # One transaction; foreign keys are off in it, so that no table must wait for another.
    await connection.execute("; ".join(["SET session_replication_role = replica", *statements]))
    return True
