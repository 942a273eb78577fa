"""Every route of the web process but the console's pages. A resource is one file and one line."""

from starlette.routing import BaseRoute

from servicedesk.app.api import (
    documents,
    health,
    inboxes,
    me,
    presence,
    queues,
    session,
    setup,
    teams,
    users,
)

ROUTES: list[BaseRoute] = [
    *health.ROUTES,
    *documents.ROUTES,
    *setup.ROUTES,
    *session.ROUTES,
    *me.ROUTES,
    *users.ROUTES,
    *teams.ROUTES,
    *queues.ROUTES,
    *inboxes.ROUTES,
    *presence.ROUTES,
]
