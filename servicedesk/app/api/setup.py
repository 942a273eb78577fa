"""/api/setup: the first start, before anybody can sign in."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from servicedesk.app.api.answers import answer
from servicedesk.app.api.context import services
from servicedesk.app.api.inputs import Body, EmailAddress, Name, Password, TimeZone
from servicedesk.app.api.operation import Operation
from servicedesk.app.api.session import SessionShape, answer_session, origin_of
from servicedesk.desk.setup import NewDesk, needs_setup, set_up_desk
from servicedesk.domain.people import Role
from servicedesk.people.shapes import Locale, Shape
from servicedesk.people.users import NewUser


class SetupState(Shape):
    needed: bool


class SetupBody(Body):
    company: Name
    name: Name
    email: EmailAddress
    password: Password
    locale: Locale
    time_zone: TimeZone


@Operation(tag="set-up", answers=SetupState, public=True)
async def show_setup(request: Request) -> Response:
    """Say whether the desk still needs to be set up."""
    return answer(SetupState(needed=await needs_setup(services(request).database.sql)))


@Operation(tag="set-up", answers=SessionShape, status=201, public=True, problems=(403, 409))
async def set_up(request: Request, json: SetupBody) -> Response:
    """Set the desk up: company, first administrator, one team, one queue. Once."""
    administrator = NewUser(
        name=json.name,
        email=json.email,
        role=Role.ADMINISTRATOR,
        password=json.password,
        locale=json.locale,
        time_zone=json.time_zone,
    )
    _, started = await set_up_desk(
        services(request).database,
        NewDesk(json.company, administrator),
        origin_of(request),
        services(request).settings.session_seconds,
    )
    return await answer_session(request, started, status=201)


ROUTES = [
    Route("/api/setup", show_setup, methods=["GET"]),
    Route("/api/setup", set_up, methods=["POST"]),
]
