"""Routes of the documentation: /api/openapi.json, /api/docs and its style sheet."""

from functools import lru_cache

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from servicedesk.app.api import docs_page
from servicedesk.app.api.openapi import make_document


async def show_document(request: Request) -> Response:
    return Response(_document(request.app), media_type="application/json")


async def show_page(request: Request) -> Response:
    headers = {"Content-Security-Policy": docs_page.POLICY}
    return HTMLResponse(_page(request.app), headers=headers)


@lru_cache(maxsize=1)
def _document(application: Starlette) -> bytes:
    """Return the document as JSON. Routes do not change while a process lives."""
    return orjson.dumps(make_document(application))


@lru_cache(maxsize=1)
def _page(application: Starlette) -> str:
    return docs_page.render(orjson.loads(_document(application)))


async def show_style(_request: Request) -> Response:
    return Response(docs_page.STYLE, media_type="text/css")


ROUTES = [
    Route("/api/openapi.json", show_document, methods=["GET"]),
    Route("/api/docs", show_page, methods=["GET"]),
    Route("/api/docs.css", show_style, methods=["GET"]),
]
