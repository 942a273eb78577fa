"""Many rows in one statement with one value: a JSON text that the database takes apart.

A statement with a placeholder for every value is planned anew for each number of rows, and
PostgreSQL takes 32,767 of them at most. This one is the same for one row and for ten thousand.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from servicedesk.kernel.sql import Row, Sql, json_text


async def insert_bulk_along(
    sql: Sql, table: str, rows: Sequence[Mapping[str, object]], tail: str
) -> list[Row]:
    """Insert rows (all with the same columns, at least one) in their order, together with what
    waits to be written (ADR 11).

    `tail` follows the values; what it says to return is returned. Values are JSON values, ids,
    times and enums: no bytes.
    """
    return await sql.fetch_along(*_statement(sql, table, rows, tail))


async def insert_bulk_later(
    sql: Sql, table: str, rows: Sequence[Mapping[str, object]], tail: str = ""
) -> None:
    """Insert such rows, whose insertion nobody asks about, at the next statement (ADR 11)."""
    await sql.execute_later(*_statement(sql, table, rows, tail))


async def update_bulk_later(
    sql: Sql, table: str, rows: Sequence[Mapping[str, object]], key: str = "id"
) -> None:
    """Change rows that were there before this transaction, each named by its `key`, at the next
    statement; all name the same columns."""
    changed = [name for name in rows[0] if name != key]
    settings = ", ".join(f'"{name}" = fresh."{name}"' for name in changed)
    source, text = _source(sql, table, rows)
    statement = f'UPDATE "{table}" SET {settings} FROM ({source}) AS fresh'
    await sql.execute_later(f'{statement} WHERE "{table}"."{key}" = fresh."{key}"', text)


def _statement(
    sql: Sql, table: str, rows: Sequence[Mapping[str, object]], tail: str
) -> tuple[str, str]:
    """Return the statement and its one value."""
    names = ", ".join(f'"{name}"' for name in rows[0])
    source, text = _source(sql, table, rows)
    # Without WHERE, SQLite would read ON CONFLICT as the condition of a join.
    return f'INSERT INTO "{table}" ({names}) {source} WHERE true {tail}', text


def _source(sql: Sql, table: str, rows: Sequence[Mapping[str, object]]) -> tuple[str, str]:
    """Return a SELECT of the rows as the columns of the table hold them, and its one value."""
    if sql.on_sqlite:
        values = ", ".join(f"json_extract(value, '$.{name}') AS \"{name}\"" for name in rows[0])
        return f"SELECT {values} FROM json_each($1)", json_text([_for_sqlite(row) for row in rows])
    names = ", ".join(f'"{name}"' for name in rows[0])
    source = f'SELECT {names} FROM json_populate_recordset(NULL::"{table}", $1::json)'
    return source, json_text([dict(row) for row in rows])


def _for_sqlite(row: Mapping[str, object]) -> dict[str, object]:
    """Times as the columns hold them; what is JSON there stays text."""
    return {name: _plain(value) for name, value in row.items()}


def _plain(value: object) -> object:
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat(" ")
        case dict() | list() | tuple():
            return json_text(value)
        case _:
            return value
