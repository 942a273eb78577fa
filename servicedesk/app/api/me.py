"""/api/me: one's own account."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from servicedesk.app.api.answers import done
from servicedesk.app.api.context import services, signed_in
from servicedesk.app.api.inputs import Body, Name, Password, TimeZone
from servicedesk.app.api.operation import Operation
from servicedesk.app.api.users import answer_user
from servicedesk.people.own_account import change_own_account, change_own_password
from servicedesk.people.shapes import Locale, User
from servicedesk.people.users import UserChanges


class MyChanges(Body):
    name: Name | None = None
    locale: Locale | None = None
    time_zone: TimeZone | None = None


class PasswordBody(Body):
    current: Password
    new: Password


@Operation(tag="me", answers=User, problems=(412,))
async def change_me(request: Request, json: MyChanges) -> Response:
    """Change one's own name, language or time zone."""
    user = signed_in(request).user
    changes = UserChanges(name=json.name, locale=json.locale, time_zone=json.time_zone)
    position = await change_own_account(services(request).database, user, changes)
    return await answer_user(request, user.id, position)


@Operation(tag="me", status=204, problems=(429,))
async def set_my_password(request: Request, json: PasswordBody) -> Response:
    """Set a new password; every other session of one's own ends."""
    position = await change_own_password(
        services(request).database, signed_in(request), json.current, json.new
    )
    return done(position)


ROUTES = [
    Route("/api/me", change_me, methods=["PATCH"]),
    Route("/api/me/password", set_my_password, methods=["POST"]),
]
