"""A ticket's properties change: status (by the life-cycle table), priority, subject, queue."""

from dataclasses import dataclass, field

from servicedesk.desk import clocks, take, tickets
from servicedesk.desk.sight import lock_changeable
from servicedesk.desk.tickets import TicketFacts
from servicedesk.domain.actors import user_actor
from servicedesk.domain.errors import BadInput, VersionMismatch, WrongStep
from servicedesk.domain.ids import Position, QueueId, TicketId, UserId
from servicedesk.domain.people import Viewer
from servicedesk.domain.tickets import (
    NEEDS_NOBODY,
    STEP_TO_REACH,
    Priority,
    TicketStatus,
    next_status,
    reachable_statuses,
)
from servicedesk.kernel.database import Database
from servicedesk.kernel.work import Work
from servicedesk.routing import orders
from servicedesk.routing.queues import get_queue


@dataclass(frozen=True, slots=True)
class Keep:
    """Leave the property as it is (None would mean "nobody")."""


KEEP = Keep()


@dataclass(frozen=True, slots=True)
class TicketChanges:
    status: TicketStatus | None = None
    priority: Priority | None = None
    subject: str | None = None
    queue_id: QueueId | None = None
    assignee_id: UserId | Keep | None = field(default=KEEP)


async def change_ticket(
    database: Database,
    viewer: Viewer,
    ticket_id: TicketId,
    version: int,
    changes: TicketChanges,
) -> Position:
    """Apply the changes if the ticket still has that version. Raises VersionMismatch, WrongStep."""
    async with database.work(user_actor(viewer.user_id)) as work:
        ticket = await lock_changeable(work.sql, viewer, ticket_id)
        if ticket.version != version:
            raise VersionMismatch(
                f"The ticket is at version {ticket.version}, not {version}: somebody changed it. "
                "Load it again and repeat the change.",
                version=ticket.version,
            )
        await _apply(work, viewer, ticket, changes)
        await clocks.follow(work, ticket.id)
    return work.position


async def _apply(work: Work, viewer: Viewer, ticket: TicketFacts, changes: TicketChanges) -> None:
    """Apply them one by one. Rights are those on the ticket as it was, before any of them."""
    if _changes_hands(ticket, changes):
        take.require_right_to_assign(viewer, ticket)
    await change_words(work, ticket, changes)
    if changes.queue_id is not None and changes.queue_id != ticket.queue_id:
        await move_to_queue(work, ticket, changes.queue_id)
        ticket = await tickets.lock_ticket(work.sql, ticket.id)
    if not isinstance(changes.assignee_id, Keep) and changes.assignee_id != ticket.assignee_id:
        await take.hand_to(work, ticket, changes.assignee_id)
        ticket = await tickets.lock_ticket(work.sql, ticket.id)
    if changes.status is not None and changes.status is not ticket.status:
        await set_status(work, viewer, ticket, changes.status)


def _changes_hands(ticket: TicketFacts, changes: TicketChanges) -> bool:
    """A move takes the ticket away from who holds it, like another assignee does."""
    moves = changes.queue_id is not None and changes.queue_id != ticket.queue_id
    given = not isinstance(changes.assignee_id, Keep) and changes.assignee_id != ticket.assignee_id
    return moves or given


async def set_status(work: Work, viewer: Viewer, ticket: TicketFacts, status: TicketStatus) -> None:
    """Bring a locked ticket to a status an agent chose; its work order follows.

    Solving needs somebody who solved it: an unassigned ticket becomes the viewer's
    (Zendesk, help article 4408894213018).
    """
    step = STEP_TO_REACH.get(status)
    if step is None:
        known = [reachable.value for reachable in reachable_statuses(ticket.status)]
        raise WrongStep("ticket", ticket.status.value, f"become {status.value}", known)
    after = next_status(ticket.status, step)
    if status is TicketStatus.SOLVED and ticket.assignee_id is None:
        await take.hand_to(work, ticket, viewer.user_id)
        ticket = await tickets.lock_ticket(work.sql, ticket.id)
    await tickets.update_ticket(work, ticket.id, new_version=True, **_moments(work, after))
    payload = {"from": ticket.status.value, "to": after.value, "step": step.value}
    work.record("ticket.status_changed", ticket_id=ticket.id, payload=payload)
    if after in NEEDS_NOBODY:
        await _finish_order(work, ticket, after)
    else:
        await take.open_for_ticket(work, ticket, "set_open")


async def _finish_order(work: Work, ticket: TicketFacts, after: TicketStatus) -> None:
    order = await orders.live_order(work.sql, ticket.id)
    if order is not None:
        await orders.finish_order(work, order.id, after.value)


def _moments(work: Work, status: TicketStatus) -> dict[str, object]:
    columns: dict[str, object] = {"status": status}
    if status is TicketStatus.SOLVED:
        columns |= {"solved_at": work.now, "waiting_since": None}
    elif status is TicketStatus.CLOSED:
        columns["closed_at"] = work.now
    else:
        columns["solved_at"] = None
    return columns


async def change_words(work: Work, ticket: TicketFacts, changes: TicketChanges) -> None:
    columns: dict[str, object] = {}
    payload: dict[str, object] = {}
    if changes.subject is not None and changes.subject.strip() != ticket.subject:
        if not changes.subject.strip():
            raise BadInput("A ticket needs a subject. Write one.", field="subject")
        columns["subject"] = changes.subject.strip()
    if changes.priority is not None and changes.priority is not ticket.priority:
        columns["priority"] = int(changes.priority)
        payload["priority"] = {"from": int(ticket.priority), "to": int(changes.priority)}
        await _reprioritize(work, ticket, changes.priority)
    if not columns:
        return
    await tickets.update_ticket(work, ticket.id, new_version=True, **columns)
    work.record(
        "ticket.changed", ticket_id=ticket.id, payload={"fields": sorted(columns), **payload}
    )


async def _reprioritize(work: Work, ticket: TicketFacts, priority: Priority) -> None:
    order = await orders.live_order(work.sql, ticket.id)
    if order is not None:
        await orders.set_order_priority(work, order.id, priority)


async def move_to_queue(work: Work, ticket: TicketFacts, queue_id: QueueId) -> None:
    """Another queue takes the ticket, and with it the queue's team. Its place in line stays."""
    queue = await get_queue(work.sql, queue_id)
    if not queue.active:
        raise BadInput("This queue is switched off. Choose another.", field="queue_id")
    order = await orders.live_order(work.sql, ticket.id)
    if order is not None:
        await orders.move_order(work, order.id, queue_id)
    await tickets.update_ticket(
        work, ticket.id, new_version=True, queue_id=queue_id, team_id=queue.team_id
    )
    payload = {
        "from_queue_id": str(ticket.queue_id),
        "to_queue_id": str(queue_id),
        "from_team_id": str(ticket.team_id),
        "to_team_id": str(queue.team_id),
    }
    work.record("ticket.moved", ticket_id=ticket.id, payload=payload)
    if ticket.assignee_id is not None:
        await take.release(work, await tickets.lock_ticket(work.sql, ticket.id), "moved")
