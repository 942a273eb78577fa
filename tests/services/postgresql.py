"""A PostgreSQL server for the tests, and databases on it.

Found in this order: SERVICEDESK_TEST_POSTGRES (a URL of an administrator), one that runs on
127.0.0.1:5432 and trusts `postgres`, an installed one started on a port of its own, and one
installed from Debian's packages. Databases carry the minute they were made in their name, so
that what a killed run left behind can be swept by a later one.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from tests.services.debian import install_packages
from tests.services.missing import ServiceMissing
from tests.services.processes import free_port, running_process

SERVICE = "PostgreSQL"
RUNNING_URL = "postgres://postgres@127.0.0.1:5432/postgres"
NAME_PREFIX = "servicedesk_test_"
STALE_AFTER = timedelta(days=1)

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """`admin_url` may create databases; it names the database to connect to for that."""

    admin_url: str

    def url_of(self, database: str) -> str:
        return urlunsplit(urlsplit(self.admin_url)._replace(path=f"/{database}"))


@contextlib.contextmanager
def postgres_server_for_tests(running_url: str = RUNNING_URL) -> Iterator[PostgresServer]:
    """Yield a server that answers; raises ServiceMissing if none can be had."""
    named = os.environ.get("SERVICEDESK_TEST_POSTGRES")
    if named:
        refusal = asyncio.run(_refusal_of(named))
        if refusal:
            raise ServiceMissing(SERVICE, f"SERVICEDESK_TEST_POSTGRES does not answer: {refusal}")
        yield _swept(PostgresServer(named))
    elif asyncio.run(_refusal_of(running_url)) is None:
        yield _swept(PostgresServer(running_url))
    else:
        if _find_binaries() is None:
            install_packages(SERVICE, "postgresql")
        with fresh_server() as server:
            yield server


async def create_database(server: PostgresServer, template: str | None = None) -> str:
    """Make an empty database, or a copy of `template` (a name), and return its URL.

    Nobody may be connected to the template while it is copied (PostgreSQL, CREATE DATABASE).
    """
    made_at = datetime.now(UTC).strftime("%Y%m%d%H%M")
    name = f"{NAME_PREFIX}{made_at}_{os.getpid()}_{next(_numbers)}"
    source = f' TEMPLATE "{template}"' if template else ""
    await _execute(server, f'CREATE DATABASE "{name}"{source}')
    return server.url_of(name)


async def drop_database(server: PostgresServer, url: str) -> None:
    """Drop it, also while connections to it are open."""
    await _execute(server, f'DROP DATABASE IF EXISTS "{database_name(url)}" WITH (FORCE)')


def database_name(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")


def is_stale(database: str, now: datetime) -> bool:
    """Is it a test database of ours that was made more than a day before `now` (aware UTC)?"""
    match = re.fullmatch(NAME_PREFIX + r"(\d{12})_\d+_\d+", database)
    if match is None:
        return False
    return now - datetime.strptime(match[1], "%Y%m%d%H%M").replace(tzinfo=UTC) > STALE_AFTER


async def _execute(server: PostgresServer, statement: str) -> None:
    connection = await asyncpg.connect(server.admin_url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _refusal_of(url: str) -> str | None:
    """Why the server at `url` is of no use, or None if it may create databases."""
    try:
        connection = await asyncpg.connect(url, timeout=5)
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError) as error:
        return f"{type(error).__name__}: {error}"
    try:
        may_create = await connection.fetchval(
            "SELECT rolsuper OR rolcreatedb FROM pg_roles WHERE rolname = current_user"
        )
    finally:
        await connection.close()
    return None if may_create else "its user may not create databases"


def _swept(server: PostgresServer) -> PostgresServer:
    asyncio.run(_sweep_stale_databases(server))
    return server


async def _sweep_stale_databases(server: PostgresServer) -> None:
    connection = await asyncpg.connect(server.admin_url)
    try:
        rows = await connection.fetch("SELECT datname FROM pg_database ORDER BY datname")
    finally:
        await connection.close()
    for row in rows:
        if is_stale(row["datname"], datetime.now(UTC)):
            await drop_database(server, server.url_of(row["datname"]))


def _find_binaries() -> Path | None:
    """The folder with initdb and postgres, of the newest version installed."""
    packaged = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name)
    )
    on_path = [Path(found).resolve().parent for found in [shutil.which("initdb")] if found]
    for folder in [*reversed(packaged), *on_path]:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    return None


@contextlib.contextmanager
def fresh_server() -> Iterator[PostgresServer]:
    """Start a new cluster for the block; raises ServiceMissing."""
    binaries = _find_binaries()
    if binaries is None:
        raise ServiceMissing(SERVICE, "installed, but neither initdb nor postgres is found")
    with tempfile.TemporaryDirectory(prefix="servicedesk-postgresql-") as folder:
        data, port = Path(folder) / "data", free_port()
        server = PostgresServer(f"postgres://postgres@127.0.0.1:{port}/postgres")
        as_user = _as_ordinary_user(Path(folder))
        log = Path(folder).with_suffix(".log")
        _make_cluster([*as_user, str(binaries / "initdb")], data)
        # Its data lives as long as the run, so nothing is gained by waiting for the disk.
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": "",
            "max_connections": "200",
            "fsync": "off",
        }
        chosen = [f"--{name}={value}" for name, value in settings.items()]
        postgres = [*as_user, str(binaries / "postgres"), "-D", str(data), *chosen]
        try:
            with running_process(
                SERVICE, postgres, log, lambda: asyncio.run(_refusal_of(server.admin_url)) is None
            ):
                yield server
        finally:
            log.unlink(missing_ok=True)


def _make_cluster(initdb: list[str], data: Path) -> None:
    options = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8"]
    done = subprocess.run(
        [*initdb, *options, "--no-sync", str(data)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1:] or ["no output"]
        raise ServiceMissing(SERVICE, f"initdb failed: {last[0]}")


def _as_ordinary_user(folder: Path) -> list[str]:
    """PostgreSQL refuses root: the words that come before a command to run it as somebody else."""
    if os.geteuid() != 0:
        return []
    try:
        user = pwd.getpwnam("postgres")
    except KeyError:
        user = pwd.getpwnam("nobody")
    os.chown(folder, user.pw_uid, user.pw_gid)
    setpriv = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    return [*setpriv, "--pdeathsig=TERM"]
