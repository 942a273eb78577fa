"""Every route of the web process but the console's pages. A resource is one file and one line."""

from starlette.routing import BaseRoute

from servicedesk.app.api import documents, health

ROUTES: list[BaseRoute] = [
    *health.ROUTES,
    *documents.ROUTES,
]
