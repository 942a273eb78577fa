"""Every route of the web process but the console's pages. A resource is one file and one line."""

from starlette.routing import BaseRoute

from servicedesk.app.api import (
    contacts,
    documents,
    health,
    inboxes,
    me,
    message_html,
    messages,
    offers,
    presence,
    quarantine,
    queues,
    send_again,
    session,
    setup,
    socket,
    teams,
    tickets,
    uploads,
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
    *offers.ROUTES,
    *tickets.ROUTES,
    *messages.ROUTES,
    *message_html.ROUTES,
    *send_again.ROUTES,
    *uploads.ROUTES,
    *contacts.ROUTES,
    *quarantine.ROUTES,
    *socket.ROUTES,
]
