"""What lower layers asked for: one handler for each kind, marked done in the handler's transaction.

So each effect happens once, however often it is picked up.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

from servicedesk.desk import take, tickets
from servicedesk.domain.actors import system_actor
from servicedesk.kernel import effects
from servicedesk.kernel.database import Database
from servicedesk.kernel.effects import EffectItem
from servicedesk.kernel.sql import ids_of
from servicedesk.kernel.work import Work

ACTOR = system_actor("effects")
MOST_ATTEMPTS = 8
Handler = Callable[[Work, EffectItem], Awaitable[None]]


async def release_work_of_user(work: Work, effect: EffectItem) -> None:
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


async def run_effect(database: Database, effect: EffectItem) -> None:
    """Run one claimed effect. A failure is retried with back-off and parked at last, with why."""
    try:
        async with database.work(ACTOR) as work:
            if await effects.finish(work, effect.id):
                await HANDLERS[effect.kind](work, effect)
    except Exception as error:
        await _put_back(database, effect, error)


async def _put_back(database: Database, effect: EffectItem, error: Exception) -> None:
    reason = f"{type(error).__name__}: {error}"
    async with database.work(ACTOR) as work:
        if effect.attempts + 1 >= MOST_ATTEMPTS:
            await effects.park(work, effect.id, reason)
        else:
            wait = timedelta(seconds=2.0 ** (effect.attempts + 1))
            await effects.retry(work, effect.id, work.now + wait, reason)
