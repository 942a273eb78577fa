"""The real services that tests ask for by fixture, and the account of what could not run.

Every fixture here skips by name where its service can't be had; the end of the run lists what
was skipped, and SERVICEDESK_REQUIRE_ALL=1 turns that into a failure.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.chromium import find_or_install_chromium
from tests.services.dovecot import DovecotServer, dovecot_server_for_tests
from tests.services.foreign_cases import find_foreign_cases
from tests.services.missing import ServiceMissing, is_forgiven, list_not_run
from tests.services.postgresql import PostgresServer, postgres_server_for_tests
from tests.services.redis_server import RedisServer, redis_server_for_tests


@contextlib.contextmanager
def _skipped_if_missing() -> Iterator[None]:
    try:
        yield
    except ServiceMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A server to create databases on, see tests.services.postgresql."""
    with _skipped_if_missing(), postgres_server_for_tests() as server:
        yield server


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A Redis database that only this run uses; empty_database cleans it between tests."""
    with _skipped_if_missing(), redis_server_for_tests() as server:
        yield server


@pytest.fixture(scope="session")
def dovecot_server() -> Iterator[DovecotServer]:
    with _skipped_if_missing(), dovecot_server_for_tests() as server:
        yield server


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    """A Chromium that runs; start it with tests.services.chromium.FLAGS."""
    with _skipped_if_missing():
        return find_or_install_chromium()


@pytest.fixture(scope="session")
def foreign_cases() -> Path:
    with _skipped_if_missing():
        return find_foreign_cases()


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
