"""The console's files: its page for every address of its own, and what the page loads."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import BaseRoute, Match, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

CONSOLE_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; connect-src 'self' ws: wss:; frame-src 'self'; "
    "font-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'none'"
)
ONE_YEAR = "public, max-age=31536000, immutable"
OF_THE_DESK = ("api", "assets", "healthz", "readyz", "metrics")
NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>servicedesk</title>
<body style="font:16px/1.5 system-ui;margin:4rem auto;max-width:36rem">
<h1>The console has not been built</h1>
<p>The desk runs, but its pages are missing from this installation. Run <code>make install</code>,
which builds them, and start the desk again.</p>
<p>The API is there: <a href="/api/docs">/api/docs</a>.</p></body></html>"""


class HashedFiles(StaticFiles):
    """Files whose names change with their content: kept for a year."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = ONE_YEAR
        return response


class ConsoleRoute(Route):
    """Takes every path that is the console's, and none of the desk's own."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        first = scope["path"].split("/")[1:2]
        if first and first[0] in OF_THE_DESK:
            return Match.NONE, {}
        return super().matches(scope)


class ConsolePages:
    """Serves the page for every path that is the console's; files beside it by their name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()

    async def show(self, request: Request) -> Response:
        path = request.path_params["path"]
        headers = {"Content-Security-Policy": CONSOLE_POLICY, "Cache-Control": "no-cache"}
        index = self._folder / "index.html"
        if not index.is_file():
            return HTMLResponse(NOT_BUILT, 503, headers=headers)
        file = (self._folder / path).resolve()
        if file != index and self._folder in file.parents and file.is_file():
            return FileResponse(file, headers={"Cache-Control": "no-cache"})
        return FileResponse(index, media_type="text/html", headers=headers)


def console_routes(folder: Path) -> list[BaseRoute]:
    """Return the routes of the console in `folder`; they come last, for they take every path."""
    pages = ConsolePages(folder)
    return [
        Mount("/assets", HashedFiles(directory=folder / "assets", check_dir=False), name="assets"),
        ConsoleRoute("/{path:path}", pages.show, methods=["GET"], name="console"),
    ]
