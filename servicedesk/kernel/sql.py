"""Hand-written statements that run on both databases.

Stores of the hot path use this instead of ORM objects (ADR 3). Statements are written for
PostgreSQL, with `$1`, `$2`, …; on SQLite the same text runs with `?1`, `?2`, …. Values go in as
Python objects and come out raw: `as_uuid` and its sisters read a column of either database.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum, StrEnum
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from tortoise.backends.base.client import BaseDBAsyncClient

from servicedesk.kernel.faults import unavailable_when_away

Row = Mapping[str, Any]


class Dialect(StrEnum):
    SQLITE = "sqlite"
    POSTGRESQL = "postgres"


class Sql:
    """One connection (or pool) to run statements on."""

    def __init__(self, client: BaseDBAsyncClient, dialect: Dialect) -> None:
        self._client = client
        self.dialect = dialect

    @property
    def on_sqlite(self) -> bool:
        return self.dialect is Dialect.SQLITE

    async def fetch(self, statement: str, *values: object) -> list[Row]:
        """Return every row, as column name → raw value."""
        text, arguments = self._prepare(statement, values)
        with unavailable_when_away():
            return list(await self._client.execute_query_dict(text, arguments))

    async def fetch_one(self, statement: str, *values: object) -> Row | None:
        rows = await self.fetch(statement, *values)
        return rows[0] if rows else None

    async def execute(self, statement: str, *values: object) -> int:
        """Run a statement that returns no rows; return how many rows it touched."""
        text, arguments = self._prepare(statement, values)
        with unavailable_when_away():
            touched, _ = await self._client.execute_query(text, arguments)
        return int(touched)

    async def insert(self, table: str, rows: Sequence[Mapping[str, object]], tail: str = "") -> int:
        """Insert rows (all with the same columns, at least one) in one statement.

        `tail` follows the values ("ON CONFLICT DO NOTHING"). Returns how many rows were inserted.
        They are counted by RETURNING: Tortoise reads the first number of PostgreSQL's "INSERT 0 1".
        """
        columns = tuple(rows[0])
        statement = _insert_text(table, columns, len(rows), f"{tail} RETURNING 1 AS written")
        values = (row[name] for row in rows for name in columns)
        return len(await self.fetch(statement, *values))

    async def insert_returning_last_id(
        self, table: str, rows: Sequence[Mapping[str, object]]
    ) -> int:
        """Insert rows and return the largest id that the database drew for them."""
        columns = tuple(rows[0])
        statement = _insert_text(table, columns, len(rows), "RETURNING id")
        values = (row[name] for row in rows for name in columns)
        return max(int(row["id"]) for row in await self.fetch(statement, *values))

    def member(self, column: str, number: int) -> str:
        """Return a condition: the column is in the list that is passed as `$number`."""
        if self.on_sqlite:
            return f"{column} IN (SELECT value FROM json_each(${number}))"
        return f"{column} = ANY(${number})"

    @property
    def for_update(self) -> str:
        """The locking clause; SQLite has one writer and needs none."""
        return "" if self.on_sqlite else "FOR UPDATE"

    def _prepare(self, statement: str, values: Sequence[object]) -> tuple[str, list[Any]]:
        if self.on_sqlite:
            return _numbered(statement), [_for_sqlite(value) for value in values]
        return statement, [_for_postgresql(value) for value in values]


@lru_cache(maxsize=2048)
def _numbered(statement: str) -> str:
    return re.sub(r"\$(\d+)", r"?\1", statement)


@lru_cache(maxsize=512)
def _insert_text(table: str, columns: tuple[str, ...], count: int, tail: str) -> str:
    width = len(columns)
    rows = (
        "(" + ", ".join(f"${row * width + column + 1}" for column in range(width)) + ")"
        for row in range(count)
    )
    names = ", ".join(f'"{name}"' for name in columns)
    return f'INSERT INTO "{table}" ({names}) VALUES {", ".join(rows)} {tail}'


def _for_sqlite(value: object) -> object:
    match value:
        case Enum():
            return value.value
        case UUID():
            return str(value)
        case datetime():
            return value.astimezone(UTC).isoformat(" ")
        case dict():
            return json_text(value)
        case list() | tuple() | set() | frozenset():
            return json.dumps([_for_sqlite(item) for item in value])
        case bool():
            return int(value)
        case _:
            return value


def _for_postgresql(value: object) -> object:
    match value:
        case Enum():
            return value.value
        case dict():
            return json_text(value)
        case tuple() | set() | frozenset():
            return list(value)
        case _:
            return value


def json_text(value: object) -> str:
    """Return JSON text; ids, times and enums become strings."""
    return orjson.dumps(value, default=_plain).decode()


def _plain(value: object) -> object:
    if isinstance(value, frozenset | set):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def as_uuid(value: Any) -> UUID:
    """Read an id column. asyncpg has a UUID class of its own, SQLite keeps text."""
    return value if type(value) is UUID else UUID(str(value))


def as_uuid_or_none(value: Any) -> UUID | None:
    return None if value is None else as_uuid(value)


def as_time(value: Any) -> datetime:
    """Read a time column as aware UTC."""
    read = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return read if read.tzinfo is UTC else read.astimezone(UTC)


def as_time_or_none(value: Any) -> datetime | None:
    return None if value is None else as_time(value)


def as_json(value: Any) -> Any:
    """Read a JSON column; NULL stays None."""
    return orjson.loads(value) if isinstance(value, str | bytes) else value


def as_dict(value: Any) -> dict[str, Any]:
    read = as_json(value)
    return read if isinstance(read, dict) else {}


def ids_of(values: Iterable[Any]) -> list[UUID]:
    return [as_uuid(value) for value in values]
