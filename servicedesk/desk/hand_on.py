"""Work goes from one agent to another: held out to somebody by name, or given by a supervisor.

To hand a ticket on to a queue is `lifecycle`'s move. The order keeps its place in line each time.
"""

from dataclasses import dataclass

from servicedesk.desk import clocks
from servicedesk.desk.sight import lock_changeable
from servicedesk.desk.take import hand_over, release, require_may_hold, require_right_to_assign
from servicedesk.domain.actors import user_actor
from servicedesk.domain.errors import BadInput, Conflict, Forbidden
from servicedesk.domain.ids import Position, TicketId, UserId
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.orders import OfferHow
from servicedesk.domain.people import Viewer
from servicedesk.domain.presence import PresenceState
from servicedesk.kernel.database import Database
from servicedesk.kernel.sql import Sql
from servicedesk.kernel.work import Work
from servicedesk.routing import offers, orders
from servicedesk.routing.engine.reasons import Reason
from servicedesk.routing.facts import OrderFacts
from servicedesk.routing.order_rows import change_order, lock_order
from servicedesk.routing.queues import get_queue
from servicedesk.routing.shapes import Presence
from servicedesk.routing.views import find_presence


@dataclass(frozen=True, slots=True)
class HandedOn:
    """`over_capacity`: the agent has, or would have, more units on the channel than they take."""

    ticket_id: TicketId
    position: Position
    over_capacity: bool


class NothingToHandOn(Conflict):
    """No work waits or is being done on the ticket."""

    code = "nothing-to-hand-on"


class TakesNoWork(Conflict):
    """The agent is away or offline, or has closed the channel, so nobody would answer."""

    code = "takes-no-work"


async def transfer_ticket(
    database: Database, viewer: Viewer, ticket_id: TicketId, user_id: UserId
) -> HandedOn:
    """Hold the ticket's work out to another agent, whatever its queue's rules say. A story.

    They answer as to any offer; if they do not take it, it waits in its queue at its old place.
    Raises as `take.hand_to`, and NothingToHandOn, TakesNoWork, BadInput for the viewer themselves.
    """
    async with database.work(user_actor(viewer.user_id)) as work:
        ticket = await lock_changeable(work.sql, viewer, ticket_id)
        require_right_to_assign(viewer, ticket)
        if user_id == viewer.user_id:
            raise BadInput("Transfer it to somebody else. To have it, take it.", field="user_id")
        await require_may_hold(work.sql, user_id)
        order = await _live(work, ticket_id)
        over = await _is_over(work.sql, order, user_id, asks=True)
        await release(work, ticket, "transferred")
        await _hold_out(work, order, viewer.user_id, user_id)
        await clocks.follow(work, ticket.id)
    return HandedOn(ticket_id, work.position, over)


async def force_ticket(
    database: Database, viewer: Viewer, ticket_id: TicketId, user_id: UserId
) -> HandedOn:
    """Give the ticket's work to an agent without asking, also above their capacity. A story.

    Raises Forbidden for who is no supervisor, and as `take.hand_to`.
    """
    if not viewer.may_supervise:
        raise Forbidden("Only a supervisor gives work to others without asking them.")
    async with database.work(user_actor(viewer.user_id)) as work:
        ticket = await lock_changeable(work.sql, viewer, ticket_id)
        await require_may_hold(work.sql, user_id)
        order = await _live(work, ticket_id)
        over = await _is_over(work.sql, order, user_id, asks=False)
        await hand_over(work, ticket, user_id, "forced")
        await change_order(work.sql, order, {"forced": True})
        work.record(
            "order.forced",
            ticket_id=ticket.id,
            order_id=order.id,
            payload={"queue_id": order.queue_id, "owner_id": user_id, "over_capacity": over},
        )
        await clocks.follow(work, ticket.id)
    return HandedOn(ticket_id, work.position, over)


async def _live(work: Work, ticket_id: TicketId) -> OrderFacts:
    order = await orders.live_order(work.sql, ticket_id)
    if order is None or order.wrap_up_until is not None:
        raise NothingToHandOn(
            "Nobody has anything to do on this ticket now. Open it again first.",
            ticket_id=str(ticket_id),
        )
    return order


async def _hold_out(work: Work, order: OrderFacts, by: UserId, to: UserId) -> None:
    await offers.rescind_offer_of_order(work, order.id, "transferred")
    await orders.wait_again(work, order.id)
    queue = await get_queue(work.sql, order.queue_id)
    why = (Reason("transferred", {"by": str(by)}),)
    new = offers.NewOffer(to, queue.offer_seconds, why, OfferHow.TRANSFERRED)
    await offers.open_offer(work, await lock_order(work.sql, order.id), new)


async def _is_over(sql: Sql, order: OrderFacts, user_id: UserId, *, asks: bool) -> bool:
    """Would the order be more than the agent takes on its channel? Raises TakesNoWork if they are
    to be asked and would not answer."""
    presence = await find_presence(sql, user_id)
    if asks and not (presence and _takes(presence, order.channel)):
        raise TakesNoWork(
            "They take no work now. Choose somebody who is available, or a queue.",
            user_id=str(user_id),
        )
    if presence is None:
        return True
    own = order.units if order.owner_id == user_id else 0
    used = presence.used.get(order.channel, 0) - own + order.units
    return used > presence.capacity.get(order.channel, 0)


def _takes(presence: Presence, channel: ChannelKind) -> bool:
    return presence.state is PresenceState.AVAILABLE and channel not in presence.closed
