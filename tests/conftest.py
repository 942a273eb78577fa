"""The real services that tests ask for by fixture, and the account of what could not run.

Every fixture here skips by name where its service can't be had; the end of the run lists what
was skipped, and SERVICEDESK_REQUIRE_ALL=1 turns that into a failure.

Stories ask for `database` (or `frozen_database` and `clock`): a fresh one on SQLite, then one on
PostgreSQL. `settings` are those of that database.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

import pytest
import pytest_asyncio

from servicedesk.kernel.bus import LocalBus
from servicedesk.kernel.config import Settings
from servicedesk.kernel.database import Database
from tests.databases import (
    copy_sqlite,
    make_sqlite_template,
    opened,
    postgres_template,
    settings_on_postgres,
    settings_on_sqlite,
)
from tests.fakes.clock import FakeClock
from tests.postgres_copies import PostgresCopies
from tests.services.chromium import chromium_for_tests
from tests.services.dovecot import DovecotServer, dovecot_server_for_tests
from tests.services.foreign_cases import find_foreign_cases
from tests.services.missing import ServiceMissing, is_forgiven, list_not_run
from tests.services.postgresql import PostgresServer, postgres_server_for_tests
from tests.services.redis_server import RedisServer, redis_server_for_tests

Server = TypeVar("Server")


@contextlib.contextmanager
def _provided(
    request: pytest.FixtureRequest, service: AbstractContextManager[Server]
) -> Iterator[Server]:
    """Enter the service with output uncaptured, since installing it may take a minute."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with contextlib.ExitStack() as services:
        try:
            with capture.global_and_fixture_disabled() if capture else contextlib.nullcontext():
                server = services.enter_context(service)
        except ServiceMissing as missing:
            pytest.skip(str(missing))
        yield server


@pytest.fixture(scope="session")
def postgres_server(request: pytest.FixtureRequest) -> Iterator[PostgresServer]:
    """A server to create databases on, see tests.services.postgresql."""
    with _provided(request, postgres_server_for_tests()) as server:
        yield server


@pytest.fixture(scope="session")
def redis_server(request: pytest.FixtureRequest) -> Iterator[RedisServer]:
    """A Redis database that only this run uses; empty_database cleans it between tests."""
    with _provided(request, redis_server_for_tests()) as server:
        yield server


@pytest.fixture(scope="session")
def dovecot_server(request: pytest.FixtureRequest) -> Iterator[DovecotServer]:
    """An IMAP server of this run's own, where any user name has a mailbox."""
    with _provided(request, dovecot_server_for_tests()) as server:
        yield server


@pytest.fixture(scope="session")
def chromium_path(request: pytest.FixtureRequest) -> Iterator[Path]:
    """A Chromium that runs; start it with tests.services.chromium.FLAGS."""
    with _provided(request, chromium_for_tests()) as path:
        yield path


@pytest.fixture(scope="session")
def foreign_cases() -> Path:
    """The folder of cases that nobody here wrote."""
    try:
        return find_foreign_cases()
    except ServiceMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sqlite_template(tmp_path_factory.mktemp("sqlite-template"))


@pytest.fixture(scope="session")
def postgres_copies(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PostgresCopies]:
    folder = tmp_path_factory.mktemp("postgres-template")
    with postgres_template(postgres_server, folder) as name:
        copies = PostgresCopies(postgres_server, name)
        yield copies
        copies.drop_all()


@pytest.fixture
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of whoever runs the tests are not ours."""
    for name in list(os.environ):
        ours = name.startswith("SERVICEDESK_") and not name.startswith("SERVICEDESK_TEST_")
        if ours or name in ("DATABASE_URL", "REDIS_URL", "PUBLIC_URL"):
            monkeypatch.delenv(name)


@pytest.fixture(params=["sqlite", "postgres"])
def settings(
    request: pytest.FixtureRequest, own_environment: None, tmp_path: Path
) -> Iterator[Settings]:
    """Settings with a data folder and a fresh, migrated database that nobody has open."""
    if request.param == "sqlite":
        yield copy_sqlite(request.getfixturevalue("sqlite_template"), tmp_path / "data")
        return
    copies: PostgresCopies = request.getfixturevalue("postgres_copies")
    (tmp_path / "data").mkdir()
    with copies.copy() as url:
        yield settings_on_postgres(tmp_path / "data", url)


@pytest.fixture
def sqlite_settings(own_environment: None, sqlite_template: Path, tmp_path: Path) -> Settings:
    return copy_sqlite(sqlite_template, tmp_path / "data")


@pytest.fixture
def postgres_settings(
    own_environment: None, postgres_copies: PostgresCopies, tmp_path: Path
) -> Iterator[Settings]:
    (tmp_path / "data").mkdir()
    with postgres_copies.copy() as url:
        yield settings_on_postgres(tmp_path / "data", url)


@pytest.fixture
def bare_settings(own_environment: None, tmp_path: Path) -> Settings:
    """Settings of a data folder that is empty: for what needs no database."""
    return settings_on_sqlite(tmp_path / "data")


@pytest.fixture
def bus() -> LocalBus:
    return LocalBus()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest_asyncio.fixture
async def database(settings: Settings, bus: LocalBus) -> AsyncIterator[Database]:
    """A fresh database, once of each kind, with the database's own clock."""
    async with opened(settings, bus) as found:
        yield found


@pytest_asyncio.fixture
async def frozen_database(
    settings: Settings, bus: LocalBus, clock: FakeClock
) -> AsyncIterator[Database]:
    """The same with the time that `clock` tells. Leases still go by the database's time."""
    async with opened(settings, bus, clock) as found:
        yield found


@pytest_asyncio.fixture
async def sqlite_database(sqlite_settings: Settings, bus: LocalBus) -> AsyncIterator[Database]:
    async with opened(sqlite_settings, bus) as found:
        yield found


@pytest_asyncio.fixture
async def postgres_database(postgres_settings: Settings, bus: LocalBus) -> AsyncIterator[Database]:
    async with opened(postgres_settings, bus) as found:
        yield found


def _skip_reasons(config: pytest.Config) -> list[str]:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    reports = reporter.stats.get("skipped", []) if reporter else []
    return [str(report.longrepr[2]).removeprefix("Skipped: ") for report in reports]


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    required = os.environ.get("SERVICEDESK_REQUIRE_ALL") == "1"
    unforgiven = [reason for reason in _skip_reasons(session.config) if not is_forgiven(reason)]
    if required and unforgiven and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    reasons = _skip_reasons(config)
    if not reasons:
        return
    terminalreporter.section("could not run")
    for line in list_not_run(reasons):
        terminalreporter.write_line(line)
    if os.environ.get("SERVICEDESK_REQUIRE_ALL") == "1":
        terminalreporter.write_line("SERVICEDESK_REQUIRE_ALL=1: all but foreign cases must run")
