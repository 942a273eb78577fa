"""Only here does an agent become a ticket's assignee: accept, take by hand, assignment.

All of them end in `_give`, in the one transaction that moves the offer or the order.
Lock order: ticket, work order, offer, presence.
"""

from dataclasses import dataclass
from typing import Literal

from servicedesk.desk import clocks, tickets
from servicedesk.desk.preferred import prefer
from servicedesk.desk.sight import lock_changeable
from servicedesk.desk.tickets import TicketFacts
from servicedesk.domain.actors import user_actor
from servicedesk.domain.errors import AlreadyTaken, BadInput, Conflict, Forbidden, OfferGone
from servicedesk.domain.ids import OfferId, Position, TicketId, UserId
from servicedesk.domain.people import Role, Viewer, ViewerWhy
from servicedesk.domain.presence import PresenceState
from servicedesk.domain.tickets import TicketStatus, TicketStep, next_status
from servicedesk.kernel.database import Database
from servicedesk.kernel.leases import Lease
from servicedesk.kernel.sql import Sql, as_uuid
from servicedesk.kernel.work import Work
from servicedesk.people.directory import load_viewer
from servicedesk.people.viewers import add_viewer, remove_viewer
from servicedesk.routing import offers, orders
from servicedesk.routing.classify import Classification
from servicedesk.routing.engine.decisions import MakeOffer
from servicedesk.routing.queues import get_queue
from servicedesk.routing.views import find_presence

CONTACT_NEEDS = frozenset({"woken", "merged"})
"""Why an order is opened: a contact's words wait, and nobody has just said that it is theirs."""
How = Literal["accepted", "taken", "auto", "forced", "assigned", "released"]


@dataclass(frozen=True, slots=True)
class Taken:
    ticket_id: TicketId
    position: Position


async def accept_offer(database: Database, offer_id: OfferId, viewer: Viewer) -> Taken:
    """Accept an offer made to the viewer. Raises OfferGone when it is not open any more."""
    async with database.work(user_actor(viewer.user_id)) as work:
        row = await work.sql.fetch_one(
            "SELECT ticket_id FROM offer WHERE id = $1 AND user_id = $2", offer_id, viewer.user_id
        )
        if row is None:
            raise OfferGone("There is no such offer to you. Look for the next one.")
        ticket = await tickets.lock_ticket(work.sql, as_uuid(row["ticket_id"]))
        await offers.win_offer(work, offer_id, viewer.user_id)
        await _give(work, ticket, viewer.user_id, "accepted")
        await clocks.follow(work, ticket.id)
    return Taken(ticket.id, work.position)


async def accept_for_agent(work: Work, lease: Lease, decision: MakeOffer) -> bool:
    """The queue gives its orders to agents without asking: offer and accept in one, by the router.

    False, with nothing written, if the order or the agent changed since. Raises LeaseLost.
    """
    row = await work.sql.fetch_one(
        "SELECT ticket_id FROM work_order WHERE id = $1", decision.order_id
    )
    if row is None:
        return False
    ticket = await tickets.lock_ticket(work.sql, as_uuid(row["ticket_id"]))
    offer_id = await offers.hold_out(work, lease, decision)
    if offer_id is None:
        return False
    await offers.win_offer(work, offer_id, decision.user_id)
    await _give(work, ticket, decision.user_id, "auto")
    await clocks.follow(work, ticket.id)
    return True


async def take_ticket(database: Database, ticket_id: TicketId, viewer: Viewer) -> Taken:
    """Take a ticket by hand. Raises AlreadyTaken when another agent holds it."""
    async with database.work(user_actor(viewer.user_id)) as work:
        ticket = await lock_changeable(work.sql, viewer, ticket_id)
        if ticket.assignee_id not in (None, viewer.user_id):
            raise AlreadyTaken(
                "Another agent holds this ticket. Ask them, or a supervisor, to hand it over.",
                owner_id=str(ticket.assignee_id),
            )
        await hand_over(work, ticket, viewer.user_id, "taken")
        await clocks.follow(work, ticket.id)
    return Taken(ticket.id, work.position)


async def hand_to(work: Work, ticket: TicketFacts, user_id: UserId | None) -> None:
    """Assign a locked ticket inside a running story."""
    if user_id is None:
        await release(work, ticket, "released")
        return
    await require_may_hold(work.sql, user_id)
    await hand_over(work, ticket, user_id, "assigned")


async def release(work: Work, ticket: TicketFacts, reason: str) -> None:
    """Nobody holds the ticket any more; a live order waits again in its old place."""
    order = await orders.live_order(work.sql, ticket.id)
    if order is not None and order.owner_id is not None:
        await orders.return_order(work, order.id, reason)
    if ticket.assignee_id is not None:
        await tickets.update_ticket(work, ticket.id, new_version=True, assignee_id=None)
        await remove_viewer(work.sql, ticket.id, ticket.assignee_id, ViewerWhy.OWNS)
        _record_assigned(work, ticket, None, "released")


