"""The API's document and its page."""

from html.parser import HTMLParser

import pytest
from openapi_spec_validator import validate
from starlette.applications import Starlette
from starlette.routing import Route

from servicedesk.app.api import documents
from servicedesk.app.api.openapi import make_document
from servicedesk.app.api.operation import operation_of
from servicedesk.app.api.routing import ROUTES
from tests.api.offices import Office, client_of

WITHOUT_OPERATION = frozenset(
    {"/healthz", "/readyz", "/metrics", "/api/openapi.json", "/api/docs", "/api/docs.css"}
)


async def test_document_is_valid_openapi_3_1(sqlite_office: Office) -> None:
    async with client_of(sqlite_office.app) as client:
        document = (await client.get("/api/openapi.json")).json()
    assert document["openapi"] == "3.1.0"
    validate(document)


async def test_document_names_every_route_of_the_api(sqlite_office: Office) -> None:
    async with client_of(sqlite_office.app) as client:
        paths = (await client.get("/api/openapi.json")).json()["paths"]
    described = {(path, method.upper()) for path, item in paths.items() for method in item}
    served = {
        (route.path_format, method)
        for route in ROUTES
        if isinstance(route, Route) and route.path_format not in WITHOUT_OPERATION
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert described == served


@pytest.mark.parametrize(
    "route",
    [route for route in ROUTES if isinstance(route, Route)],
    ids=lambda route: f"{min(route.methods - {'HEAD'})} {route.path}",
)
def test_every_route_says_who_may_call_it(route: Route) -> None:
    assert operation_of(route.endpoint) is not None or route.path_format in WITHOUT_OPERATION


async def test_no_schema_has_a_name_that_only_a_machine_would_give(sqlite_office: Office) -> None:
    async with client_of(sqlite_office.app) as client:
        document = (await client.get("/api/openapi.json")).json()
    assert {"User", "UserListing", "Team", "Queue", "Presence", "Problem"} <= set(
        document["components"]["schemas"]
    )
    assert all(name.isalnum() for name in document["components"]["schemas"])


def test_document_made_again_is_the_same_and_still_valid() -> None:
    first, second = (make_document(Starlette(routes=ROUTES)) for _ in range(2))
    assert first == second
    validate(second)


class _Loads(HTMLParser):
    """Collects what a page would fetch or run."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script" or any(name.startswith("on") for name, _ in attrs)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]


async def test_page_works_offline_and_runs_no_script(sqlite_office: Office) -> None:
    async with client_of(sqlite_office.app) as client:
        response = await client.get("/api/docs")
        style = await client.get("/api/docs.css")
    loads = _Loads()
    loads.feed(response.text)
    assert "/api/teams/{team_id}" in response.text
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert loads.scripts == 0
    assert all(address.startswith(("/", "#")) for address in loads.addresses)
    assert style.headers["content-type"].startswith("text/css")


async def test_document_and_page_are_made_once(sqlite_office: Office) -> None:
    async with client_of(sqlite_office.app) as client:
        first = [(await client.get(path)).text for path in ("/api/openapi.json", "/api/docs")]
        sqlite_office.app.routes.clear()
        sqlite_office.app.routes.extend(documents.ROUTES)
        again = [(await client.get(path)).text for path in ("/api/openapi.json", "/api/docs")]
    assert first == again
    assert "/api/tickets" in again[0]
