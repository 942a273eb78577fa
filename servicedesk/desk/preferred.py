"""Who is asked first for new work: a rule's choice, else who handled the contact's last order."""

from dataclasses import replace
from uuid import UUID

from servicedesk.domain.ids import UserId
from servicedesk.kernel.sql import Sql, as_uuid
from servicedesk.routing.classify import Classification
from servicedesk.routing.facts import QueueFacts


async def prefer(
    sql: Sql, found: Classification, queue: QueueFacts, contact_id: UUID
) -> Classification:
    """Return the classification with the agent whom the queue's stickiness names, for so long.

    Costs a statement only in a queue that is sticky to the last agent, and none if a rule named
    somebody.
    """
    sticky = queue.sticky
    if sticky is None:
        return found
    preferred = found.preferred_user_id
    if preferred is None and sticky.last_agent:
        preferred = await _last_agent(sql, queue, contact_id)
    return replace(found, preferred_user_id=preferred, preferred_seconds=sticky.seconds)


async def _last_agent(sql: Sql, queue: QueueFacts, contact_id: UUID) -> UserId | None:
    """Who had the newest order of the contact in this queue, if they still take work."""
    row = await sql.fetch_one(
        "SELECT work_order.owner_id FROM work_order "
        "JOIN ticket ON ticket.id = work_order.ticket_id "
        "JOIN app_user ON app_user.id = work_order.owner_id "
        "WHERE ticket.contact_id = $1 AND work_order.queue_id = $2 AND app_user.active "
        "AND app_user.role <> 'observer' ORDER BY work_order.entered_at DESC LIMIT 1",
        contact_id,
        queue.id,
    )
    return None if row is None else UserId(as_uuid(row["owner_id"]))
