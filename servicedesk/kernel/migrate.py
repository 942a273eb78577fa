"""Brings a database to the newest schema, safely.

SQLite needs care (reproduced): altering a column rebuilds the table, and then ON DELETE CASCADE
empties its children and every index is gone. So foreign keys are off while migrating, the rebuild
is our own (`sqlite_rebuild`), and the foreign keys are checked before the desk runs. On PostgreSQL
an advisory lock lets several processes start at once.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.context import TortoiseContext
from tortoise.exceptions import OperationalError

from servicedesk.domain.errors import ConfigurationError
from servicedesk.kernel.config import Settings
from servicedesk.kernel.database import APP_LABEL, connection_url, tortoise_config
from servicedesk.kernel.faults import CONNECTION_FAULTS
from servicedesk.kernel.sqlite_rebuild import CarefulExecutor

LOCK_KEY = 0x5E41CE


async def migrate(settings: Settings, modules: Sequence[str], migrations: str) -> list[str]:
    """Apply what is missing and return the names of the migrations that ran."""
    if settings.uses_sqlite:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    url = connection_url(settings).replace("foreign_keys=ON", "foreign_keys=OFF")
    config = tortoise_config(url, modules, migrations)
    ran: list[str] = []
    async with _own_connection(config) as client, _alone(settings):
        executor = CarefulExecutor(client, config["apps"])
        await _run(executor, client, ran, on_sqlite=settings.uses_sqlite)
    return ran


async def pending(settings: Settings, modules: Sequence[str], migrations: str) -> list[str]:
    """Return the names of the migrations that this database lacks. Raises ConfigurationError when
    it cannot be reached."""
    config = tortoise_config(connection_url(settings), modules, migrations)
    async with _own_connection(config) as client:
        executor = CarefulExecutor(client, config["apps"])
        return [step.migration.name for step in await executor.plan()]


@asynccontextmanager
async def _own_connection(config: dict[str, Any]) -> AsyncIterator[BaseDBAsyncClient]:
    """Connect apart from any open Database: Tortoise.init would close that one's connections."""
    async with TortoiseContext() as context:
        await context.init(config=config)
        client = context.connections.get("default")
        try:
            await client.execute_query("SELECT 1")
        except (*CONNECTION_FAULTS, OperationalError) as error:
            raise ConfigurationError(
                f"The database cannot be reached ({error}). Check DATABASE_URL and that it runs."
            ) from None
        yield client


async def _run(
    executor: CarefulExecutor, client: BaseDBAsyncClient, ran: list[str], *, on_sqlite: bool
) -> None:
    def note(event: str, _label: str, name: str) -> None:
        if event == "apply_done":
            ran.append(f"{APP_LABEL}.{name}")

    await executor.migrate(direction="forward", progress=note)
    if on_sqlite and ran:
        await _check_foreign_keys(client)


async def _check_foreign_keys(client: BaseDBAsyncClient) -> None:
    broken = await client.execute_query_dict("PRAGMA foreign_key_check")
    if broken:
        raise ConfigurationError(
            f"After migrating, {len(broken)} rows point nowhere (first: table "
            f"{broken[0]['table']}). Restore the backup made before and report this."
        )


@asynccontextmanager
async def _alone(settings: Settings) -> AsyncIterator[None]:
    if settings.uses_sqlite:
        yield
        return
    connection = await asyncpg.connect(settings.database_url)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", LOCK_KEY)
        yield
    finally:
        await connection.close()
