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
from servicedesk.kernel.sql import as_uuid, ids_of
from servicedesk.kernel.work import Work
from servicedesk.routing.queues import get_queue

ACTOR = system_actor("effects")
PORTION = 200
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


async def move_tickets_of_queue(work: Work, effect: Effect) -> None:
    """A queue went to another team: its tickets go along, a portion in each transaction."""
    queue = await get_queue(work.sql, UUID(str(effect.arguments["queue_id"])))
    rows = await work.sql.fetch(
        "SELECT id, team_id FROM ticket WHERE queue_id = $1 AND team_id <> $2 "
        f"ORDER BY id LIMIT {PORTION} {work.sql.for_update}",
        queue.id,
        queue.team_id,
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
    if len(rows) == PORTION:
        rest = f"{effect.once_key}:after:{as_uuid(rows[-1]['id'])}"
        await work.ask(effect.kind, rest, arguments=effect.arguments)


HANDLERS: dict[str, Handler] = {
    "queue.team_changed": move_tickets_of_queue,
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
