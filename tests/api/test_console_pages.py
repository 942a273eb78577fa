"""How the console's files are served."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio
from starlette.applications import Starlette

from servicedesk.app.api.console import console_routes
from tests.api.offices import client_of

PAGE = "<!doctype html><title>console</title>"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A built console, with a file beside it that is nobody's business."""
    console = tmp_path / "console"
    (console / "assets").mkdir(parents=True)
    (console / "index.html").write_text(PAGE)
    (console / "mark.svg").write_text("<svg/>")
    (console / "assets" / "index-4f2a.js").write_text("export {}")
    (tmp_path / "secret.txt").write_text("secret")
    return console


@pytest_asyncio.fixture
async def client(folder: Path) -> AsyncIterator[httpx2.AsyncClient]:
    async with client_of(Starlette(routes=console_routes(folder))) as found:
        yield found


@pytest.mark.parametrize("path", ["/", "/tickets/10001", "/apiary", "/index.html"])
async def test_every_address_of_the_console_gets_its_page(
    client: httpx2.AsyncClient, path: str
) -> None:
    response = await client.get(path)
    assert (response.status_code, response.text) == (200, PAGE)
    assert response.headers["cache-control"] == "no-cache"
    policy = response.headers.get("content-security-policy", "")
    assert "script-src 'self'" in policy


async def test_hashed_files_are_kept_and_others_asked_for_anew(client: httpx2.AsyncClient) -> None:
    hashed = await client.get("/assets/index-4f2a.js")
    plain = await client.get("/mark.svg")
    assert "immutable" in hashed.headers["cache-control"]
    assert plain.headers["cache-control"] == "no-cache"
    assert plain.headers["content-type"].startswith("image/svg")


@pytest.mark.parametrize("path", ["/api", "/api/nothing", "/metrics", "/assets/none.js"])
async def test_what_is_the_desks_own_never_gets_the_page(
    client: httpx2.AsyncClient, path: str
) -> None:
    response = await client.get(path)
    assert response.status_code == 404
    assert PAGE not in response.text


@pytest.mark.parametrize("path", ["/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt"])
async def test_no_path_leads_out_of_the_folder(client: httpx2.AsyncClient, path: str) -> None:
    response = await client.get(path)
    assert "secret" not in response.text


async def test_console_that_was_not_built_says_so(tmp_path: Path) -> None:
    async with client_of(Starlette(routes=console_routes(tmp_path / "none"))) as client:
        response = await client.get("/tickets")
    assert response.status_code == 503
    assert "make install" in response.text
