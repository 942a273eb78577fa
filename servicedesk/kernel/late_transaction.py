"""A transaction of PostgreSQL that begins with its first statement (ADR 11).

One that only writes, and writes all of it at its end, is a single statement: a transaction by
itself, in one round trip instead of three.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import ConnectionWrapper, TransactionContextPooled
from tortoise.exceptions import IntegrityError, OperationalError


class LateTransaction(TransactionWrapper):
    """What Tortoise and hand-written statements use while a transaction runs."""

    async def begin(self) -> None:
        """Nothing yet: see `start`."""

    async def start(self) -> None:
        if self.transaction is not None:
            return
        try:
            await super().begin()
        except BaseException:  # cancelled, or away: the pool rolls back what may have begun
            self.transaction = None
            raise

    def acquire_connection(self) -> "ConnectionWrapper[Any]":
        return _StartedConnection(self._lock, self)

    async def execute_query_dict(
        self, query: str, values: list[Any] | None = None
    ) -> list[dict[str, Any]]:
        self.log.debug("%s: %s", query, values)
        async with self._lock:
            await self.start()
            with _as_tortoise_says():
                rows = await self._connection.fetch(query, *(values or ()))
        return [dict(row) for row in rows]

    @property
    def has_begun(self) -> bool:
        return self.transaction is not None

    async def execute_alone(self, query: str, values: Sequence[Any]) -> None:
        """Run one statement that is the whole transaction. It must not have begun."""
        self.log.debug("%s: %s", query, values)
        async with self._lock:
            with _as_tortoise_says():
                await self._connection.fetch(query, *values)

    async def commit(self) -> None:
        if self.transaction is not None:
            await super().commit()

    async def rollback(self) -> None:
        if self.transaction is not None:
            await super().rollback()


class _StartedConnection(ConnectionWrapper[Any]):
    """The connection for statements of the ORM, in the transaction."""

    async def __aenter__(self) -> Any:
        connection = await super().__aenter__()
        try:
            await self.client.start()  # type: ignore[attr-defined]
        except BaseException:
            self._lock.release()
            raise
        return connection


def late_transaction(client: AsyncpgDBClient) -> TransactionContextPooled:
    return TransactionContextPooled(LateTransaction(client), client._pool_init_lock)  # noqa: SLF001


@contextmanager
def _as_tortoise_says() -> Iterator[None]:
    try:
        yield
    except asyncpg.IntegrityConstraintViolationError as error:
        raise IntegrityError(error) from error
    except (asyncpg.SyntaxOrAccessError, asyncpg.DataError) as error:
        raise OperationalError(error) from error
