"""Fresh, migrated databases: migrated once per run, copied for each test.

Those on PostgreSQL are handed out by `tests.postgres_copies`.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from tortoise.context import TortoiseContext

from servicedesk.app.schema import MIGRATIONS, TABLES
from servicedesk.kernel.bus import Bus
from servicedesk.kernel.config import Settings, load_settings
from servicedesk.kernel.database import (
    Database,
    connection_url,
    open_database,
    tortoise_config,
)
from servicedesk.kernel.migrate import migrate
from servicedesk.kernel.time import Clock
from tests.services.postgresql import (
    PostgresServer,
    create_database,
    database_name,
    drop_database,
)

SQLITE_FILE = "servicedesk.sqlite3"


def settings_on_sqlite(data_dir: Path) -> Settings:
    return load_settings(data_dir=data_dir, database_url="", redis_url="")


def settings_on_postgres(data_dir: Path, url: str) -> Settings:
    return load_settings(data_dir=data_dir, database_url=url, redis_url="", database_connections=10)


def make_sqlite_template(folder: Path) -> Path:
    """Return a migrated SQLite file that nobody has open."""
    asyncio.run(migrate(settings_on_sqlite(folder), TABLES, MIGRATIONS))
    return folder / SQLITE_FILE


@contextlib.contextmanager
def postgres_template(server: PostgresServer, folder: Path) -> Iterator[str]:
    """Yield the name of a migrated database that nobody is connected to."""
    url = asyncio.run(create_database(server))
    try:
        asyncio.run(migrate(settings_on_postgres(folder, url), TABLES, MIGRATIONS))
        yield database_name(url)
    finally:
        asyncio.run(drop_database(server, url))


def copy_sqlite(template: Path, data_dir: Path) -> Settings:
    data_dir.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(template, data_dir / SQLITE_FILE)
    return settings_on_sqlite(data_dir)


@contextlib.asynccontextmanager
async def opened_beside(
    settings: Settings, bus: Bus, clock: Clock | None = None
) -> AsyncIterator[tuple[Database, TortoiseContext]]:
    """Open one of several databases of one process. Enter its context around each use."""
    context = TortoiseContext()
    with context:
        await context.init(config=tortoise_config(connection_url(settings), TABLES, MIGRATIONS))
    try:
        yield Database(context, bus, clock), context
    finally:
        await context.close_connections()


@contextlib.asynccontextmanager
async def opened(
    settings: Settings, bus: Bus, clock: Clock | None = None
) -> AsyncIterator[Database]:
    database = await open_database(settings, TABLES, MIGRATIONS, bus=bus, clock=clock)
    try:
        yield database
    finally:
        await database.close()
