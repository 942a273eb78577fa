"""The web application: the routes of all resources between the layers that every request passes."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware import Middleware

from servicedesk.app.api.console import console_routes
from servicedesk.app.api.errors import EXCEPTION_HANDLERS
from servicedesk.app.api.routing import ROUTES
from servicedesk.kernel.http.manners import Answered, Manners, MannersSettings, ignore

if TYPE_CHECKING:
    from servicedesk.app.wiring import Services

CONSOLE_FOLDER = Path(__file__).resolve().parent.parent / "console"

Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]


def create_application(
    services: "Services",
    *,
    lifespan: Lifespan | None = None,
    on_answered: Callable[[Answered], None] = ignore,
    console_folder: Path = CONSOLE_FOLDER,
) -> Starlette:
    """Return the ASGI application. It opens nothing itself: `services` are open, or are opened by
    `lifespan` before the first request."""
    settings = services.settings
    manners = MannersSettings(
        trusted_proxies=tuple(settings.trusted_proxies),
        behind_tls=settings.secure_cookies,
        on_answered=on_answered,
    )
    application = Starlette(
        routes=[*ROUTES, *console_routes(console_folder)],
        middleware=[Middleware(Manners, settings=manners)],
        exception_handlers=dict(EXCEPTION_HANDLERS),
        lifespan=lifespan,
    )
    application.state.services = services
    return application
