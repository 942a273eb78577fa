"""The services that all other suites stand on, each asked one thing that only it can answer."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
import redis
from playwright.async_api import async_playwright

from tests.services import postgresql
from tests.services.chromium import FLAGS
from tests.services.dovecot import DovecotServer
from tests.services.postgresql import PostgresServer, create_database, drop_database
from tests.services.redis_server import RedisServer, empty_database, redis_server_for_tests

ROOT = Path(__file__).resolve().parents[2]
NOBODY_THERE = "postgres://postgres@127.0.0.1:1/postgres"


async def test_copy_of_a_database_holds_what_its_template_holds(
    postgres_server: PostgresServer,
) -> None:
    template = await create_database(postgres_server)
    await _run(template, "CREATE TABLE ticket AS SELECT 7 AS number")
    copy = await create_database(postgres_server, postgresql.database_name(template))
    try:
        assert await _value(copy, "SELECT number FROM ticket") == 7
    finally:
        await drop_database(postgres_server, copy)
        await drop_database(postgres_server, template)


async def test_database_is_dropped_also_while_in_use(postgres_server: PostgresServer) -> None:
    url = await create_database(postgres_server)
    connection = await asyncpg.connect(url)
    await drop_database(postgres_server, url)
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)):
        await connection.fetchval("SELECT 1")
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await asyncpg.connect(url)


def test_postgresql_that_is_only_installed_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SERVICEDESK_TEST_POSTGRES", raising=False)
    with postgresql.postgres_server_for_tests(running_url=NOBODY_THERE) as server:
        assert asyncio.run(_value(server.admin_url, "SHOW fsync")) == "off"
    with pytest.raises(OSError, match="onnect"):
        asyncio.run(_value(server.admin_url, "SELECT 1"))


def test_two_runs_get_two_databases_of_one_redis(redis_server: RedisServer) -> None:
    with redis_server_for_tests() as other:
        assert other.url != redis_server.url
        with redis.Redis.from_url(other.url) as client:
            client.set("left", "behind")
        empty_database(redis_server)
        with redis.Redis.from_url(other.url) as client:
            assert client.get("left") == b"behind"


async def test_chromium_runs_a_page_and_has_glyphs_for_chinese(chromium_path: Path) -> None:
    """A missing glyph is drawn as a box, the same for every character."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path, args=[*FLAGS])
        page = await browser.new_page()
        await page.set_content("<span>工</span> <span>单</span>")
        first, second = [await span.screenshot() for span in await page.locator("span").all()]
        await browser.close()
    assert first != second


async def test_dovecot_lets_any_user_in_and_shows_an_empty_inbox(
    dovecot_server: DovecotServer,
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", dovecot_server.port)
    assert (await reader.readline()).startswith(b"* OK")
    writer.write(f"a login bo {dovecot_server.password}\r\nb select INBOX\r\n".encode())
    answer = await reader.readuntil(b"b OK")
    writer.close()
    assert b"* 0 EXISTS" in answer


@pytest.mark.parametrize(("required", "status"), [("", 0), ("1", 1)])
def test_missing_service_fails_the_run_only_where_all_is_required(
    tmp_path: Path, required: str, status: int
) -> None:
    case = tmp_path / "test_needs_postgres.py"
    case.write_text("def test_needs_postgres(postgres_server): ...\n")
    environment = {
        **os.environ,
        "SERVICEDESK_TEST_POSTGRES": NOBODY_THERE,
        "SERVICEDESK_REQUIRE_ALL": required,
    }
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "--rootdir", tmp_path, case],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 test not run: no PostgreSQL: SERVICEDESK_TEST_POSTGRES does not answer" in run.stdout
    assert run.returncode == status


async def _run(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _value(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        found: object = await connection.fetchval(query)
        return found
    finally:
        await connection.close()
