"""Two tickets of one matter become one: the source is closed and leads to the target from then on.

Messages stay where they were written; answers to either find the target (intake follows merges).
"""

from servicedesk.desk import clocks, take, tickets
from servicedesk.desk.sight import lock_changeable
from servicedesk.desk.tickets import TicketFacts
from servicedesk.domain.actors import user_actor
from servicedesk.domain.errors import BadInput, Conflict
from servicedesk.domain.ids import Position, TicketId
from servicedesk.domain.people import Viewer
from servicedesk.domain.tickets import (
    ParticipantRole,
    TicketStatus,
    TicketStep,
    next_status,
)
from servicedesk.kernel.database import Database
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import as_uuid
from servicedesk.kernel.work import Work
from servicedesk.routing import orders
from servicedesk.sla.events import Absorbed, MergedAway


async def merge(
    database: Database, viewer: Viewer, source_id: TicketId, target_id: TicketId
) -> Position:
    """Merge the source into the target. Position 0: it was before.

    Raises NotFound, Forbidden (either may not be changed, or another agent holds the source),
    BadInput for one and the same, Conflict for a closed one.
    """
    if source_id == target_id:
        raise BadInput("A ticket cannot be merged into itself. Choose another.", path="into_id")
    async with database.work(user_actor(viewer.user_id)) as work:
        locked = {
            ticket_id: await lock_changeable(work.sql, viewer, ticket_id)
            for ticket_id in sorted((source_id, target_id))
        }
        source, target = locked[source_id], locked[target_id]
        if source.merged_into_id == target.id:
            return work.position
        _require_open(source, target)
        take.require_right_to_assign(viewer, source)
        await _join(work, source, target)
        await _close(work, source, target)
        await _absorb(work, source, target)
    return work.position


def _require_open(source: TicketFacts, target: TicketFacts) -> None:
    for ticket in (source, target):
        if ticket.status is TicketStatus.CLOSED:
            raise Conflict(f"Ticket {ticket.number} is closed for good: it cannot be merged.")


async def _join(work: Work, source: TicketFacts, target: TicketFacts) -> None:
    """Whoever took part in the source takes part in the target, and its inboxes lead there."""
    rows = await work.sql.fetch(
        "SELECT role, contact_id, user_id FROM participant WHERE ticket_id = $1 ORDER BY id",
        source.id,
    )
    for row in rows:
        follows = row["role"] == ParticipantRole.FOLLOWER
        joined = {
            "id": new_id(),
            "ticket_id": target.id,
            "role": ParticipantRole.FOLLOWER if follows else ParticipantRole.CC,
            "contact_id": row["contact_id"],
            "user_id": row["user_id"],
        }
        await work.sql.insert("participant", [joined], "ON CONFLICT DO NOTHING")
    for row in await work.sql.fetch(
        "SELECT inbox_id FROM ticket_inbox WHERE ticket_id = $1 ORDER BY id", source.id
    ):
        await tickets.join_inbox(work.sql, target.id, as_uuid(row["inbox_id"]))


async def _close(work: Work, source: TicketFacts, target: TicketFacts) -> None:
    status = next_status(source.status, TicketStep.MERGE)
    order = await orders.live_order(work.sql, source.id)
    if order is not None:
        await orders.cancel_order(work, order.id, "merged")
    await tickets.update_ticket(
        work,
        source.id,
        new_version=True,
        status=status,
        closed_at=work.now,
        waiting_since=None,
        merged_into_id=target.id,
    )
    step = {"from": source.status.value, "to": status.value, "step": TicketStep.MERGE.value}
    work.record("ticket.status_changed", ticket_id=source.id, payload=step)
    payload = {"into_ticket_id": str(target.id)}
    work.record("ticket.merged", ticket_id=source.id, payload=payload)
    await clocks.follow(work, source.id, MergedAway(work.now))


async def _absorb(work: Work, source: TicketFacts, target: TicketFacts) -> None:
    """Whoever waited on the source waits on the target."""
    status = target.status
    columns: dict[str, object] = {}
    if source.waiting_since is not None:
        status = next_status(target.status, TicketStep.CONTACT_WRITES)
        since = min(source.waiting_since, target.waiting_since or source.waiting_since)
        columns = {"status": status, "waiting_since": since}
        if status is not target.status:
            columns["solved_at"] = None
    await tickets.update_ticket(work, target.id, new_version=True, **columns)
    payload = {"from_ticket_id": str(source.id)}
    work.record("ticket.absorbed", ticket_id=target.id, payload=payload)
    if status is not target.status:
        step = {"from": target.status.value, "to": status.value, "step": "contact_writes"}
        work.record("ticket.status_changed", ticket_id=target.id, payload=step)
    if source.waiting_since is not None:
        await take.open_for_ticket(work, await tickets.lock_ticket(work.sql, target.id), "merged")
    await clocks.follow(work, target.id, Absorbed(work.now, source.waiting_since))
