"""Every route, called by people of another team about a ticket of ours: nothing comes back.

A new route has no case here and fails the test until it gets one.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import httpx2
import pytest
import pytest_asyncio
from starlette.routing import Route, WebSocketRoute

from servicedesk.app.api.routing import ROUTES
from servicedesk.app.wiring import make_services
from servicedesk.kernel.bus import LocalBus
from servicedesk.kernel.config import Settings
from servicedesk.kernel.database import Database
from servicedesk.kernel.ids import new_id
from tests.api.foreign_desk import MARK, ForeignDesk, open_foreign_desk

FRAMES_ELSEWHERE = {"/api/socket"}
"""tests/realtime listens to every kind of frame as an agent of another team."""


@dataclass(frozen=True, slots=True)
class Case:
    """How to call a route about the foreign ticket.

    `status`: what Zoe, agent of Sales, gets; `supervisor_status` what Sid, its supervisor, gets if
    that is something else. `shows`: Ana of Support gets the ticket's words from the same
    call, which proves that the case can fail. `{ticket_id}` and the like are filled in everywhere.
    """

    status: int
    shows: bool = False
    body: Mapping[str, object] | None = None
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    supervisor_status: int | None = None

    def expected(self, name: str) -> int:
        special = self.supervisor_status if name == "sid" else None
        return special or self.status


VERSION = {"If-Match": '"1"'}
FILE = {"X-Filename": "a.txt", "Content-Type": "text/plain"}
MAIL = {"address": "someone@example.com"}

CASES: dict[tuple[str, str], Case] = {
    # Of nobody's ticket
    ("GET", "/healthz"): Case(200),
    ("GET", "/readyz"): Case(200),
    ("GET", "/metrics"): Case(200),
    ("GET", "/api/openapi.json"): Case(200),
    ("GET", "/api/docs"): Case(200),
    ("GET", "/api/docs.css"): Case(200),
    ("GET", "/api/setup"): Case(200),
    ("POST", "/api/setup"): Case(422, body={}),
    ("GET", "/api/session"): Case(200),
    ("POST", "/api/session"): Case(401, body={"email": "x@example.com", "password": "x"}),
    ("GET", "/api/sessions"): Case(200),
    ("DELETE", "/api/sessions/{session_id}"): Case(404),
    ("PATCH", "/api/me"): Case(200, body={}),
    ("POST", "/api/me/password"): Case(422, body={"current": "x", "new": "y"}),
    ("GET", "/api/users"): Case(200),
    ("POST", "/api/users"): Case(403, body={}),
    ("GET", "/api/users/{user_id}"): Case(404),
    ("PATCH", "/api/users/{user_id}"): Case(403, body={}, headers=VERSION),
    ("GET", "/api/teams"): Case(200),
    ("POST", "/api/teams"): Case(403, body={}),
    ("PATCH", "/api/teams/{team_id}"): Case(403, body={}, headers=VERSION),
    ("GET", "/api/queues"): Case(200),
    ("GET", "/api/agents-without-queue"): Case(403, supervisor_status=200),
    ("POST", "/api/queues"): Case(403, body={}),
    ("PATCH", "/api/queues/{queue_id}"): Case(403, body={}, headers=VERSION),
    ("GET", "/api/queues/{queue_id}/settings"): Case(403, supervisor_status=404),
    ("PUT", "/api/queues/{queue_id}/settings"): Case(403, body={}, headers=VERSION),
    ("PUT", "/api/me/channels"): Case(200, body={"closed": []}),
    ("PATCH", "/api/users/{user_id}/capacity"): Case(
        403, body={"capacity": {"email": 1}}, supervisor_status=404
    ),
    ("GET", "/api/presence-reasons"): Case(200),
    ("PUT", "/api/presence-reasons"): Case(403, body={}),
    ("GET", "/api/calendars"): Case(200),
    ("POST", "/api/calendars"): Case(403, body={}),
    ("PATCH", "/api/calendars/{calendar_id}"): Case(403, body={}, headers=VERSION),
    ("DELETE", "/api/calendars/{calendar_id}"): Case(403, headers=VERSION),
    ("GET", "/api/calendars/{calendar_id}/windows"): Case(
        404, query="?revision=1&start=2027-01-01T00:00:00Z&end=2027-01-02T00:00:00Z"
    ),
    ("GET", "/api/calendars/{calendar_id}/holidays.ics"): Case(404),
    ("POST", "/api/calendar-questions"): Case(403, body={}, supervisor_status=422),
    ("GET", "/api/holiday-countries"): Case(200),
    ("GET", "/api/holidays"): Case(200, query="?country=DE&from_year=2027&to_year=2027"),
    ("POST", "/api/holiday-files"): Case(403, query="?from_year=2027&to_year=2027"),
    ("GET", "/api/sla-policies"): Case(403, supervisor_status=200),
    ("POST", "/api/sla-policies"): Case(403, body={}),
    ("PUT", "/api/sla-policies/order"): Case(403, body={}),
    ("POST", "/api/sla-policies/preview"): Case(403, body={}),
    ("POST", "/api/sla-policies/webhook-secrets"): Case(403, body={}),
    ("PATCH", "/api/sla-policies/{policy_id}"): Case(403, body={}, headers=VERSION),
    ("DELETE", "/api/sla-policies/{policy_id}"): Case(403, headers=VERSION),
    ("GET", "/api/skills"): Case(200),
    ("POST", "/api/skills"): Case(403, body={}),
    ("DELETE", "/api/skills/{skill_id}"): Case(403),
    ("GET", "/api/skill-matrix"): Case(403, supervisor_status=200),
    ("PATCH", "/api/skill-matrix"): Case(403, body={}),
    ("GET", "/api/skill-matrix.csv"): Case(403, supervisor_status=200),
    ("POST", "/api/skill-matrix/import"): Case(403, body={}),
    ("GET", "/api/routing-rules"): Case(403, supervisor_status=200),
    ("PUT", "/api/routing-rules"): Case(403, body={}, headers=VERSION),
    ("POST", "/api/routing-rules/dry-run"): Case(403, body={}),
    ("GET", "/api/inboxes"): Case(200),
    ("POST", "/api/inboxes"): Case(403, body={}),
    ("GET", "/api/inbox-states"): Case(403),
    ("GET", "/api/inboxes/{inbox_id}/setup"): Case(403),
    ("GET", "/api/mail-providers"): Case(403),
    ("POST", "/api/inboxes/check"): Case(403, body={}),
    ("POST", "/api/inboxes/dkim-key"): Case(403, body={}),
    ("PATCH", "/api/inboxes/{inbox_id}"): Case(403, body={}, headers=VERSION),
    ("POST", "/api/inboxes/{inbox_id}/brake/close"): Case(403),
    ("GET", "/api/escalations"): Case(200),
    ("POST", "/api/escalations/{escalation_id}/acknowledge"): Case(404),
    ("GET", "/api/tickets/{ticket_id}/clocks"): Case(404),
    ("GET", "/api/brands"): Case(200),
    ("GET", "/api/templates"): Case(403),
    ("POST", "/api/templates"): Case(403, body={}),
    ("POST", "/api/templates/preview"): Case(403, body={}),
    ("PATCH", "/api/templates/{template_id}"): Case(403, body={}, headers=VERSION),
    ("DELETE", "/api/templates/{template_id}"): Case(403, headers=VERSION),
    ("GET", "/api/presence"): Case(200),
    ("PUT", "/api/me/presence"): Case(200, body={"state": "available"}),
    ("POST", "/api/uploads"): Case(201, headers=FILE),
    # Lists that the ticket would be on
    ("GET", "/api/tickets"): Case(200, shows=True, query="?view=all"),
    ("GET", "/api/offers"): Case(200, shows=True),
    ("GET", "/api/quarantine"): Case(403, supervisor_status=200),
    # About the ticket itself
    ("GET", "/api/tickets/{ticket_id}"): Case(404, shows=True),
    ("GET", "/api/tickets/{ticket_id}/messages"): Case(404, shows=True),
    ("GET", "/api/tickets/{ticket_id}/activity"): Case(404),
    ("PATCH", "/api/tickets/{ticket_id}"): Case(404, body={"priority": 4}, headers=VERSION),
    ("POST", "/api/tickets/{ticket_id}/take"): Case(404),
    ("POST", "/api/tickets/{ticket_id}/read"): Case(404, body={"seq": 1}),
    ("POST", "/api/tickets/{ticket_id}/replies"): Case(
        404, body={"text": "x", "attachment_ids": [], "seen_seq": 100}
    ),
    ("POST", "/api/tickets/{ticket_id}/notes"): Case(404, body={"text": "x", "attachment_ids": []}),
    ("POST", "/api/tickets"): Case(
        404, body={"inbox_id": "{inbox_id}", "contact": MAIL, "subject": "x", "text": "x"}
    ),
    ("GET", "/api/tickets/{ticket_id}/routing"): Case(404),
    ("POST", "/api/tickets/{ticket_id}/transfer"): Case(404, body={"user_id": "{user_id}"}),
    ("POST", "/api/tickets/{ticket_id}/force"): Case(
        403, body={"user_id": "{user_id}"}, supervisor_status=404
    ),
    ("GET", "/api/work-orders/stuck"): Case(403, supervisor_status=200),
    ("POST", "/api/work-orders/{order_id}/retry"): Case(403, supervisor_status=404),
    ("POST", "/api/work-orders/{order_id}/notes/extend"): Case(404),
    ("POST", "/api/work-orders/{order_id}/notes/finish"): Case(404),
    ("GET", "/api/messages/{message_id}"): Case(404, shows=True),
    ("GET", "/api/messages/{message_id}/raw"): Case(404, shows=True),
    ("GET", "/api/messages/{message_id}/html"): Case(404, shows=True),
    ("POST", "/api/messages/{message_id}/send-again"): Case(404),
    ("POST", "/api/messages/{message_id}/approve"): Case(404),
    ("POST", "/api/messages/{message_id}/split"): Case(404),
    ("POST", "/api/messages/{message_id}/move"): Case(404, body={"ticket_id": "{ticket_id}"}),
    ("POST", "/api/tickets/{ticket_id}/merge"): Case(404, body={"into_id": "{inbox_id}"}),
    ("GET", "/api/attachments/{file_id}"): Case(404, shows=True),
    ("POST", "/api/offers/{offer_id}/accept"): Case(409),
    ("POST", "/api/offers/{offer_id}/decline"): Case(404, body={"reason": "busy"}),
    # About its contact, and about mail to its inbox
    ("GET", "/api/contacts/{contact_id}"): Case(404, shows=True),
    ("PATCH", "/api/contacts/{contact_id}"): Case(404, body={"name": "x"}),
    ("GET", "/api/quarantine/{arrival_id}/raw"): Case(403, supervisor_status=404),
    ("POST", "/api/quarantine/{arrival_id}/retry"): Case(403, supervisor_status=404),
    ("POST", "/api/quarantine/{arrival_id}/discard"): Case(403, supervisor_status=404),
    # Last, for it ends the caller's session
    ("DELETE", "/api/session"): Case(204),
}


def served_routes() -> set[tuple[str, str]]:
    return {
        (method, route.path_format)
        for route in ROUTES
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }


@pytest_asyncio.fixture
async def foreign(
    settings: Settings, database: Database, bus: LocalBus
) -> AsyncIterator[ForeignDesk]:
    async with open_foreign_desk(make_services(settings, database, bus)) as opened:
        yield opened


def test_every_route_has_a_case() -> None:
    assert served_routes() == CASES.keys()
    sockets = {route.path for route in ROUTES if isinstance(route, WebSocketRoute)}
    assert sockets == FRAMES_ELSEWHERE


@pytest.mark.parametrize("name", ["zoe", "sid"])
async def test_another_team_learns_nothing_and_changes_nothing(
    foreign: ForeignDesk, name: str
) -> None:
    client: httpx2.AsyncClient = getattr(foreign, name)
    before = await foreign.picture()
    wrong: list[str] = []
    for (method, pattern), case in CASES.items():
        response = await client.request(method, **request_of(foreign, pattern, case))
        told = response.text + str(response.headers)
        if MARK in told or response.status_code != case.expected(name):
            wrong.append(f"{method} {pattern}: {response.status_code} {told[:300]}")
    assert not wrong, "\n".join(wrong)
    after = await foreign.picture()
    after["attachment"] = [row for row in after["attachment"] if row["filename"] != "a.txt"]
    assert after == before


async def test_agent_of_the_team_gets_the_words_from_the_same_calls(foreign: ForeignDesk) -> None:
    missing = [
        f"{method} {pattern}"
        for (method, pattern), case in CASES.items()
        if case.shows
        and MARK
        not in (await foreign.ana.request(method, **request_of(foreign, pattern, case))).text
    ]
    assert not missing, "\n".join(missing)


@pytest.mark.parametrize("name", ["zoe", "sid"])
async def test_what_one_may_not_see_looks_like_what_there_is_not(
    foreign: ForeignDesk, name: str
) -> None:
    client: httpx2.AsyncClient = getattr(foreign, name)
    nothing = replace(foreign, ids={name: new_id() for name in foreign.ids})
    different: list[str] = []
    for (method, pattern), case in CASES.items():
        if "{" not in pattern:
            continue
        foreign_one = await client.request(method, **request_of(foreign, pattern, case))
        unknown_one = await client.request(method, **request_of(nothing, pattern, case))
        if _refusal(foreign_one, foreign.ids) != _refusal(unknown_one, nothing.ids):
            different.append(f"{method} {pattern}: {foreign_one.text} and {unknown_one.text}")
    assert not different, "\n".join(different)


def _refusal(response: httpx2.Response, ids: Mapping[str, UUID]) -> tuple[int, str]:
    """Return status and words of a refusal, without what the caller knew anyhow."""
    words = response.text.replace(response.headers["x-request-id"], "")
    for name, known in ids.items():
        words = words.replace(str(known), name)
    return response.status_code, words


def request_of(foreign: ForeignDesk, pattern: str, case: Case) -> dict[str, Any]:
    ids = {name: str(found) for name, found in foreign.ids.items()}
    body = None
    if case.body is not None:
        body = {
            name: value.format(**ids) if isinstance(value, str) else value
            for name, value in case.body.items()
        }
    return {
        "url": pattern.format(**ids) + case.query,
        "json": body,
        "headers": dict(case.headers),
    }
