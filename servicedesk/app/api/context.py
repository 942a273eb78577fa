"""What a handler asks of its request: the services, and who is signed in."""

from typing import TYPE_CHECKING, cast

from starlette.requests import HTTPConnection

from servicedesk.domain.actors import Actor, user_actor
from servicedesk.domain.errors import NotSignedIn
from servicedesk.domain.people import Viewer
from servicedesk.people.sign_in import SignedIn

if TYPE_CHECKING:
    from servicedesk.app.wiring import Services


def services(request: HTTPConnection) -> "Services":
    return cast("Services", request.app.state.services)


def signed_in_or_none(request: HTTPConnection) -> SignedIn | None:
    return cast("SignedIn | None", request.state.signed_in)


def signed_in(request: HTTPConnection) -> SignedIn:
    """Return the sign-in of this request; raise NotSignedIn without one."""
    found = signed_in_or_none(request)
    if found is None:
        raise NotSignedIn("There is no session, or it has ended. Sign in again.")
    return found


def viewer(request: HTTPConnection) -> Viewer:
    return signed_in(request).viewer


def actor(request: HTTPConnection) -> Actor:
    return user_actor(viewer(request).user_id)


def request_id(request: HTTPConnection) -> str:
    return str(getattr(request.state, "request_id", ""))


def address(request: HTTPConnection) -> str:
    """Return the caller's address, trusted proxies looked through."""
    return str(getattr(request.state, "address", ""))
