"""Stories ask here whether a viewer may see or change a ticket. Not seen looks like not there."""

from uuid import UUID

from servicedesk.desk.tickets import TicketFacts, lock_ticket
from servicedesk.domain.errors import Forbidden, NotFound
from servicedesk.domain.people import Viewer
from servicedesk.kernel.sql import Sql
from servicedesk.people.viewers import viewers_of
from servicedesk.people.visibility import may_see


async def lock_visible(sql: Sql, viewer: Viewer, ticket_id: UUID) -> TicketFacts:
    """Return the ticket, locked, if the viewer may see it. Raises NotFound."""
    ticket = await lock_ticket(sql, ticket_id)
    await require_sight(sql, viewer, ticket)
    return ticket


async def lock_changeable(sql: Sql, viewer: Viewer, ticket_id: UUID) -> TicketFacts:
    """Return the ticket, locked, if the viewer may change it. Raises NotFound or Forbidden."""
    ticket = await lock_visible(sql, viewer, ticket_id)
    if not viewer.may_change_tickets:
        raise Forbidden(
            "Observers look but change nothing. Ask an administrator for another role.",
            ticket_id=str(ticket_id),
        )
    return ticket


async def require_sight(sql: Sql, viewer: Viewer, ticket: TicketFacts) -> None:
    team_id = ticket.team_id
    if may_see(viewer, team_id, personally=False):
        return
    personal = await viewers_of(sql, [ticket.id])
    if not may_see(viewer, team_id, personally=viewer.user_id in personal.get(ticket.id, ())):
        raise NotFound(f"There is no ticket {ticket.id}.", ticket_id=str(ticket.id))
