"""Hand-written statements that run on both databases.

Stores of the hot path use this instead of ORM objects (ADR 3). Statements are written for
PostgreSQL, with `$1`, `$2`, …; on SQLite the same text runs with `?1`, `?2`, …. Values go in as
Python objects and come out raw: `as_uuid` and its sisters read a column of either database.
"""

import json
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import Enum, StrEnum
from functools import lru_cache
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import orjson
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.exceptions import OperationalError

from servicedesk.domain.errors import Unavailable
from servicedesk.kernel.faults import unavailable_when_away
from servicedesk.kernel.json_text import JsonText as JsonText  # noqa: PLC0414  # told from here
from servicedesk.kernel.json_text import json_text as json_text  # noqa: PLC0414  # told from here
from servicedesk.kernel.late_transaction import LateTransaction
from servicedesk.kernel.waiting import NOTHING, UNHURRIED, Part, Waiting, checked, insertion, joined

Row = Mapping[str, Any]
Item = TypeVar("Item")
Writer = Callable[["Sql", list[Item]], Awaitable[None]]


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
        part = insertion(table, rows, f"{tail} RETURNING 1 AS written")
        return len(await self.fetch(part.statement, *part.values))

    async def insert_along(
        self, table: str, rows: Sequence[Mapping[str, object]], tail: str = ""
    ) -> int:
        """Insert rows as `insert` does, together with what waits. Rows that they refer to may be
        among it."""
        part = insertion(table, rows, f"{tail} RETURNING 1 AS written")
        return len(await self.fetch_along(part.statement, *part.values))

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

    async def gather_later(self, write: "Writer[Item]", items: Iterable[Item]) -> None:
        """Let `write` have the items, and with them what others gather for it until then; in a
        transaction before its next statement that is not sent along."""
        await write(self, list(items))

    async def fetch_along(self, statement: str, *values: object) -> list[Row]:
        """Return the rows of a statement that neither reads nor changes what waits to be written:
        in a transaction both go together."""
        return await self.fetch(statement, *values)

    async def insert_returning_last_id(
        self, table: str, rows: Sequence[Mapping[str, object]]
    ) -> int:
        """Insert rows, along with what waits; return the largest id that was drawn for them."""
        part = insertion(table, rows, "RETURNING id")
        found = await self.fetch_along(part.statement, *part.values)
        return max(int(row["id"]) for row in found)

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
        return statement, [
            value if type(value) in _AS_THEY_ARE else _for_postgresql(value) for value in values
        ]


class TransactionSql(Sql):
    """The connection of one transaction.

    A round trip costs more than a statement (ADR 11): what is to be written `later` waits for the
    next statement, or the end, and on PostgreSQL goes as one. The parts of such a statement do not
    see one another's rows: what changes a row that waits lets it go first.
    """

    def __init__(self, client: BaseDBAsyncClient, dialect: Dialect) -> None:
        super().__init__(client, dialect)
        self._waiting = Waiting(together=not self.on_sqlite)
        self._gathered: dict[Writer[Any], list[Any]] = {}

    async def fetch(self, statement: str, *values: object) -> list[Row]:
        await self.flush()
        return await super().fetch(statement, *values)

    async def execute(self, statement: str, *values: object) -> int:
        await self.flush()
        return await super().execute(statement, *values)

    async def insert_later(
        self, table: str, rows: Sequence[Mapping[str, object]], tail: str = ""
    ) -> None:
        self._waiting.insert(table, rows, tail)

    async def execute_later(self, statement: str, *values: object, must_touch: int = 0) -> None:
        part = Part(statement, values, must_touch)
        if self._waiting.meets(part):
            await self.flush()
        self._waiting.add(part)

    async def gather_later(self, write: "Writer[Item]", items: Iterable[Item]) -> None:
        self._gathered.setdefault(write, []).extend(items)

    async def fetch_along(self, statement: str, *values: object) -> list[Row]:
        if self.on_sqlite:
            return await self.fetch(statement, *values)
        if self._waiting.must_touch:
            await self.flush()
        text, arguments = joined([*self._waiting.take(), Part(statement, values)])
        return await super().fetch(text, *arguments)

    async def insert_returning_last_id(
        self, table: str, rows: Sequence[Mapping[str, object]]
    ) -> int:
        if self.on_sqlite:
            return await super().insert_returning_last_id(table, rows)
        await self._write_gathered()
        text, values = checked([*self._waiting.take(), insertion(table, rows, "RETURNING id")])
        with _touching():
            found = await super().fetch(text, *values)
        return max(int(row["id"]) for row in found)

    async def flush(self) -> None:
        """Send what waits."""
        await self._write_gathered()
        waiting = self._waiting.take()
        if self.on_sqlite:
            for part in waiting:
                touched = await super().execute(part.statement, *part.values)
                _check_touched(touched, part.must_touch)
        elif waiting:
            text, values = checked([*waiting, NOTHING])
            with _touching():
                await super().fetch(text, *values)

    async def finish(self, *, durable: bool = True) -> None:
        """Send what waits as the last of the transaction; if it is all of it, by itself.

        `durable` False: the commit may be lost with the server, unless it is on the disk with a
        later one.
        """
        await self._write_gathered()
        client = self._client
        if not self._waiting or not isinstance(client, LateTransaction):
            await self.flush()
            return
        text, values = checked([*self._waiting.take(), NOTHING if durable else UNHURRIED])
        if client.has_begun:
            with _touching():
                await super().fetch(text, *values)
            return
        text, arguments = self._prepare(text, values)
        with unavailable_when_away(committing=True), _touching():
            await client.execute_alone(text, arguments)

    async def _write_gathered(self) -> None:
        """Let what was gathered join what waits. Who writes it may not read."""
        gathered, self._gathered = self._gathered, {}
        for write, items in gathered.items():
            await write(self, items)


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


@lru_cache(maxsize=2048)
def _numbered(statement: str) -> str:
    return re.sub(r"\$(\d+)", r"?\1", statement)


def _for_sqlite(value: object) -> object:
    match value:
        case Enum():
            return value.value
        case UUID() | JsonText():
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


_AS_THEY_ARE = frozenset({str, int, bool, float, bytes, UUID, datetime, list, type(None)})


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
