"""Which status a domain error becomes; everything that goes wrong leaves as a problem."""

from collections.abc import Mapping
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import ExceptionHandler

from servicedesk.app.api.context import request_id
from servicedesk.domain.errors import (
    BadInput,
    Conflict,
    Forbidden,
    NotFound,
    NotSignedIn,
    ServicedeskError,
    StorageFull,
    TooManyAttempts,
    Unavailable,
    VersionMismatch,
    WrongCredentials,
)
from servicedesk.kernel.http.problems import (
    ContentTooLarge,
    PreconditionRequired,
    UnsupportedMediaType,
    error_response,
    problem_response,
)

STATUS_OF: Mapping[type[ServicedeskError], int] = {
    NotFound: 404,
    Forbidden: 403,
    NotSignedIn: 401,
    WrongCredentials: 401,
    VersionMismatch: 412,
    Conflict: 409,
    ContentTooLarge: 413,
    UnsupportedMediaType: 415,
    PreconditionRequired: 428,
    BadInput: 422,
    TooManyAttempts: 429,
    StorageFull: 507,
    Unavailable: 503,
}
"""The nearest class in an error's ancestry decides; what is not listed is a fault of ours: 500."""

RETRY_AFTER_SECONDS = "1"


def status_of(error: ServicedeskError) -> int:
    return next((STATUS_OF[kind] for kind in type(error).__mro__ if kind in STATUS_OF), 500)


async def _on_domain_error(request: Request, error: Exception) -> Response:
    status = status_of(error) if isinstance(error, ServicedeskError) else 500
    if not isinstance(error, ServicedeskError) or status == HTTPStatus.INTERNAL_SERVER_ERROR:
        raise error  # logged and answered by the outermost layer
    response = error_response(error, status, request_id(request))
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = RETRY_AFTER_SECONDS
    return response


async def _on_http_error(request: Request, error: Exception) -> Response:
    """What Starlette itself refuses: an unknown path, a method that the path does not have."""
    if not isinstance(error, HTTPException):
        raise error
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_methods_of_path(request))
    phrase = HTTPStatus(error.status_code).phrase
    detail = {
        404: "There is nothing under this path.",
        405: f"This path does not have {request.method}; it has: {headers.get('Allow')}.",
    }.get(error.status_code, phrase)
    return problem_response(
        error.status_code,
        phrase.lower().replace(" ", "-").replace("'", ""),
        detail,
        facts={"request_id": request_id(request)},
        headers=headers,
    )


def _methods_of_path(request: Request) -> list[str]:
    """Return every method that any route has for this path: Starlette looks at the first only."""
    methods: set[str] = set()
    for route in request.app.routes:
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE:
            methods |= route.methods or set()
    return sorted(methods)


EXCEPTION_HANDLERS: Mapping[type[Exception], ExceptionHandler] = {
    ServicedeskError: _on_domain_error,
    HTTPException: _on_http_error,
}
