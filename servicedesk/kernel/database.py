"""One database for the process: SQLite file or PostgreSQL pool, transactions, and its clock.

Traps that this file answers (each was reproduced): SQLite's deferred BEGIN makes two writers fail
with "database is locked", so ours begin IMMEDIATE; Tortoise leaks the SQLite lock or the pooled
connection when BEGIN itself fails, so a failed start is undone here.
"""

import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from datetime import datetime
from typing import Any
from urllib.parse import quote

from tortoise.backends.asyncpg.client import AsyncpgDBClient
from tortoise.backends.base.client import BaseDBAsyncClient, TransactionContext
from tortoise.backends.sqlite.client import SqliteTransactionContext, SqliteTransactionWrapper
from tortoise.context import TortoiseContext

from servicedesk.domain.actors import Actor
from servicedesk.domain.errors import Unavailable
from servicedesk.domain.ids import Position
from servicedesk.kernel import journal, metrics
from servicedesk.kernel.bus import Bus
from servicedesk.kernel.config import Settings
from servicedesk.kernel.connections import postgresql_connection
from servicedesk.kernel.database_clock import DatabaseClock
from servicedesk.kernel.faults import CONNECTION_FAULTS, unavailable_when_away
from servicedesk.kernel.late_stamps import LateStamps
from servicedesk.kernel.late_transaction import late_transaction
from servicedesk.kernel.sql import Dialect, Sql, TransactionSql
from servicedesk.kernel.time import Clock, LocalClock
from servicedesk.kernel.work import Work

APP_LABEL = "servicedesk"


async def _begin_immediate(self: SqliteTransactionWrapper) -> None:
    await self._connection.rollback()  # of a BEGIN that was cancelled while it waited
    await self._connection.execute("BEGIN IMMEDIATE")


SqliteTransactionWrapper.begin = _begin_immediate  # type: ignore[method-assign]


def connection_url(settings: Settings) -> str:
    """Return the Tortoise URL of the settings, with the pragmas or pool size that we rely on."""
    if settings.uses_sqlite:
        path = settings.database_url.removeprefix("sqlite://") or str(
            (settings.data_dir / "servicedesk.sqlite3").resolve()
        )
        pragmas = "journal_mode=WAL&synchronous=FULL&busy_timeout=5000&foreign_keys=ON"
        return f"sqlite://{quote(path)}?{pragmas}"
    joiner = "&" if "?" in settings.database_url else "?"
    return f"{settings.database_url}{joiner}minsize=1&maxsize={settings.database_connections}"


def tortoise_config(url: str, modules: Sequence[str], migrations: str) -> dict[str, Any]:
    return {
        "connections": {"default": url if url.startswith("sqlite") else postgresql_connection(url)},
        "apps": {
            APP_LABEL: {
                "models": list(modules),
                "migrations": migrations,
                "default_connection": "default",
            }
        },
        "use_tz": True,
        "timezone": "UTC",
    }


