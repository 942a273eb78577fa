"""Who is let through: no forged request, and each role only where it belongs."""

import uuid

import pytest
from starlette.routing import Route

from servicedesk.app.api.guard import SAFE_METHODS
from servicedesk.app.api.operation import EVERYONE, Operation, operation_of
from servicedesk.app.api.routing import ROUTES
from servicedesk.domain.people import Role
from tests.api.offices import Office, client_of

PERSON_OF = {
    Role.ADMINISTRATOR: "ada",
    Role.SUPERVISOR: "sam",
    Role.AGENT: "ann",
    Role.OBSERVER: "olga",
}


def routes_with(want: object) -> list[tuple[str, str, Operation]]:
    return [
        (method, route.path_format, operation)
        for route in ROUTES
        if isinstance(route, Route) and (operation := operation_of(route.endpoint)) is not None
        for method in sorted((route.methods or set()) - {"HEAD"})
        if want(method, operation)  # type: ignore[operator]
    ]


def path_of(pattern: str) -> str:
    """Fill in ids of nothing."""
    steps = (str(uuid.UUID(int=1)) if step.startswith("{") else step for step in pattern.split("/"))
    return "/".join(steps)


async def test_every_unsafe_route_refuses_a_request_without_the_csrf_header(
    sqlite_office: Office,
) -> None:
    routes = routes_with(lambda method, op: method not in SAFE_METHODS and not op.public)
    assert len(routes) > 10
    async with client_of(sqlite_office.app, sqlite_office.people["ada"].token) as client:
        del client.headers["X-CSRF-Token"]
        for method, pattern, _ in routes:
            response = await client.request(method, path_of(pattern), json={})
            assert (response.status_code, response.json()["code"]) == (403, "csrf"), pattern


async def test_every_route_but_the_public_ones_wants_a_session(sqlite_office: Office) -> None:
    routes = routes_with(lambda _method, op: not op.public)
    async with client_of(sqlite_office.app) as client:
        for method, pattern, _ in routes:
            response = await client.request(method, path_of(pattern), json={})
            assert (response.status_code, response.json()["code"]) == (401, "not-signed-in")


async def test_public_routes_are_set_up_and_sign_in_only() -> None:
    public = routes_with(lambda _method, op: op.public)
    assert {(method, pattern) for method, pattern, _ in public} == {
        ("GET", "/api/setup"),
        ("POST", "/api/setup"),
        ("POST", "/api/session"),
    }


async def test_every_route_for_some_roles_refuses_the_others(sqlite_office: Office) -> None:
    routes = routes_with(lambda _method, op: op.roles != EVERYONE)
    assert routes
    for method, pattern, operation in routes:
        for role in EVERYONE - operation.roles:
            client = sqlite_office.client(PERSON_OF[role])
            response = await client.request(method, path_of(pattern), json={})
            assert (response.status_code, response.json()["code"]) == (403, "forbidden"), pattern


async def test_the_token_of_another_session_does_not_count(sqlite_office: Office) -> None:
    people = sqlite_office.people
    foreign = people["bob"].client.headers["X-CSRF-Token"]
    response = await people["ada"].client.post(
        "/api/teams", json={"name": "x", "member_ids": []}, headers={"X-CSRF-Token": foreign}
    )
    assert (response.status_code, response.json()["code"]) == (403, "csrf")


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://127.0.0.1:8000", 201),
        ("http://localhost:8000", 403),
        ("https://evil.example", 403),
        ("null", 403),
    ],
)
async def test_a_request_of_another_origin_is_refused_even_with_the_token(
    sqlite_office: Office, origin: str, status: int
) -> None:
    response = await sqlite_office.client("ada").post(
        "/api/teams", json={"name": "East", "member_ids": []}, headers={"Origin": origin}
    )
    assert response.status_code == status


async def test_a_name_that_was_led_here_is_no_proof_of_our_own_page(
    sqlite_office: Office,
) -> None:
    """DNS rebinding: the browser sends the foreign name as both Host and Origin."""
    led = {"Host": "evil.example", "Origin": "http://evil.example"}
    response = await sqlite_office.client("ada").post(
        "/api/teams", json={"name": "East", "member_ids": []}, headers=led
    )
    assert response.status_code == 403
    here = {"Host": "localhost:8000", "Origin": "http://localhost:8000"}
    response = await sqlite_office.client("ada").post(
        "/api/teams", json={"name": "West", "member_ids": []}, headers=here
    )
    assert response.status_code == 201
