"""/api/session and /api/sessions: signing in and out, and where one is signed in."""

from datetime import datetime

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from servicedesk.app.api.answers import answer, done
from servicedesk.app.api.context import address, services, signed_in, viewer
from servicedesk.app.api.cookies import SESSION_COOKIE, delete_cookies, set_cookies
from servicedesk.app.api.inputs import Body, Password
from servicedesk.app.api.operation import Operation
from servicedesk.desk.company import find_company
from servicedesk.domain.errors import NotSignedIn
from servicedesk.domain.people import Role, Viewer
from servicedesk.kernel.database import Database
from servicedesk.kernel.http.pages import Listing
from servicedesk.people.sessions import Origin, list_sessions
from servicedesk.people.shapes import SessionInfo, Shape, User
from servicedesk.people.sign_in import (
    Attempt,
    SignedIn,
    Started,
    find_session,
    revoke_session,
    sign_in,
    sign_out,
)


class SessionShape(Shape):
    """`capabilities` says what the role may do, so that the console need not know the roles:
    "administer" (settings), "supervise" (others' work), "work" (tickets, offers, presence)."""

    user: User
    csrf_token: str
    company: str
    capabilities: list[str]
    server_time: datetime


class SignInBody(Body):
    email: str = Field(min_length=1, max_length=254)
    password: Password


@Operation(tag="session", answers=SessionShape)
async def show_session(request: Request) -> Response:
    """Say who is signed in. The cookies get a new end, as the session does by being used."""
    response = answer(await _shape(services(request).database, signed_in(request)))
    set_cookies(response, request.cookies[SESSION_COOKIE], services(request).settings)
    return response


@Operation(tag="session", answers=SessionShape, public=True, problems=(401, 403, 429))
async def start(request: Request, json: SignInBody) -> Response:
    """Sign in."""
    attempt = Attempt(json.email, json.password, origin_of(request))
    seconds = services(request).settings.session_seconds
    started = await sign_in(services(request).database, attempt, seconds)
    return await answer_session(request, started)


@Operation(tag="session", status=204)
async def end(request: Request) -> Response:
    """Sign out."""
    response = done(await sign_out(services(request).database, signed_in(request)))
    delete_cookies(response, services(request).settings)
    return response


@Operation(tag="session", answers=Listing[SessionInfo])
async def list_own(request: Request) -> Response:
    """List where one is signed in, the session last used first."""
    database = services(request).database
    caller = signed_in(request)
    items = await list_sessions(
        database.sql, caller.viewer.user_id, caller.session_id, await database.now()
    )
    return answer(Listing[SessionInfo](items=items, next=None))


@Operation(tag="session", status=204)
async def revoke(request: Request) -> Response:
    """End one of one's own sessions; its console is cut off at once."""
    position = await revoke_session(
        services(request).database, viewer(request).user_id, request.path_params["session_id"]
    )
    return done(position)


def origin_of(request: Request) -> Origin:
    return Origin(address(request), request.headers.get("user-agent", ""))


async def answer_session(request: Request, started: Started, status: int = 200) -> Response:
    """Answer with the new session, and put its cookies."""
    database = services(request).database
    caller = await find_session(database, started.token)
    if caller is None:
        raise NotSignedIn("The session ended as it began. Sign in again.")
    shape = await _shape(database, caller)
    response = answer(shape, status=status, position=started.position)
    set_cookies(response, started.token, services(request).settings)
    return response


async def _shape(database: Database, caller: SignedIn) -> SessionShape:
    return SessionShape(
        user=caller.user,
        csrf_token=caller.csrf_token,
        company=await find_company(database.sql) or "",
        capabilities=_capabilities(caller.viewer),
        server_time=await database.now(),
    )


def _capabilities(caller: Viewer) -> list[str]:
    held = {
        "administer": caller.role is Role.ADMINISTRATOR,
        "supervise": caller.may_supervise,
        "work": caller.may_change_tickets,
    }
    return [name for name, holds in held.items() if holds]


ROUTES = [
    Route("/api/session", show_session, methods=["GET"]),
    Route("/api/session", start, methods=["POST"]),
    Route("/api/session", end, methods=["DELETE"]),
    Route("/api/sessions", list_own, methods=["GET"]),
    Route("/api/sessions/{session_id:uuid}", revoke, methods=["DELETE"]),
]
