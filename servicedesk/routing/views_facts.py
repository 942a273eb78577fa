"""Reads for the engine: the newest facts of orders, agents and queues, as its events."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from uuid import UUID

from servicedesk.domain.ids import OfferId, OrderId, QueueId, UserId
from servicedesk.domain.orders import OfferState
from servicedesk.domain.people import Role
from servicedesk.domain.presence import PresenceState
from servicedesk.kernel.sql import Row, Sql, as_dict, as_time, as_uuid
from servicedesk.routing.engine.events import AgentChanged, OrderChanged, OrderGone, QueueChanged
from servicedesk.routing.facts import AgentFacts, OfferFacts, OrderFacts, Refusal
from servicedesk.routing.order_rows import LIVE, order_of
from servicedesk.routing.queues import COLUMNS as QUEUE_COLUMNS
from servicedesk.routing.queues import queue_of

ORDERS = """
    SELECT work_order.id, work_order.ticket_id, work_order.queue_id, work_order.channel,
        work_order.state, work_order.priority, work_order.units, work_order.owner_id,
        work_order.virtual_start, work_order.attempts, work_order.skills, work_order.due_at,
        work_order.excluded,
        offer.id AS offer_id, offer.user_id AS offered_to, offer.deadline
    FROM work_order
    LEFT JOIN offer ON offer.order_id = work_order.id AND offer.state = 'open'
    WHERE {wanted}
"""
REFUSALS = """
    SELECT order_id, user_id, count(*) AS times, max(ended_at) AS last_at
    FROM offer WHERE {wanted} AND state = 'declined'
    GROUP BY order_id, user_id ORDER BY order_id, user_id
"""
AGENTS = """
    SELECT presence.user_id, presence.state, presence.idle_since, presence.capacity,
        app_user.active, app_user.role
    FROM presence JOIN app_user ON app_user.id = presence.user_id
    WHERE {wanted} ORDER BY presence.idle_since, presence.user_id
"""
SERVED = """
    SELECT queue_agent.queue_id, queue_agent.user_id FROM queue_agent WHERE {directly}
    UNION
    SELECT queue_team.queue_id, team_member.user_id FROM team_member
    JOIN queue_team ON queue_team.team_id = team_member.team_id WHERE {by_team}
"""


async def live_order_ids(sql: Sql) -> list[OrderId]:
    """Return the ids of all orders that are not over, in no order."""
    rows = await sql.fetch(f"SELECT id FROM work_order WHERE {LIVE}")
    return [OrderId(as_uuid(row["id"])) for row in rows]


async def live_order_ids_of(sql: Sql, ticket_ids: Iterable[UUID]) -> list[OrderId]:
    """Return the ids of these tickets' orders that are not over."""
    wanted = list(ticket_ids)
    if not wanted:
        return []
    rows = await sql.fetch(
        f"SELECT id FROM work_order WHERE {sql.member('ticket_id', 1)} AND {LIVE} ORDER BY id",
        wanted,
    )
    return [OrderId(as_uuid(row["id"])) for row in rows]


async def load_orders(sql: Sql, order_ids: Iterable[UUID]) -> list[OrderChanged | OrderGone]:
    """Return what the rows say of these orders, in the order asked for."""
    wanted = list(order_ids)
    if not wanted:
        return []
    rows = await sql.fetch(ORDERS.format(wanted=sql.member("work_order.id", 1)), wanted)
    found = {as_uuid(row["id"]): row for row in rows}
    orders = {order_id: order_of(row) for order_id, row in found.items()}
    refusals = await _refusals(sql, [order.id for order in orders.values() if order.excluded])
    return [
        OrderChanged(_with_refusals(orders[order_id], refusals[order_id]), _offer(found[order_id]))
        if order_id in orders
        else OrderGone(OrderId(order_id))
        for order_id in wanted
    ]


async def load_agents(sql: Sql, user_ids: Iterable[UUID] | None = None) -> list[AgentChanged]:
    """Return these users (None: all) as agents, the longest idle first.

    Whoever never took work has no row of presence and none here.
    """
    wanted = None if user_ids is None else list(user_ids)
    if wanted == []:
        return []
    values: Sequence[object] = () if wanted is None else (wanted,)
    rows = await sql.fetch(AGENTS.format(wanted=_among(sql, "presence.user_id", wanted)), *values)
    served = await sql.fetch(
        SERVED.format(
            directly=_among(sql, "queue_agent.user_id", wanted),
            by_team=_among(sql, "team_member.user_id", wanted),
        ),
        *values,
    )
    queues: defaultdict[UUID, set[QueueId]] = defaultdict(set)
    for row in served:
        queues[as_uuid(row["user_id"])].add(QueueId(as_uuid(row["queue_id"])))
    return [AgentChanged(_agent(row, queues[as_uuid(row["user_id"])])) for row in rows]


async def load_queue_facts(sql: Sql, queue_ids: Iterable[UUID] | None = None) -> list[QueueChanged]:
    wanted = None if queue_ids is None else list(queue_ids)
    if wanted == []:
        return []
    rows = await sql.fetch(
        f"SELECT {QUEUE_COLUMNS} FROM queue WHERE {_among(sql, 'id', wanted)} ORDER BY id",
        *(() if wanted is None else (wanted,)),
    )
    return [QueueChanged(queue_of(row)) for row in rows]


async def _refusals(sql: Sql, wanted: list[OrderId]) -> defaultdict[UUID, list[Refusal]]:
    found: defaultdict[UUID, list[Refusal]] = defaultdict(list)
    if wanted:
        statement = REFUSALS.format(wanted=sql.member("order_id", 1))
        for row in await sql.fetch(statement, wanted):
            user_id = UserId(as_uuid(row["user_id"]))
            refusal = Refusal(user_id, int(row["times"]), as_time(row["last_at"]))
            found[as_uuid(row["order_id"])].append(refusal)
    return found


def _with_refusals(order: OrderFacts, refusals: list[Refusal]) -> OrderFacts:
    return replace(order, refusals=tuple(refusals)) if refusals else order


def _offer(row: Row) -> OfferFacts | None:
    if row["offer_id"] is None:
        return None
    order = order_of(row)
    return OfferFacts(
        id=OfferId(as_uuid(row["offer_id"])),
        order_id=order.id,
        ticket_id=order.ticket_id,
        user_id=UserId(as_uuid(row["offered_to"])),
        state=OfferState.OPEN,
        deadline=as_time(row["deadline"]),
    )


def _agent(row: Row, queue_ids: set[QueueId]) -> AgentFacts:
    takes_work = bool(row["active"]) and row["role"] != Role.OBSERVER
    return AgentFacts(
        user_id=UserId(as_uuid(row["user_id"])),
        available=takes_work and row["state"] == PresenceState.AVAILABLE,
        idle_since=as_time(row["idle_since"]),
        queue_ids=frozenset(queue_ids),
        capacity=as_dict(row["capacity"]),
    )


def _among(sql: Sql, column: str, wanted: list[UUID] | None) -> str:
    return "TRUE" if wanted is None else sql.member(column, 1)
