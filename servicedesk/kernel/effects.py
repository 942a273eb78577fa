"""Effects: what a lower layer asks of a higher one, as rows (nothing calls upward).

`Work.ask` leaves one. Whoever handles them takes one in a story, does what it says in that same
story, and marks it done there: so each happens once, whatever dies in between.

    async with database.work(actor) as work:
        effect = await take_next(work)
        ...                                  # the handler of effect.kind, in this transaction
        await mark_done(work, effect)

If the handler raises, everything is rolled back; `postpone` then writes the reason and a later time
in a transaction of its own, and after MOST_ATTEMPTS parks the effect until `run_again`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from servicedesk.domain.ids import EffectId, OrderId, TicketId
from servicedesk.kernel.backoff import delay_seconds
from servicedesk.kernel.bus import Topic
from servicedesk.kernel.database import Database
from servicedesk.kernel.sql import Row, Sql, as_dict, as_time_or_none, as_uuid, as_uuid_or_none
from servicedesk.kernel.work import Work

MOST_ATTEMPTS = 12
FIRST_SECONDS = 1.0
LONGEST_SECONDS = 900.0


class EffectState(StrEnum):
    WAITING = "waiting"
    DONE = "done"
    PARKED = "parked"


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing asked for. `attempts` counts those that failed."""

    id: EffectId
    kind: str
    once_key: str
    ticket_id: TicketId | None
    order_id: OrderId | None
    arguments: Mapping[str, Any]
    attempts: int


async def take_next(work: Work) -> Effect | None:
    """Lock and return the effect that is due longest and that nobody else holds, else None."""
    skip = "" if work.sql.on_sqlite else "FOR UPDATE SKIP LOCKED"
    row = await work.sql.fetch_one(
        "SELECT id, kind, once_key, ticket_id, order_id, arguments, attempts FROM effect "
        f"WHERE state = 'waiting' AND due_at <= $1 ORDER BY due_at, id LIMIT 1 {skip}",
        work.now,
    )
    return None if row is None else _effect(row)


async def mark_done(work: Work, effect: Effect) -> None:
    await work.sql.execute(
        "UPDATE effect SET state = 'done', done_at = $2, error = NULL WHERE id = $1",
        effect.id,
        work.now,
    )


async def postpone(database: Database, effect: Effect, error: str) -> EffectState:
    """Note why it failed (no person's words) and when to try again; return its state now."""
    now = await database.now()
    attempts = effect.attempts + 1
    wait = delay_seconds(attempts, first_seconds=FIRST_SECONDS, longest_seconds=LONGEST_SECONDS)
    state = EffectState.PARKED if attempts >= MOST_ATTEMPTS else EffectState.WAITING
    await database.sql.execute(
        "UPDATE effect SET state = $3, attempts = $4, due_at = $5, error = $6 "
        "WHERE id = $1 AND state = 'waiting' AND attempts = $2",
        effect.id,
        effect.attempts,
        state,
        attempts,
        now + timedelta(seconds=wait),
        error,
    )
    return state


async def run_again(work: Work, effect_id: UUID) -> bool:
    """Let a parked effect start afresh. False: there is no such parked effect."""
    touched = await work.sql.execute(
        "UPDATE effect SET state = 'waiting', attempts = 0, due_at = $2 "
        "WHERE id = $1 AND state = 'parked'",
        effect_id,
        work.now,
    )
    work.ring(Topic.EFFECTS)
    return touched > 0


async def next_due(sql: Sql) -> datetime | None:
    """Return when the earliest waiting effect is due; None if none waits."""
    row = await sql.fetch_one("SELECT min(due_at) AS due_at FROM effect WHERE state = 'waiting'")
    return as_time_or_none(row["due_at"]) if row else None


async def count_parked(sql: Sql) -> int:
    row = await sql.fetch_one("SELECT count(*) AS parked FROM effect WHERE state = 'parked'")
    return int(row["parked"]) if row else 0


def _effect(row: Row) -> Effect:
    ticket_id, order_id = as_uuid_or_none(row["ticket_id"]), as_uuid_or_none(row["order_id"])
    return Effect(
        id=EffectId(as_uuid(row["id"])),
        kind=row["kind"],
        once_key=row["once_key"],
        ticket_id=None if ticket_id is None else TicketId(ticket_id),
        order_id=None if order_id is None else OrderId(order_id),
        arguments=as_dict(row["arguments"]),
        attempts=int(row["attempts"]),
    )
