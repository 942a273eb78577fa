"""The gate before every handler: signed in, not forged by another site, and in a fitting role.

Forgery: unsafe methods need the header X-CSRF-Token equal to the session's token (a page of another
origin can neither read nor send it). Where there is no session yet (sign-in, set-up) the Origin
header must be ours: browsers always send it with a POST.
"""

import hmac
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection, Request

from servicedesk.app.api.context import services, signed_in
from servicedesk.app.api.cookies import read_session
from servicedesk.domain.errors import Forbidden
from servicedesk.domain.people import Role

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_HEADER = "X-CSRF-Token"


class Forged(Forbidden):
    """The request did not prove that our own console sent it."""

    code = "csrf"


async def admit(request: Request, *, roles: frozenset[Role], public: bool) -> None:
    """Set `request.state.signed_in` (None on public routes); raise NotSignedIn, Forged or Forbidden
    unless the caller may go on."""
    unsafe = request.method not in SAFE_METHODS
    if unsafe:
        check_origin(request)
    request.state.signed_in = None if public else await read_session(request)
    if public:
        return
    caller = signed_in(request)
    if unsafe and not _same(request.headers.get(CSRF_HEADER, ""), caller.csrf_token):
        raise Forged(
            f"The header {CSRF_HEADER} is missing or not this session's. GET /api/session tells it."
        )
    if caller.viewer.role not in roles:
        allowed = ", ".join(sorted(role.value for role in roles))
        raise Forbidden(f"This is for: {allowed}. You are signed in as {caller.viewer.role.value}.")


def check_origin(connection: HTTPConnection) -> None:
    """Raise Forged when a page of another origin makes the request."""
    origin = connection.headers.get("origin")
    if origin is None:
        return
    host = urlsplit(origin).netloc
    here = host == connection.headers.get("host") and _is_here(host)
    if host != services(connection).settings.public_host and not here:
        raise Forged(
            "The request comes from a page of another site. If the desk is reached under this "
            "address, set PUBLIC_URL to it."
        )


def _is_here(host: str) -> bool:
    """Names of this machine. The Host header proves nothing: a name of somebody else's may lead
    here (DNS rebinding), and its pages would then send it."""
    return urlsplit(f"//{host}").hostname in ("127.0.0.1", "localhost", "::1")


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())
