"""The store of `ticket_viewer`: who sees a ticket besides its team, and why.

desk and routing keep it through these functions, in their own transactions. One user may have
several reasons for one ticket; they see it until the last is gone.
"""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from servicedesk.domain.people import ViewerWhy
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import Sql, as_uuid


async def add_viewer(sql: Sql, ticket_id: UUID, user_id: UUID, why: ViewerWhy) -> None:
    """Let the user see the ticket for this reason; nothing happens if they already do."""
    row = {"id": new_id(), "ticket_id": ticket_id, "user_id": user_id, "why": why}
    await sql.insert_later("ticket_viewer", [row], "ON CONFLICT DO NOTHING")


async def remove_viewer(sql: Sql, ticket_id: UUID, user_id: UUID, why: ViewerWhy) -> None:
    """Take the reason away; nothing happens if it was not there."""
    await sql.execute(
        "DELETE FROM ticket_viewer WHERE ticket_id = $1 AND user_id = $2 AND why = $3",
        ticket_id,
        user_id,
        why,
    )


async def viewers_of(sql: Sql, ticket_ids: Iterable[UUID]) -> dict[UUID, frozenset[UUID]]:
    """Return the users named for each ticket; a ticket that names nobody has an empty set."""
    wanted = list(ticket_ids)
    found: dict[UUID, set[UUID]] = defaultdict(set)
    if wanted:
        rows = await sql.fetch(
            "SELECT DISTINCT ticket_id, user_id FROM ticket_viewer "
            f"WHERE {sql.member('ticket_id', 1)}",
            wanted,
        )
        for row in rows:
            found[as_uuid(row["ticket_id"])].add(as_uuid(row["user_id"]))
    return {ticket_id: frozenset(found[ticket_id]) for ticket_id in wanted}
