"""A call interrupts what can wait: the agent's other orders are held while they have it.

Which channels fill an agent, and which may be interrupted, is what the engine goes by too.
"""

from servicedesk.kernel.sql import as_uuid
from servicedesk.kernel.work import Work
from servicedesk.routing.facts import EXCLUSIVE, INTERRUPTIBLE, OrderFacts


async def hold_others(work: Work, taken: OrderFacts) -> None:
    """An agent has taken this locked order: if it fills them, what they do beside it is held."""
    if taken.channel not in EXCLUSIVE or taken.owner_id is None:
        return
    await _mark(work, taken, "order.held", "held_at IS NULL", held=True)


async def release_held(work: Work, over: OrderFacts) -> None:
    """This locked order left its agent: what was held for it goes on, unless another one like it
    still fills them."""
    if over.channel not in EXCLUSIVE or over.owner_id is None:
        return
    still = await work.sql.fetch_one(
        "SELECT id FROM work_order WHERE owner_id = $1 AND state = 'active' AND id <> $2 "
        f"AND {work.sql.member('channel', 3)} LIMIT 1",
        over.owner_id,
        over.id,
        sorted(EXCLUSIVE),
    )
    if still is None:
        await _mark(work, over, "order.went_on", "held_at IS NOT NULL", held=False)


async def _mark(work: Work, cause: OrderFacts, kind: str, which: str, *, held: bool) -> None:
    """Mark those of the agent's orders that can wait, by id as all locks go."""
    rows = await work.sql.fetch(
        f"SELECT id, ticket_id, queue_id FROM work_order WHERE owner_id = $1 AND state = 'active' "
        f"AND {which} AND {work.sql.member('channel', 2)} ORDER BY id {work.sql.for_update}",
        cause.owner_id,
        sorted(INTERRUPTIBLE),
    )
    for row in rows:
        await work.sql.execute(
            "UPDATE work_order SET held_at = $2 WHERE id = $1",
            as_uuid(row["id"]),
            work.now if held else None,
        )
        work.record(
            kind,
            ticket_id=as_uuid(row["ticket_id"]),
            order_id=as_uuid(row["id"]),
            payload={
                "queue_id": as_uuid(row["queue_id"]),
                "owner_id": cause.owner_id,
                "by_order_id": cause.id,
            },
        )
