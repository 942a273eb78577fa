"""doctor: is everything here that the desk stands on? Each check says what to do."""

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import typer
from redis.asyncio import ConnectionPool, Redis
from rich.console import Console
from rich.table import Table

from servicedesk.app.cli.doctor_mail import examine_mail
from servicedesk.app.cli.findings import Finding
from servicedesk.app.schema import MIGRATIONS, TABLES
from servicedesk.channels.email.dns_lookup import DnsLookup
from servicedesk.kernel.config import Settings, load_settings
from servicedesk.kernel.migrate import pending
from servicedesk.kernel.secrets import KEY_FILE, load_secrets

LITTLE_DISK_BYTES = 1_000_000_000
CONNECT_SECONDS = 5
CONSOLE = Path(__file__).parents[1] / "console" / "index.html"


Check = Callable[[Settings], Awaitable[Finding]]


async def data_folder(settings: Settings) -> Finding:
    folder = settings.data_dir
    if not folder.is_dir():
        return Finding(True, f"{folder.resolve()} is made at the first start")
    if not os.access(folder, os.W_OK):
        return Finding(False, f"{folder.resolve()} cannot be written. Change its owner or rights.")
    free = shutil.disk_usage(folder).free
    if free < LITTLE_DISK_BYTES:
        return Finding(False, f"Only {free // 1_000_000} MB are free in {folder.resolve()}.")
    return Finding(True, f"{folder.resolve()}, {free // 1_000_000_000} GB free")


async def database(settings: Settings) -> Finding:
    if settings.uses_sqlite and not settings.data_dir.is_dir():
        return Finding(True, "SQLite, made at the first start")
    missing = await pending(settings, TABLES, MIGRATIONS)
    if missing:
        return Finding(False, f"{len(missing)} migrations are missing: `servicedesk migrate`.")
    return Finding(True, "SQLite" if settings.uses_sqlite else "PostgreSQL")


async def bus(settings: Settings) -> Finding:
    if not settings.redis_url:
        return Finding(True, "in this process (`serve`)")
    client = Redis.from_pool(ConnectionPool.from_url(settings.redis_url))
    try:
        await asyncio.wait_for(client.ping(), CONNECT_SECONDS)
    finally:
        await client.aclose()
    return Finding(True, "Redis")


async def keys(settings: Settings) -> Finding:
    if not settings.keys.get_secret_value() and not (settings.data_dir / KEY_FILE).is_file():
        return Finding(True, f"{KEY_FILE} is made at the first start")
    load_secrets(settings)
    return Finding(True, "from the settings" if settings.keys.get_secret_value() else KEY_FILE)


async def relay(settings: Settings) -> Finding:
    if not settings.relay_host:
        return Finding(False, "No relay: replies cannot leave. Set SERVICEDESK_RELAY_HOST.")
    connecting = asyncio.open_connection(settings.relay_host, settings.relay_port)
    _, writer = await asyncio.wait_for(connecting, CONNECT_SECONDS)
    writer.close()
    return Finding(True, f"{settings.relay_host}:{settings.relay_port} ({settings.relay_security})")


async def address(settings: Settings) -> Finding:
    if settings.secure_cookies or settings.public_host.split(":")[0] in ("127.0.0.1", "localhost"):
        return Finding(True, settings.public_url)
    return Finding(False, f"{settings.public_url} is not https: sign-ins could be overheard.")


async def console(_settings: Settings) -> Finding:
    if CONSOLE.is_file():
        return Finding(True, "built")
    return Finding(False, "The console is not built: `make install`, or install the wheel.")


CHECKS: dict[str, Check] = {
    "data folder": data_folder,
    "database": database,
    "bus": bus,
    "keys": keys,
    "relay": relay,
    "public address": address,
    "console": console,
}


def doctor() -> None:
    """Check what the desk stands on; the exit code is 1 if something needs attention."""
    findings = asyncio.run(_examine(load_settings()))
    table = Table("", "check", "finding", show_header=False, box=None)
    for name, finding in findings.items():
        table.add_row("[green]ok[/]" if finding.fine else "[red]!![/]", name, finding.words)
    Console(soft_wrap=True).print(table)
    if not all(finding.fine for finding in findings.values()):
        raise typer.Exit(1)


async def _examine(settings: Settings) -> dict[str, Finding]:
    findings = {}
    for name, check in CHECKS.items():
        try:
            findings[name] = await check(settings)
        except Exception as error:  # noqa: BLE001  # a check that breaks is itself the finding
            findings[name] = _broken(error)
    try:
        return findings | await examine_mail(settings, DnsLookup())
    except Exception as error:  # noqa: BLE001
        return findings | {"mail": _broken(error)}


def _broken(error: Exception) -> Finding:
    return Finding(fine=False, words=f"{type(error).__name__}: {error}")
