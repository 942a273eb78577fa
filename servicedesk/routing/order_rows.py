"""The table work_order, row by row. The verbs that use it are in `orders` and `offers`."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from uuid import UUID

from servicedesk.domain.errors import NotFound
from servicedesk.domain.ids import OrderId, QueueId, TicketId, UserId
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.orders import (
    DivertCause,
    OrderState,
    OrderStep,
    Stuck,
    next_order_state,
)
from servicedesk.kernel.sql import (
    Row,
    Sql,
    as_dict,
    as_json,
    as_time,
    as_time_or_none,
    as_uuid,
    as_uuid_or_none,
)
from servicedesk.kernel.work import Work
from servicedesk.routing.facts import OrderFacts

NAMES = (
    "id", "ticket_id", "queue_id", "channel", "state", "priority", "units", "owner_id",
    "virtual_start", "attempts", "skills", "due_at", "excluded", "refusals", "preferred_user_id",
    "preferred_until", "wrap_up_until", "step", "diverted", "stuck",
)  # fmt: skip
COLUMNS = ", ".join(f"work_order.{name}" for name in NAMES)
LIVE = "state IN ('waiting', 'offered', 'active')"
"""LIVE_ORDERS in SQL: literal, so that PostgreSQL can prove the partial index's condition."""


NO_CAUSES: frozenset[DivertCause] = frozenset()


_CHANNELS = {channel.value: channel for channel in ChannelKind}
_STATES = {state.value: state for state in OrderState}
_queue_id = lru_cache(maxsize=1_024)(as_uuid)
"""A router that starts reads half a million rows: what they have in common is read once."""


@lru_cache(maxsize=4_096)
def _skills(text: str) -> Mapping[str, int]:
    return MappingProxyType(as_dict(text))


def _causes(text: str) -> frozenset[DivertCause]:
    return frozenset(map(DivertCause, text.split()))


def _user_ids(value: Any) -> tuple[UserId, ...]:
    """Read a list of users, which nearly always is empty."""
    return () if value == "[]" else tuple(UserId(as_uuid(each)) for each in as_json(value))


def order_of(row: Row) -> OrderFacts:
    owner_id = as_uuid_or_none(row["owner_id"])
    preferred_id = as_uuid_or_none(row["preferred_user_id"])
    return OrderFacts(
        id=OrderId(as_uuid(row["id"])),
        ticket_id=TicketId(as_uuid(row["ticket_id"])),
        queue_id=QueueId(_queue_id(row["queue_id"])),
        channel=_CHANNELS[row["channel"]],
        state=_STATES[row["state"]],
        priority=int(row["priority"]),
        units=int(row["units"]),
        owner_id=None if owner_id is None else UserId(owner_id),
        virtual_start=as_time(row["virtual_start"]),
        attempts=int(row["attempts"]),
        skills=_skills(row["skills"]),
        due_at=as_time_or_none(row["due_at"]),
        excluded=_user_ids(row["excluded"]),
        refused=int(row["refusals"]),
        preferred_id=None if preferred_id is None else UserId(preferred_id),
        preferred_until=as_time_or_none(row["preferred_until"]),
        wrap_up_until=as_time_or_none(row["wrap_up_until"]),
        step=int(row["step"]),
        diverted=_causes(row["diverted"]) if row["diverted"] else NO_CAUSES,
        stuck=None if row["stuck"] is None else Stuck(row["stuck"]),
    )


LET_GO: Mapping[str, object] = {
    "owner_id": None,
    "accepted_at": None,
    "held_at": None,
    "wrap_up_until": None,
    "forced": False,
    "refusals": 0,
    "stuck": None,
}
"""What becomes of an order that somebody puts back in line: nobody has refused it yet."""


def taken_by(work: Work, user_id: UserId) -> dict[str, object]:
    """Return what becomes of an order that the user has at hand from now on."""
    return {**LET_GO, "owner_id": user_id, "accepted_at": work.now}


async def lock_order(sql: Sql, order_id: UUID) -> OrderFacts:
    """Lock and return the order. Raises NotFound."""
    row = await sql.fetch_one(
        f"SELECT {COLUMNS} FROM work_order WHERE id = $1 {sql.for_update}", order_id
    )
    if row is None:
        raise NotFound(f"There is no work order {order_id}.", order_id=str(order_id))
    return order_of(row)


async def lock_orders(sql: Sql, order_ids: Iterable[UUID]) -> list[OrderFacts]:
    """Lock several orders in the one order that all do (by id); return those that exist."""
    wanted = sorted(set(order_ids))
    if not wanted:
        return []
    rows = await sql.fetch(
        f"SELECT {COLUMNS} FROM work_order WHERE {sql.member('id', 1)} ORDER BY id "
        f"{sql.for_update}",
        wanted,
    )
    return [order_of(row) for row in rows]


async def step_order(
    work: Work, order: OrderFacts, step: OrderStep, changes: Mapping[str, object]
) -> None:
    """Move a locked order by one step of its state machine. Raises WrongStep."""
    state = next_order_state(order.state, step)
    await change_order(work.sql, order, {"state": state, **changes})


async def change_order(sql: Sql, order: OrderFacts, changes: Mapping[str, object]) -> None:
    """Write columns of a locked order."""
    columns = ", ".join(f"{name} = ${place}" for place, name in enumerate(changes, 2))
    await sql.execute(f"UPDATE work_order SET {columns} WHERE id = $1", order.id, *changes.values())
