"""Hand-written statements that run on both databases.

Stores of the hot path use this instead of ORM objects (ADR 3). Statements are written for
PostgreSQL, with `$1`, `$2`, …; on SQLite the same text runs with `?1`, `?2`, …. Values go in as
Python objects and come out raw: `as_uuid` and its sisters read a column of either database.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum, StrEnum
from functools import lru_cache
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.exceptions import OperationalError

from servicedesk.domain.errors import Unavailable
from servicedesk.kernel.faults import unavailable_when_away
from servicedesk.kernel.late_transaction import LateTransaction

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
        statement, values = _insert(table, rows, f"{tail} RETURNING 1 AS written")
        return len(await self.fetch(statement, *values))

    async def insert_along(
        self, table: str, rows: Sequence[Mapping[str, object]], tail: str = ""
    ) -> int:
        """Insert rows as `insert` does, together with what waits. Rows that they refer to may be
        among it."""
        statement, values = _insert(table, rows, f"{tail} RETURNING 1 AS written")
        return len(await self.fetch_along(statement, *values))

    async def insert_later(
        self, table: str, rows: Sequence[Mapping[str, object]], tail: str = ""
    ) -> None:
        """Insert rows whose insertion nobody asks about; in a transaction at its next statement."""
        await self.insert(table, rows, tail)

    async def execute_later(self, statement: str, *values: object, must_touch: int = 0) -> None:
        """Change rows as `insert_later` inserts them, by a statement that begins with what it does.

        Rows that may be among what waits already let that go first.
        `must_touch`: so many rows, or the transaction fails with Unavailable (0: however many).
        """
        touched = await self.execute(statement, *values)
        _check_touched(touched, must_touch)

    async def fetch_along(self, statement: str, *values: object) -> list[Row]:
        """Return the rows of a statement that neither reads nor changes what waits to be written:
        in a transaction both go together."""
        return await self.fetch(statement, *values)

    async def insert_returning_last_id(
        self, table: str, rows: Sequence[Mapping[str, object]]
    ) -> int:
        """Insert rows, along with what waits; return the largest id that was drawn for them."""
        statement, values = _insert(table, rows, "RETURNING id")
        return max(int(row["id"]) for row in await self.fetch_along(statement, *values))

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


class TransactionSql(Sql):
    """The connection of one transaction.

    A round trip costs more than a statement (ADR 11): what is to be written `later` waits for the
    next statement, or the end, and on PostgreSQL goes as one. The parts of such a statement do not
    see one another's rows: what changes a row that waits lets it go first.
    """

    def __init__(self, client: BaseDBAsyncClient, dialect: Dialect) -> None:
        super().__init__(client, dialect)
        self._waiting: list[_Part] = []

    async def fetch(self, statement: str, *values: object) -> list[Row]:
        await self.flush()
        return await super().fetch(statement, *values)

    async def execute(self, statement: str, *values: object) -> int:
        await self.flush()
        return await super().execute(statement, *values)

    async def insert_later(
        self, table: str, rows: Sequence[Mapping[str, object]], tail: str = ""
    ) -> None:
        self._waiting.append(_Part(*_insert(table, rows, tail)))

    async def execute_later(self, statement: str, *values: object, must_touch: int = 0) -> None:
        part = _Part(statement, values, must_touch)
        if any(_may_meet(waiting, part) for waiting in self._waiting):
            await self.flush()
        self._waiting.append(part)

    async def fetch_along(self, statement: str, *values: object) -> list[Row]:
        if self.on_sqlite:
            return await self.fetch(statement, *values)
        if any(part.must_touch for part in self._waiting):
            await self.flush()
        text, arguments = _joined([*self._take(), _Part(statement, values)])
        return await super().fetch(text, *arguments)

    async def insert_returning_last_id(
        self, table: str, rows: Sequence[Mapping[str, object]]
    ) -> int:
        if self.on_sqlite:
            return await super().insert_returning_last_id(table, rows)
        insertion = _Part(*_insert(table, rows, "RETURNING id"))
        text, values = _checked([*self._take(), insertion])
        with _touching():
            found = await super().fetch(text, *values)
        return max(int(row["id"]) for row in found)

    async def flush(self) -> None:
        """Send what waits."""
        waiting = self._take()
        if self.on_sqlite:
            for part in waiting:
                touched = await super().execute(part.statement, *part.values)
                _check_touched(touched, part.must_touch)
        elif waiting:
            text, values = _checked([*waiting, _NOTHING])
            with _touching():
                await super().fetch(text, *values)

    async def finish(self) -> None:
        """Send what waits as the last of the transaction; if it is all of it, by itself."""
        client = self._client
        if not self._waiting or not isinstance(client, LateTransaction) or client.has_begun:
            await self.flush()
            return
        text, values = _checked([*self._take(), _NOTHING])
        text, arguments = self._prepare(text, values)
        with unavailable_when_away(committing=True), _touching():
            await client.execute_alone(text, arguments)

    def _take(self) -> "list[_Part]":
        waiting, self._waiting = self._waiting, []
        return waiting


@dataclass(frozen=True, slots=True)
class _Part:
    """A statement among others, with the values of its `$1`, `$2`, …"""

    statement: str
    values: Sequence[object] = ()
    must_touch: int = 0


_NOTHING = _Part("SELECT 1 AS done")
_WRITES = re.compile(r'(INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)')


def _may_meet(waiting: _Part, part: _Part) -> bool:
    """A change would miss rows that wait to be inserted, and a row that is changed twice in one
    statement is changed once: changes of one table name rows, and these must differ."""
    before, now = _written(waiting.statement), _written(part.statement)
    if now is None or before is None or now[0] == "INSERT INTO" or now[1] != before[1]:
        return False
    return before[0] == "INSERT INTO" or bool(_names(waiting.values) & _names(part.values))


@lru_cache(maxsize=512)
def _written(statement: str) -> tuple[str, str] | None:
    """Return how a statement writes, and to which table."""
    found = _WRITES.match(statement)
    return None if found is None else (found[1], found[2])


def _names(values: Sequence[object]) -> frozenset[object]:
    """Return the ids and other names among the values, those in lists too."""
    flat = [one for value in values for one in (value if isinstance(value, list) else [value])]
    return frozenset(one for one in flat if isinstance(one, str | UUID))


def _joined(parts: Sequence[_Part]) -> tuple[str, tuple[object, ...]]:
    """Return one PostgreSQL statement out of several; it answers as the last does."""
    values = tuple(value for part in parts for value in part.values)
    if len(parts) == 1:
        return parts[0].statement, values
    return _joined_text(tuple((part.statement, len(part.values)) for part in parts)), values


def _checked(parts: Sequence[_Part]) -> tuple[str, tuple[object, ...]]:
    """Return what `_joined` does, for a last part that has rows; it divides by zero, and so does
    nothing at all, unless each part touches as many rows as it must."""
    wanted = tuple((place, part.must_touch) for place, part in enumerate(parts) if part.must_touch)
    if not wanted:
        return _joined(parts)
    returning = [
        replace(part, statement=f"{part.statement} RETURNING 1") if part.must_touch else part
        for part in parts
    ]
    checks = " AND ".join(
        f"(SELECT count(*) FROM part{place}) = {count}" for place, count in wanted
    )
    last = len(parts) - 1
    asked = _Part(f"SELECT *, 1 / ({checks})::int AS checked FROM part{last}")
    return _joined([*returning, asked])


@contextmanager
def _touching() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        if isinstance(error.__cause__, asyncpg.DivisionByZeroError):
            raise _missing() from error
        raise


def _check_touched(touched: int, wanted: int) -> None:
    if wanted and touched != wanted:
        raise _missing()


def _missing() -> Unavailable:
    return Unavailable("Rows that this needs went meanwhile. Nothing was changed; try again.")


def _insert(
    table: str, rows: Sequence[Mapping[str, object]], tail: str = ""
) -> tuple[str, Sequence[object]]:
    columns = tuple(rows[0])
    values = [row[name] for row in rows for name in columns]
    return _insert_text(table, columns, len(rows), tail), values


@lru_cache(maxsize=512)
def _joined_text(parts: tuple[tuple[str, int], ...]) -> str:
    """Return one statement out of several, each given with its number of values."""
    texts: list[str] = []
    before = 0
    for statement, count in parts:
        texts.append(_counted_from(statement, before))
        before += count
    named = ", ".join(f"part{place} AS ({text})" for place, text in enumerate(texts[:-1]))
    return f"WITH {named} {texts[-1]}"


def _counted_from(statement: str, before: int) -> str:
    return re.sub(r"\$(\d+)", lambda found: f"${int(found[1]) + before}", statement)


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
    if type(value) is UUID:
        return value
    return UUID(int=value.int) if isinstance(value, UUID) else UUID(str(value))


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
