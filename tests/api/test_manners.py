"""What every answer has, whatever was asked."""

import json
from collections.abc import AsyncIterator

import httpx2
import pytest
import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from structlog.testing import capture_logs

from servicedesk.app.api.operation import Operation
from servicedesk.kernel.ids import new_id
from tests.api.offices import Office, client_of


async def test_unknown_path_under_api_is_a_problem_with_a_request_id(
    stranger: httpx2.AsyncClient,
) -> None:
    response = await stranger.get("/api/nothing-here")
    problem = response.json()
    assert response.status_code == problem["status"] == 404
    assert response.headers["content-type"] == "application/problem+json"
    assert problem["type"] == "/problems/not-found"
    assert problem["request_id"] == response.headers["x-request-id"]


async def test_method_that_a_path_lacks_is_told_all_that_it_has(
    stranger: httpx2.AsyncClient,
) -> None:
    response = await stranger.delete("/api/setup")
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, HEAD, POST"
    assert response.json()["code"] == "method-not-allowed"


@pytest.mark.parametrize("path", ["/api/session", "/api/nothing", "/healthz", "/api/docs", "/"])
async def test_every_answer_has_the_security_headers(
    stranger: httpx2.AsyncClient, path: str
) -> None:
    headers = (await stranger.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe-inline" not in headers["content-security-policy"].split("style-src")[0]
    assert headers["referrer-policy"] == "same-origin"
    assert headers["x-request-id"]


async def test_unexpected_failure_is_a_problem_without_any_detail_of_the_failure(
    sqlite_office: Office,
) -> None:
    async def fail(_request: Request) -> Response:
        raise ZeroDivisionError("a secret detail")

    sqlite_office.app.routes.insert(0, Route("/api/fails", fail))
    async with client_of(sqlite_office.app) as client:
        response = await client.get("/api/fails")
    assert response.status_code == 500
    assert response.json()["code"] == "internal"
    assert "secret" not in response.text
    assert response.headers["content-security-policy"]


async def test_body_that_is_not_json_is_refused(office: Office) -> None:
    ada = office.client("ada")
    plain = await ada.post("/api/teams", content=b"name=x", headers={"Content-Type": "text/plain"})
    broken = await ada.post(
        "/api/teams", content=b"{", headers={"Content-Type": "application/json; charset=utf-8"}
    )
    assert (plain.status_code, plain.json()["code"]) == (415, "unsupported-media-type")
    assert (broken.status_code, broken.json()["code"]) == (422, "invalid-request")


async def test_faults_of_a_body_are_named_one_by_one(office: Office) -> None:
    body = {"name": 5, "member_ids": ["no id"], "extra": True}
    response = await office.client("ada").post("/api/teams", json=body)
    assert response.status_code == 422
    assert {fault["path"] for fault in response.json()["errors"]} == {
        "name",
        "member_ids.0",
        "extra",
    }


async def test_body_over_the_limit_is_refused_whatever_its_length_header_says(
    office: Office,
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(33):
            yield b" " * 65_536

    ada = office.client("ada")
    told = await ada.post(
        "/api/teams",
        content=json.dumps({"name": "x" * 2_000_000}),
        headers={"Content-Type": "application/json"},
    )
    untold = await ada.post(
        "/api/teams", content=pieces(), headers={"Content-Type": "application/json"}
    )
    assert told.status_code == untold.status_code == 413
    assert told.json()["code"] == untold.json()["code"] == "content-too-large"


async def test_figures_are_shown_with_the_pattern_of_the_route(
    office: Office, stranger: httpx2.AsyncClient
) -> None:
    await office.client("ann").get(f"/api/users/{office.people['ann'].id}")
    figures = (await stranger.get("/metrics")).text
    assert 'route="/api/users/{user_id}"' in figures
    assert str(office.people["ann"].id) not in figures
    assert "servicedesk_journal_position" in figures


async def test_alive_and_ready_need_no_session(stranger: httpx2.AsyncClient) -> None:
    assert (await stranger.get("/healthz")).status_code == 200
    assert (await stranger.get("/readyz")).json() == {"database": "ready"}


async def test_lines_of_a_request_about_a_ticket_name_it(sqlite_office: Office) -> None:
    ticket_id = new_id()

    @Operation(tag="tickets", status=204)
    async def look(_request: Request) -> Response:
        structlog.get_logger().info("inside", **structlog.contextvars.get_contextvars())
        return Response(status_code=204)

    async def fail(_request: Request) -> Response:
        raise ZeroDivisionError

    route = "/api/odd/{ticket_id:uuid}"
    sqlite_office.app.routes.insert(0, Route(route, look))
    sqlite_office.app.routes.insert(0, Route(route, fail, methods=["POST"]))
    ann = sqlite_office.client("ann")
    with capture_logs() as logged:
        response = await ann.get(f"/api/odd/{ticket_id}")
        await ann.post(f"/api/odd/{ticket_id}")
    named = {line["event"]: line.get("ticket_id") for line in logged}
    assert response.status_code == 204
    assert named["inside"] == named["answered"] == named["request failed"] == str(ticket_id)
    inside = next(line for line in logged if line["event"] == "inside")
    assert inside["request_id"] == response.headers["x-request-id"]
