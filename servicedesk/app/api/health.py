"""For those who run the desk: alive, ready, and figures."""

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from servicedesk.app.api.context import services


async def show_alive(_request: Request) -> Response:
    """Alive: this process answers. Needs nothing else, or a restart would cure a database."""
    return PlainTextResponse("alive\n")


async def show_ready(request: Request) -> Response:
    """Ready: the database answers too. Unavailable, hence 503, when it does not."""
    await services(request).database.ping()
    return JSONResponse({"database": "ready"})


ROUTES = [
    Route("/healthz", show_alive, methods=["GET"]),
    Route("/readyz", show_ready, methods=["GET"]),
]
