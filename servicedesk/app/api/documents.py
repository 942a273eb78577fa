"""Routes of the documentation: /api/openapi.json, /api/docs and its style sheet."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from servicedesk.app.api import docs_page
from servicedesk.app.api.openapi import make_document


async def show_document(request: Request) -> Response:
    return JSONResponse(make_document(request.app))


async def show_page(request: Request) -> Response:
    page = docs_page.render(make_document(request.app))
    return HTMLResponse(page, headers={"Content-Security-Policy": docs_page.POLICY})


async def show_style(_request: Request) -> Response:
    return Response(docs_page.STYLE, media_type="text/css")


ROUTES = [
    Route("/api/openapi.json", show_document, methods=["GET"]),
    Route("/api/docs", show_page, methods=["GET"]),
    Route("/api/docs.css", show_style, methods=["GET"]),
]
