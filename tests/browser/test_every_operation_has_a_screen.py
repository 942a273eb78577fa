"""Whatever the desk can be asked for has its place in the console, or is named with why not."""

import re
from collections.abc import Iterator
from pathlib import Path

from starlette.routing import Route

from servicedesk.app.api.routing import ROUTES

SOURCES = Path(__file__).parents[2] / "agent_ui" / "src"
CALL = re.compile(
    r"""(?P<how>\b(?:call|get|everything|callForLines)(?:<[^()]*?>)?\(|/api(?=/))"""
    r"""\s*(?:'(?P<method>[A-Z]+)',\s*)?['"`]?(?P<path>/[^'"`\s?]*)""",
    re.DOTALL,
)
FILLED_IN = re.compile(r"(?:\$?\{[^}]*\})+")
NOT_FOR_PEOPLE = {
    ("GET", "/openapi.json"): "the API's own description, for programs",
    ("GET", "/docs"): "the page of that description, linked to from the documentation",
    ("GET", "/docs.css"): "how that page looks",
    ("GET", "/skills"): "the skill matrix names them all",
    ("GET", "/users/*"): "the list has the same values",
    ("POST", "/work-orders/*/notes/extend"): "wrap-up comes with calls and chat (issues 9 and 6)",
    ("POST", "/work-orders/*/notes/finish"): "wrap-up comes with calls and chat (issues 9 and 6)",
}


def test_every_operation_is_used_by_a_screen_or_named() -> None:
    unused = offered() - set(used())
    assert unused == set(NOT_FOR_PEOPLE)


def offered() -> set[tuple[str, str]]:
    """What the desk has under /api, with a star for each part that is filled in."""
    return {
        (method, FILLED_IN.sub("*", route.path.removeprefix("/api")))
        for route in ROUTES
        if isinstance(route, Route) and route.path.startswith("/api")
        for method in (route.methods or set()) - {"HEAD"}
    }


def used() -> Iterator[tuple[str, str]]:
    for path in [*SOURCES.rglob("*.ts"), *SOURCES.rglob("*.vue")]:
        if path.name == "schema.d.ts":
            continue
        for found in CALL.finditer(re.sub(r"(?:\$\{[^}]*\})+", "*", path.read_text())):
            lines = found["how"].startswith("callForLines")
            method = found["method"] or ("POST" if lines else "GET")
            yield method, found["path"]
