"""Time for notes after a call or chat: the order stays with its agent and occupies its units.

active ──work is done──▶ active, until `wrap_up_until` ──time is up, or the agent says so──▶ done
                              │         ▲
                              └─ once: longer
"""

from datetime import timedelta
from uuid import UUID

from servicedesk.domain.errors import Conflict, NotFound
from servicedesk.domain.ids import UserId
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.orders import OrderState
from servicedesk.kernel.sql import Row
from servicedesk.kernel.work import Work
from servicedesk.routing.facts import OrderFacts
from servicedesk.routing.order_rows import change_order, lock_order

WRAPS_UP = frozenset({ChannelKind.VOICE, ChannelKind.CHAT})


class NotWrappingUp(Conflict):
    """There is no wrap-up to end or to make longer."""

    code = "not-wrapping-up"


async def begin_wrap_up(work: Work, order: OrderFacts, outcome: str) -> bool:
    """Let the agent of a locked order write notes before it ends. False: there is no time for that
    in its queue, or the order wraps up already, which ends with this."""
    if order.channel not in WRAPS_UP or order.state is not OrderState.ACTIVE:
        return False
    if order.wrap_up_until is not None:
        return False
    seconds = int((await _queue(work, order))["wrap_up_seconds"])
    if seconds == 0:
        return False
    until = work.now + timedelta(seconds=seconds)
    changes = {"wrap_up_until": until, "wrap_up_extended": False, "outcome": outcome}
    await change_order(work.sql, order, changes)
    _record(work, order, "order.wrapping_up", until.isoformat())
    return True


async def resume_work(work: Work, order: OrderFacts) -> None:
    """The contact is back while the agent of a locked order writes notes: it goes on."""
    if order.wrap_up_until is not None:
        await change_order(work.sql, order, {"wrap_up_until": None, "outcome": None})
        _record(work, order, "order.resumed", None)


async def extend_wrap_up(work: Work, order_id: UUID, user_id: UserId) -> None:
    """Give the agent more time, once. Raises NotFound for who does not own the order, and
    NotWrappingUp."""
    order = await _own(work, order_id, user_id)
    row = await work.sql.fetch_one(
        "SELECT wrap_up_extended FROM work_order WHERE id = $1", order.id
    )
    seconds = int((await _queue(work, order))["wrap_up_extension_seconds"])
    if order.wrap_up_until is None or row is None or row["wrap_up_extended"] or seconds == 0:
        raise NotWrappingUp(
            "There is no more time for notes here. Finish them on the ticket.",
            order_id=str(order_id),
        )
    until = order.wrap_up_until + timedelta(seconds=seconds)
    await change_order(work.sql, order, {"wrap_up_until": until, "wrap_up_extended": True})
    _record(work, order, "order.wrapping_up", until.isoformat())


async def lock_wrapping_up(work: Work, order_id: UUID, user_id: UserId) -> tuple[OrderFacts, str]:
    """Lock the agent's order that wraps up; return it with the outcome it will have."""
    order = await _own(work, order_id, user_id)
    row = await work.sql.fetch_one("SELECT outcome FROM work_order WHERE id = $1", order.id)
    if order.wrap_up_until is None or row is None:
        raise NotWrappingUp("The notes are finished already.", order_id=str(order_id))
    return order, row["outcome"] or "done"


async def _own(work: Work, order_id: UUID, user_id: UserId) -> OrderFacts:
    order = await lock_order(work.sql, order_id)
    if order.owner_id != user_id or order.state is not OrderState.ACTIVE:
        # as if it were not there: it is not theirs to know of
        raise NotFound(f"There is no work order {order_id}.", order_id=str(order_id))
    return order


async def _queue(work: Work, order: OrderFacts) -> Row:
    row = await work.sql.fetch_one(
        "SELECT wrap_up_seconds, wrap_up_extension_seconds FROM queue WHERE id = $1",
        order.queue_id,
    )
    if row is None:
        raise NotFound(f"There is no queue {order.queue_id}.", queue_id=str(order.queue_id))
    return row


def _record(work: Work, order: OrderFacts, kind: str, until: str | None) -> None:
    work.record(
        kind,
        ticket_id=order.ticket_id,
        order_id=order.id,
        payload={"queue_id": order.queue_id, "owner_id": order.owner_id, "until": until},
    )
