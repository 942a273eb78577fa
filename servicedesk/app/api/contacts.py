"""/api/contacts: who writes to us."""

from uuid import UUID

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from servicedesk.app.api.answers import answer
from servicedesk.app.api.context import services, viewer
from servicedesk.app.api.inputs import NO_CONTROLS, Body, TimeZone
from servicedesk.app.api.operation import WORKERS, Operation
from servicedesk.desk.contacts import ContactChanges, change_contact
from servicedesk.desk.shapes import ContactPage
from servicedesk.desk.views_contacts import get_contact


class ContactBody(Body):
    """What is left out or null stays. `agent_id`: whose work of theirs is first, where a queue
    goes by it. Supervisors set it."""

    name: str | None = Field(None, min_length=1, max_length=200, pattern=NO_CONTROLS)
    locale: str | None = Field(None, max_length=16, pattern=r"^[A-Za-z0-9-]{2,16}$")
    time_zone: TimeZone | None = None
    agent_id: UUID | None = None


@Operation(tag="contacts", answers=ContactPage)
async def show_contact(request: Request) -> Response:
    """Show a contact with their newest tickets, if one may see any of these."""
    contact_id = request.path_params["contact_id"]
    return answer(await get_contact(services(request).database.sql, viewer(request), contact_id))


@Operation(tag="contacts", answers=ContactPage, roles=WORKERS)
async def change_known_contact(request: Request, json: ContactBody) -> Response:
    """Change what we know of a contact."""
    database = services(request).database
    contact_id = request.path_params["contact_id"]
    await get_contact(database.sql, viewer(request), contact_id)
    changes = ContactChanges(
        name=json.name, locale=json.locale, time_zone=json.time_zone, agent_id=json.agent_id
    )
    position = await change_contact(database, viewer(request), contact_id, changes)
    shown = await get_contact(database.sql, viewer(request), contact_id)
    return answer(shown, position=position)


ROUTES = [
    Route("/api/contacts/{contact_id:uuid}", show_contact, methods=["GET"]),
    Route("/api/contacts/{contact_id:uuid}", change_known_contact, methods=["PATCH"]),
]