class Database:
    """An open database: `sql` to read outside a story, `work` to run one.

    After a commit the bus is rung, so that nobody needs to poll.
    """

    def __init__(self, context: TortoiseContext, bus: Bus, clock: Clock | None = None) -> None:
        self._bus = bus
        self._context = context
        self._client: BaseDBAsyncClient = context.connections.get("default")
        self.dialect = Dialect(self._client.capabilities.dialect)
        self._sql = Sql(self._client, self.dialect)
        self._clock: Clock | DatabaseClock = clock or (
            LocalClock() if self.on_sqlite else DatabaseClock()
        )
        self._late_stamps = LateStamps(lambda: journal.stamp(self._sql), bus)

    @property
    def on_sqlite(self) -> bool:
        return self.dialect is Dialect.SQLITE

    @property
    def sql(self) -> Sql:
        """Statements outside any transaction."""
        _refuse_inside_transaction()
        return self._sql

    async def now(self) -> datetime:
        """Return the database's time: all deadlines and leases go by it."""
        return await self._now_in(self.sql)

    async def ping(self) -> None:
        """Raise Unavailable unless the database answers."""
        await self.sql.fetch_one("SELECT 1 AS alive")

    @asynccontextmanager
    async def transaction(self, *, durable: bool = True) -> AsyncIterator[TransactionSql]:
        """Run one transaction. Never start a task inside: it would outlive the connection.

        `durable` False: on PostgreSQL a crash of the server may undo it, until anything that was
        committed later is durable.
        """
        _refuse_inside_transaction()
        context = self._new_transaction()
        with unavailable_when_away():
            client = await _enter(context)
        failure: BaseException | None = None
        token = _inside_transaction.set(True)
        try:
            sql = TransactionSql(client, self.dialect)
            yield sql
            await sql.finish(durable=durable)
        except BaseException as error:
            failure = error
            raise
        finally:
            _inside_transaction.reset(token)
            if failure is None:
                with unavailable_when_away(committing=True):
                    await _leave(context, None)
            else:  # what failed first is told: a lost connection must not hide a cancellation
                with suppress(Unavailable), unavailable_when_away():
                    await _leave(context, failure)

    def _new_transaction(self) -> TransactionContext:
        if isinstance(self._client, AsyncpgDBClient):
            return late_transaction(self._client)
        return self._client._in_transaction()  # noqa: SLF001  # see _enter

    @asynccontextmanager
    async def work(self, actor: Actor, *, awaited: bool = True) -> AsyncIterator[Work]:
        """Run one story. After the commit `work.position` is that of its last entry (0: none).

        `awaited` False: nobody asks for the position, or acts on the story before it has one. It is
        given a moment later, by a durable commit that makes the story durable too (ADR 16), and the
        bells ring then. SQLite has one writer: there nothing is put off.
        """
        put_off = not awaited and not self.on_sqlite
        work: Work | None = None
        with metrics.timed_story(lambda: work.kinds if work else ()):
            async with self.transaction(durable=not put_off) as sql:
                work = Work(sql, actor, await self._now_in(sql))
                yield work
                last_id = await work.write_entries(later=put_off)
            if last_id:
                work.position = await self._stamp(last_id)
        if put_off:
            self._late_stamps.ask(work.bells)
            return
        for topic in work.bells:
            await self._bus.ring(topic)

    async def _now_in(self, sql: Sql) -> datetime:
        """Tell the time once the transaction has begun: on SQLite it may have waited for that."""
        if isinstance(self._clock, DatabaseClock):
            return await self._clock.now_by(sql)
        return await self._clock.now()

    async def stamp(self) -> Position:
        """Stamp whatever is committed and has no position yet; return the journal's head."""
        return await journal.stamp(self.sql)

    async def _stamp(self, last_id: int) -> Position:
        if self.on_sqlite:
            return Position(last_id)
        try:
            return await journal.stamp(self.sql, last_id)
        except Unavailable:  # committed all the same; the sweep of any process stamps it
            return Position(0)

    async def settle(self) -> None:
        """Return when every story that committed here is stamped."""
        await self._late_stamps.settle()

    async def close(self) -> None:
        await self.settle()
        await self._context.close_connections()


async def open_database(
    settings: Settings,
    modules: Sequence[str],
    migrations: str,
    *,
    bus: Bus,
    clock: Clock | None = None,
) -> Database:
    """Open the database of the settings, for the whole process."""
    url = connection_url(settings)
    if settings.uses_sqlite:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    # Not Tortoise.init: that takes over, and closes, whatever context the caller is in.
    context = TortoiseContext()
    with context:
        await context.init(
            config=tortoise_config(url, modules, migrations), _enable_global_fallback=True
        )
    database = Database(context, bus, clock)
    if settings.uses_sqlite:  # a file that does not open would leave Tortoise's lock taken
        try:
            await database.ping()
        except BaseException:
            await database.close()
            raise
    return database


_inside_transaction: ContextVar[bool] = ContextVar("inside_transaction", default=False)


def _refuse_inside_transaction() -> None:
    """On SQLite it would wait for its own transaction for ever; so it is wrong everywhere."""
    if _inside_transaction.get():
        raise RuntimeError(
            "A transaction is open here. Use work.sql (or the sql it yields), not the database, "
            "and finish it before the next one. A task made inside has no place there either."
        )


async def _enter(context: TransactionContext) -> BaseDBAsyncClient:
    try:
        return await context.__aenter__()
    except BaseException:
        await _undo_failed_start(context)
        raise


async def _undo_failed_start(context: TransactionContext) -> None:
    """Give back what Tortoise took before its BEGIN failed."""
    from tortoise.connection import get_connections  # noqa: PLC0415  # needs a live context

    token = getattr(context, "token", None)
    if isinstance(context, SqliteTransactionContext):
        if token is not None and context._trxlock.locked():  # noqa: SLF001
            with suppress(sqlite3.Error):  # after a BEGIN that comes through later
                await context.connection._connection.rollback()  # noqa: SLF001
            context._trxlock.release()  # noqa: SLF001
    else:
        client: Any = getattr(context, "client", None)
        held = getattr(client, "_connection", None)
        if held is not None:
            with suppress(*CONNECTION_FAULTS):
                await client._parent._pool.release(held)  # noqa: SLF001
    if token is not None:
        get_connections().reset(token)


async def _leave(context: TransactionContext, failure: BaseException | None) -> None:
    kind = type(failure) if failure else None
    await context.__aexit__(kind, failure, failure.__traceback__ if failure else None)
