"""What lower layers asked for: one handler for each kind, done in the transaction that marks it.

So each effect happens once, however often it is picked up.
"""

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

import structlog

from servicedesk.desk import clocks, effects_sla, take, tell, tickets
from servicedesk.desk.queueing import ExternalIds
from servicedesk.desk.tickets import TicketFacts
from servicedesk.domain.actors import system_actor
from servicedesk.domain.ids import UserId
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.tickets import TicketStatus
from servicedesk.kernel import effects
from servicedesk.kernel.database import Database
from servicedesk.kernel.effects import Effect
from servicedesk.kernel.sql import as_uuid
from servicedesk.kernel.work import Work
from servicedesk.routing import orders
from servicedesk.routing.diversions import TELL_CONTACT
from servicedesk.routing.presence import go_offline
from servicedesk.routing.queues import get_queue
from servicedesk.routing.wrap_up import lock_wrapping_up

ACTOR = system_actor("effects")
PORTION = 200
OVER = frozenset({TicketStatus.SOLVED, TicketStatus.CLOSED})
Handler = Callable[[Work, Effect], Awaitable[None]]
log = structlog.get_logger(__name__)


async def release_work_of_user(work: Work, effect: Effect) -> None:
    """A user takes no work any more: what they held goes back to its place in line.

    First they go offline, behind whatever the router is giving them at this moment. Then one ticket
    in each transaction, so that none waits for another's locks.
    """
    user_id = UserId(UUID(str(effect.arguments["user_id"])))
    if "first_key" not in effect.arguments:
        await go_offline(work, user_id)
        await _ask_for_the_rest(work, effect, user_id)
        return
    rows = await work.sql.fetch(
        "SELECT id FROM ticket WHERE assignee_id = $1 AND status NOT IN ('solved', 'closed') "
        "UNION SELECT ticket_id FROM work_order WHERE owner_id = $1 AND state = 'active' "
        "ORDER BY 1 LIMIT 2",
        user_id,
    )
    if not rows:
        return
    ticket = await tickets.lock_ticket(work.sql, as_uuid(rows[0]["id"]))
    await _let_go(work, ticket, user_id)
    if len(rows) > 1:
        await _ask_for_the_rest(work, effect, ticket.id)


async def _let_go(work: Work, ticket: TicketFacts, user_id: UserId) -> None:
    """Take a locked ticket from who held it, or only its work if it is another's or is solved."""
    if ticket.assignee_id == user_id and ticket.status not in OVER:
        await take.release(work, ticket, "agent_left")
    order = await orders.live_order(work.sql, ticket.id)
    if order is not None and order.owner_id == user_id:
        if order.wrap_up_until is None:
            await orders.return_order(work, order.id, "agent_left")
        else:
            await orders.end_order(work, *await lock_wrapping_up(work, order.id, user_id))
    await clocks.follow(work, ticket.id)


async def requeue_work_of_lost_agent(work: Work, effect: Effect) -> None:
    """An agent's console is gone: whoever talked with them live gets another agent, at their old
    place in line. Mail waits for the agent. Nothing happens to who is back meanwhile."""
    user_id = UUID(str(effect.arguments["user_id"]))
    rows = await work.sql.fetch(
        "SELECT work_order.ticket_id FROM work_order "
        "JOIN presence ON presence.user_id = work_order.owner_id "
        "WHERE work_order.owner_id = $1 AND work_order.state = 'active' "
        "AND work_order.channel IN ('chat', 'voice') AND work_order.wrap_up_until IS NULL "
        "AND presence.state = 'offline' ORDER BY work_order.id LIMIT 2",
        user_id,
    )
    if not rows:
        return
    ticket = await tickets.lock_ticket(work.sql, as_uuid(rows[0]["ticket_id"]))
    if ticket.assignee_id == user_id:
        await take.release(work, ticket, "agent_lost")
        await clocks.follow(work, ticket.id)
    if len(rows) > 1:
        await _ask_for_the_rest(work, effect, ticket.id)


async def move_tickets_of_queue(work: Work, effect: Effect, portion: int = PORTION) -> None:
    """A queue went to another team: its tickets go along, a portion in each transaction."""
    queue = await get_queue(work.sql, UUID(str(effect.arguments["queue_id"])))
    rows = await work.sql.fetch(
        "SELECT id, team_id FROM ticket WHERE queue_id = $1 AND team_id <> $2 "
        f"ORDER BY id LIMIT $3 {work.sql.for_update}",
        queue.id,
        queue.team_id,
        portion,
    )
    for row in rows:
        ticket_id = as_uuid(row["id"])
        await tickets.update_ticket(work, ticket_id, new_version=True, team_id=queue.team_id)
        payload = {
            "from_queue_id": str(queue.id),
            "to_queue_id": str(queue.id),
            "from_team_id": str(as_uuid(row["team_id"])),
            "to_team_id": str(queue.team_id),
        }
        work.record("ticket.moved", ticket_id=ticket_id, payload=payload)
        await clocks.follow(work, ticket_id)
    if len(rows) == portion:
        await _ask_for_the_rest(work, effect, as_uuid(rows[-1]["id"]))


async def _ask_for_the_rest(work: Work, effect: Effect, after: UUID) -> None:
    """Leave the same effect again. Its key grows from the first one's, so it stays short."""
    first = str(effect.arguments.get("first_key", effect.once_key))
    arguments = {**effect.arguments, "first_key": first}
    await work.ask(effect.kind, f"{first}:{after}", arguments=arguments)


HANDLERS: dict[str, Handler] = {
    "queue.team_changed": move_tickets_of_queue,
    "agent.lost": requeue_work_of_lost_agent,
    "user.deactivated": release_work_of_user,
    "sla.escalated": effects_sla.escalate,
    "sla.call_next": effects_sla.call_next,
    "sla.setup_changed": effects_sla.promise_anew,
}


async def run_next(database: Database, voices: Mapping[ChannelKind, ExternalIds]) -> bool:
    """Run the effect that is due longest; False when none is due. `voices` are the channels that
    the desk writes on by itself.

    A failure is tried again later, and parked at last with its reason.
    """
    taken: Effect | None = None
    try:
        async with database.work(ACTOR) as work:
            taken = await effects.take_next(work)
            if taken is None:
                return False
            if taken.kind == TELL_CONTACT:
                await tell.tell_contact(work, taken, voices)
            else:
                await HANDLERS[taken.kind](work, taken)
            await effects.mark_done(work, taken)
    except Exception as error:
        if taken is None:
            raise
        log.exception("effect_failed", effect_id=str(taken.id), kind=taken.kind)
        await effects.postpone(database, taken, type(error).__name__)
    return True
