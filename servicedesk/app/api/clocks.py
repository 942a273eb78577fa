"""/api/tickets/{id}/clocks and /api/escalations: why late, and who takes it up."""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from servicedesk.app.api.answers import answer
from servicedesk.app.api.context import services, viewer
from servicedesk.app.api.operation import Operation
from servicedesk.desk.views_escalations import find_notice, load_notices
from servicedesk.desk.views_ticket_clocks import get_clocks
from servicedesk.domain.errors import NotFound
from servicedesk.domain.people import Viewer
from servicedesk.kernel.http.pages import Listing
from servicedesk.kernel.sql import Sql
from servicedesk.sla.escalations import acknowledge
from servicedesk.sla.shapes import EscalationNotice, TicketClocks


@Operation(tag="sla", answers=TicketClocks)
async def show_ticket_clocks(request: Request) -> Response:
    """Show every clock of a ticket: what ran, what stood still, from when to when, and why."""
    database = services(request).database
    ticket_id = request.path_params["ticket_id"]
    found = await get_clocks(database.sql, viewer(request), ticket_id, await database.now())
    return answer(found)


@Operation(tag="sla", answers=Listing[EscalationNotice])
async def list_escalations(request: Request) -> Response:
    """List the newest escalations that one was told of oneself."""
    found = await load_notices(services(request).database.sql, viewer(request))
    return answer(Listing[EscalationNotice](items=found, next=None))


@Operation(tag="sla", answers=EscalationNotice)
async def acknowledge_escalation(request: Request) -> Response:
    """Take an escalation up: nobody else is called. Twice is once."""
    database, who = services(request).database, viewer(request)
    escalation_id = request.path_params["escalation_id"]
    await _get_notice(database.sql, who, escalation_id)  # not one's to see any more: not there
    position = await acknowledge(database, who, escalation_id)
    return answer(await _get_notice(database.sql, who, escalation_id), position=position)


async def _get_notice(sql: Sql, who: Viewer, escalation_id: UUID) -> EscalationNotice:
    found = await find_notice(sql, who, escalation_id)
    if found is None:
        raise NotFound("There is no such escalation that you were told of.")
    return found


ROUTES = [
    Route("/api/tickets/{ticket_id:uuid}/clocks", show_ticket_clocks, methods=["GET"]),
    Route("/api/escalations", list_escalations, methods=["GET"]),
    Route(
        "/api/escalations/{escalation_id:uuid}/acknowledge",
        acknowledge_escalation,
        methods=["POST"],
    ),
]
