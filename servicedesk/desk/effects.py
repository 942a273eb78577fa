"""What lower layers asked for: one handler for each kind, done in the transaction that marks it.

So each effect happens once, however often it is picked up.
"""

from collections.abc import Awaitable, Callable
from uuid import UUID

import structlog

from servicedesk.desk import take, tickets
from servicedesk.domain.actors import system_actor
from servicedesk.kernel import effects
from servicedesk.kernel.database import Database
from servicedesk.kernel.effects import Effect
from servicedesk.kernel.sql import ids_of
from servicedesk.kernel.work import Work

ACTOR = system_actor("effects")
Handler = Callable[[Work, Effect], Awaitable[None]]
log = structlog.get_logger(__name__)


async def release_work_of_user(work: Work, effect: Effect) -> None:
    """A user was deactivated: what they held goes back to its place in line."""
    user_id = UUID(str(effect.arguments["user_id"]))
    rows = await work.sql.fetch(
        "SELECT id FROM ticket WHERE assignee_id = $1 AND status NOT IN ('solved', 'closed') "
        "ORDER BY id",
        user_id,
    )
    for ticket_id in ids_of(row["id"] for row in rows):
        ticket = await tickets.lock_ticket(work.sql, ticket_id)
        if ticket.assignee_id == user_id:
            await take.release(work, ticket, "agent_deactivated")


HANDLERS: dict[str, Handler] = {
    "user.deactivated": release_work_of_user,
}


async def run_next(database: Database) -> bool:
    """Run the effect that is due longest; False when none is due.

    A failure is tried again later, and parked at last with its reason.
    """
    taken: Effect | None = None
    try:
        async with database.work(ACTOR) as work:
            taken = await effects.take_next(work)
            if taken is None:
                return False
            await HANDLERS[taken.kind](work, taken)
            await effects.mark_done(work, taken)
    except Exception as error:
        if taken is None:
            raise
        log.exception("effect_failed", effect_id=str(taken.id), kind=taken.kind)
        await effects.postpone(database, taken, type(error).__name__)
    return True