def require_right_to_assign(viewer: Viewer, ticket: TicketFacts) -> None:
    """Agents hand over what is theirs or nobody's, supervisors anything. Raises Forbidden."""
    if viewer.may_supervise or ticket.assignee_id in (None, viewer.user_id):
        return
    raise Forbidden(
        "Another agent holds this ticket. Only they or a supervisor can hand it over.",
        owner_id=str(ticket.assignee_id),
    )


async def hand_over(work: Work, ticket: TicketFacts, user_id: UserId, how: How) -> None:
    """Give a locked ticket, and its live order, to the user. Raises Conflict on a closed one."""
    if ticket.status is TicketStatus.CLOSED:
        raise Conflict("This ticket is closed for good. Open a follow-up instead.")
    order = await orders.live_order(work.sql, ticket.id)
    if order is not None:
        await orders.take_order(work, order.id, user_id, how=how)
    await _give(work, ticket, user_id, how)


async def _give(work: Work, ticket: TicketFacts, user_id: UserId, how: How) -> None:
    """Make the user the assignee: the one place where that happens."""
    status = next_status(ticket.status, TicketStep.ASSIGN)
    await tickets.update_ticket(
        work, ticket.id, new_version=True, assignee_id=user_id, status=status
    )
    if ticket.assignee_id not in (None, user_id):
        await remove_viewer(work.sql, ticket.id, ticket.assignee_id, ViewerWhy.OWNS)
    await add_viewer(work.sql, ticket.id, user_id, ViewerWhy.OWNS)
    _record_assigned(work, ticket, user_id, how)
    if status is not ticket.status:
        step = {"from": ticket.status.value, "to": status.value, "step": "assign"}
        work.record("ticket.status_changed", ticket_id=ticket.id, payload=step)


def _record_assigned(work: Work, ticket: TicketFacts, user_id: UserId | None, how: How) -> None:
    payload = {
        "from": str(ticket.assignee_id) if ticket.assignee_id else None,
        "to": str(user_id) if user_id else None,
        "how": how,
    }
    work.record("ticket.assigned", ticket_id=ticket.id, payload=payload)


async def open_for_ticket(work: Work, ticket: TicketFacts, reason: str) -> None:
    """See to it that an open ticket has a live order: its assignee's, or anybody's if they left.

    Where it is a contact who needs somebody, an assignee who takes no work now is only asked first,
    for a while, as when a message comes in.
    """
    if await orders.keeps_working(work, ticket.id):
        return
    kept = Classification(
        queue_id=ticket.queue_id,
        skills={},
        priority=ticket.priority,
        trace=[{"rule": "ticket_keeps_its_queue", "hit": True, "reason": reason}],
    )
    asks = reason in CONTACT_NEEDS and await _is_away(work, ticket)
    if asks:
        queue = await get_queue(work.sql, ticket.queue_id)
        kept = await prefer(work.sql, kept, queue, ticket.contact_id, ticket.assignee_id)
    order_id = await orders.open_order(work, ticket.id, kept, ticket.channel)
    if ticket.assignee_id is None or (asks and kept.preferred_user_id == ticket.assignee_id):
        return
    if await _may_hold(work.sql, ticket.assignee_id):
        await orders.take_order(work, order_id, ticket.assignee_id, how="assigned")
        _record_assigned(work, ticket, ticket.assignee_id, "assigned")
    else:
        await release(work, ticket, "agent_left")


async def _is_away(work: Work, ticket: TicketFacts) -> bool:
    """Does somebody hold the ticket who takes no work now? Whoever acts on it just now is there."""
    if ticket.assignee_id is None or work.actor == user_actor(ticket.assignee_id):
        return False
    presence = await find_presence(work.sql, ticket.assignee_id)
    return presence is None or presence.state is not PresenceState.AVAILABLE


async def hold_to_answer(work: Work, ticket: TicketFacts, user_id: UserId) -> None:
    """Who answers does the work: an unowned ticket becomes theirs, and so does a live order of
    their own ticket that waits or is offered elsewhere."""
    if ticket.assignee_id is None:
        await hand_over(work, ticket, user_id, "taken")
        return
    order = await orders.live_order(work.sql, ticket.id)
    if ticket.assignee_id == user_id and order is not None and order.owner_id != user_id:
        await orders.take_order(work, order.id, user_id, how="taken")


async def require_may_hold(sql: Sql, user_id: UserId) -> None:
    """Raise BadInput for a user who can hold no ticket."""
    if not await _may_hold(sql, user_id):
        raise BadInput(
            "Only an active agent, supervisor or administrator can hold a ticket. Choose another.",
            field="assignee_id",
        )


async def _may_hold(sql: Sql, user_id: UserId) -> bool:
    receiver = await load_viewer(sql, user_id)
    return receiver is not None and receiver.role is not Role.OBSERVER
