"""The web application: the routes of all resources between the layers that every request passes."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route

from servicedesk.app.api.console import console_routes
from servicedesk.app.api.errors import EXCEPTION_HANDLERS
from servicedesk.app.api.routing import ROUTES
from servicedesk.app.api.socket import push_running
from servicedesk.kernel import metrics
from servicedesk.kernel.http.manners import Answered, Manners, MannersSettings

if TYPE_CHECKING:
    from servicedesk.app.wiring import Services

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
CONSOLE_FOLDER = Path(__file__).resolve().parent.parent / "console"

PATTERNS: Mapping[object, str] = {
    route.endpoint: route.path_format for route in ROUTES if isinstance(route, Route)
}
"""Which route's pattern an endpoint answers."""

Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]


def make_application(
    services: "Services",
    *,
    lifespan: Lifespan | None = None,
    console_folder: Path = CONSOLE_FOLDER,
) -> Starlette:
    """Return the ASGI application. It opens nothing itself: `services` are open, or are opened by
    `lifespan` before the first request. Without one of its own it runs the hub of the sockets."""
    settings = services.settings
    manners = MannersSettings(
        trusted_proxies=tuple(settings.trusted_proxies),
        behind_tls=settings.secure_cookies,
        on_answered=_count,
    )
    application = Starlette(
        routes=[*ROUTES, *console_routes(console_folder)],
        middleware=[Middleware(Manners, settings=manners)],
        exception_handlers=dict(EXCEPTION_HANDLERS),
        lifespan=lifespan or push_running,
    )
    application.state.services = services
    return application


def _count(answered: Answered) -> None:
    """Count by pattern and known method: labels that strangers choose would fill the memory."""
    method = answered.method if answered.method in METHODS else "other"
    pattern = PATTERNS.get(answered.endpoint, "console")
    metrics.note_request(method, pattern, answered.status, answered.seconds)
