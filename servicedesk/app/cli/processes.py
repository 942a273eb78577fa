"""serve, web, worker: the processes of a desk."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import typer
import uvloop

from servicedesk.app.process import run_web, run_worker
from servicedesk.app.roles.names import IN_A_WORKER, Role, in_words, parse_roles
from servicedesk.app.schema import MIGRATIONS, TABLES
from servicedesk.app.wiring import Services, open_services
from servicedesk.domain.errors import ConfigurationError
from servicedesk.kernel.config import Settings, load_settings
from servicedesk.kernel.log import configure_logging
from servicedesk.kernel.migrate import migrate
from servicedesk.kernel.single import claim_data_dir


def serve() -> None:
    """Run the whole desk in this one process (SQLite by default)."""
    settings = load_settings()
    configure_logging(settings)
    with claim_data_dir(settings):
        uvloop.run(serve_everything(settings))


def web() -> None:
    """Serve HTTP and WebSockets; workers run beside it. Needs PostgreSQL and Redis."""
    settings = load_settings()
    require_many(settings, "web")
    configure_logging(settings)
    uvloop.run(_web(settings))


def worker(
    roles: Annotated[str, typer.Option(help="Comma separated.")] = in_words(IN_A_WORKER),
) -> None:
    """Run roles beside web processes. Needs PostgreSQL and Redis."""
    wanted = parse_roles(roles)
    settings = load_settings()
    require_many(settings, "worker")
    configure_logging(settings)
    uvloop.run(_worker(settings, wanted))


def require_many(settings: Settings, command: str) -> None:
    """Refuse what cannot run as several processes."""
    if settings.uses_sqlite:
        raise ConfigurationError(
            f"`{command}` runs beside other processes, and SQLite serves only one. Set "
            "DATABASE_URL=postgres://…, or run `servicedesk serve`."
        )
    if not settings.redis_url:
        raise ConfigurationError(
            f"`{command}` needs REDIS_URL=redis://… to hear of the other processes. Set it, or "
            "run `servicedesk serve`, which needs none."
        )


async def serve_everything(settings: Settings) -> None:
    """Bring the schema up to date, then run HTTP and every role."""
    await migrate(settings, TABLES, MIGRATIONS)
    async with _opened(settings) as services:
        await run_web(services, frozenset(Role))


async def _web(settings: Settings) -> None:
    async with _opened(settings) as services:
        await run_web(services)


async def _worker(settings: Settings, roles: frozenset[Role]) -> None:
    async with _opened(settings) as services:
        await run_worker(services, roles)


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Services]:
    """Open the services of a process that stays. What is loaded by now, modules above all, is never
    garbage: a full collection that looked through it again would pause everybody for 80 ms and
    more."""
    async with open_services(settings) as services:
        gc.collect()
        gc.freeze()
        yield services
