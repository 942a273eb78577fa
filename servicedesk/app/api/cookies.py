"""The cookies of a session, and who a request's cookie signs in.

`servicedesk_session` is the secret: HttpOnly, and Secure behind https. `servicedesk_csrf` is there
for the console's script to read and send back in a header.
"""

from starlette.requests import HTTPConnection
from starlette.responses import Response

from servicedesk.app.api.context import services
from servicedesk.kernel.config import Settings
from servicedesk.people.sessions import csrf_token
from servicedesk.people.sign_in import SignedIn, find_session

SESSION_COOKIE = "servicedesk_session"
CSRF_COOKIE = "servicedesk_csrf"
LONGEST_TOKEN = 100


def set_cookies(response: Response, token: str, settings: Settings) -> None:
    for name, value in ((SESSION_COOKIE, token), (CSRF_COOKIE, csrf_token(token))):
        response.set_cookie(
            name,
            value,
            max_age=settings.session_seconds,
            secure=settings.secure_cookies,
            httponly=name == SESSION_COOKIE,
            samesite="lax",
        )


def delete_cookies(response: Response, settings: Settings) -> None:
    for name in (SESSION_COOKIE, CSRF_COOKIE):
        response.delete_cookie(
            name,
            secure=settings.secure_cookies,
            httponly=name == SESSION_COOKIE,
            samesite="lax",
        )


async def read_session(connection: HTTPConnection) -> SignedIn | None:
    """Return who the cookie signs in. The socket uses it too."""
    token = connection.cookies.get(SESSION_COOKIE, "")
    if not 0 < len(token) <= LONGEST_TOKEN:
        return None
    return await find_session(services(connection).database, token)
