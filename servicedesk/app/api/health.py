"""For those who run the desk: alive, ready, and figures."""

from contextlib import suppress
from typing import cast

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from servicedesk.app.api.context import services
from servicedesk.desk.notices import load_failed_notices
from servicedesk.domain.errors import Unavailable
from servicedesk.kernel import effects, journal, metrics, outbox
from servicedesk.realtime.push import Push


async def show_alive(_request: Request) -> Response:
    """Alive: this process answers. Needs nothing else, or a restart would cure a database."""
    return PlainTextResponse("alive\n")


async def show_ready(request: Request) -> Response:
    """Ready: the database answers, and consoles hear what happens. Else Unavailable, hence 503."""
    await services(request).database.ping()
    push = cast("Push | None", getattr(request.app.state, "push", None))
    if push is not None and not push.hub.is_following:
        raise Unavailable("Nothing follows the journal for the consoles. Restart this process.")
    return JSONResponse({"database": "ready"})


async def show_metrics(request: Request) -> Response:
    """Figures for Prometheus: of this process, and of the rows that all processes share."""
    sql = services(request).database.sql
    with suppress(Unavailable):  # the figures of this process are worth having all the same
        metrics.show_journal_head(await journal.head(sql))
        metrics.show_outbox(await outbox.count_unsent(sql))
        metrics.show_parked_effects(await effects.count_parked(sql))
        metrics.show_failed_notices((await load_failed_notices(sql))[0])
    figures, content_type = metrics.render()
    return Response(figures, media_type=content_type)


ROUTES = [
    Route("/healthz", show_alive, methods=["GET"]),
    Route("/readyz", show_ready, methods=["GET"]),
    Route("/metrics", show_metrics, methods=["GET"]),
]
