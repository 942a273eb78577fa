"""Reads for the engine: the newest facts of orders, agents and queues, as its events."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from servicedesk.domain.ids import OfferId, OrderId, QueueId, TeamId, UserId
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.orders import OfferHow, OfferState
from servicedesk.domain.people import Role
from servicedesk.domain.presence import PresenceState
from servicedesk.kernel.sql import Row, Sql, as_dict, as_json, as_time, as_uuid
from servicedesk.people.skills import levels_by_name
from servicedesk.routing.engine.events import AgentChanged, OrderChanged, OrderGone, QueueChanged
from servicedesk.routing.facts import (
    AgentFacts,
    Hours,
    OfferFacts,
    OrderFacts,
    Refusal,
    Serving,
)
from servicedesk.routing.order_rows import COLUMNS, LIVE, order_of
from servicedesk.routing.presence_rows import DEFAULT_CAPACITY
from servicedesk.routing.queue_hours import hours_at
from servicedesk.routing.queues import COLUMNS as QUEUE_COLUMNS
from servicedesk.routing.queues import queue_of

ORDERS = """
    SELECT {columns},
        offer.id AS offer_id, offer.user_id AS offered_to, offer.deadline, offer.how
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
    SELECT app_user.id AS user_id, app_user.active, app_user.role, app_user.created_at,
        presence.state, presence.idle_since, presence.capacity, presence.channels
    FROM app_user LEFT JOIN presence ON presence.user_id = app_user.id
    WHERE {wanted} ORDER BY presence.idle_since, app_user.id
"""
SERVED = """
    SELECT queue_agent.queue_id, queue_agent.user_id, queue_agent.priority,
        queue_agent.delay_seconds, 1 AS directly
    FROM queue_agent WHERE {directly}
    UNION ALL
    SELECT queue_team.queue_id, team_member.user_id, queue_team.priority,
        queue_team.delay_seconds, 0 AS directly
    FROM team_member
    JOIN queue_team ON queue_team.team_id = team_member.team_id WHERE {by_team}
"""
MEMBERS = "SELECT user_id, team_id FROM team_member WHERE {wanted}"
QUEUES = f"""
    SELECT {QUEUE_COLUMNS}, (
        SELECT calendar_version.document FROM calendar_version
        JOIN calendar ON calendar.id = calendar_version.calendar_id
        WHERE calendar.id = queue.calendar_id AND calendar_version.revision = calendar.revision
    ) AS opening_hours
    FROM queue WHERE {{wanted}} ORDER BY id
"""


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
    statement = ORDERS.format(columns=COLUMNS, wanted=sql.member("work_order.id", 1))
    rows = await sql.fetch(statement, wanted)
    found = {each.order.id: each for each in await _changed(sql, rows)}
    return [found.get(OrderId(order_id)) or OrderGone(OrderId(order_id)) for order_id in wanted]


async def live_orders(sql: Sql, portion: int) -> AsyncIterator[list[OrderChanged]]:
    """Yield all orders that are not over, in portions. Which they are is asked first: the index on
    them has no order by which one could go on, and that by id has all that ever were. The database
    looks for a portion while its reader is busy with the one before."""
    rows = await sql.fetch(f"SELECT id FROM work_order WHERE {LIVE}")
    ids = [row["id"] for row in rows]
    statement = ORDERS.format(columns=COLUMNS, wanted=sql.member("work_order.id", 1))
    ahead = asyncio.create_task(sql.fetch(statement, ids[:portion]))
    try:
        for start in range(portion, len(ids) + portion, portion):
            found = await ahead
            ahead = asyncio.create_task(sql.fetch(statement, ids[start : start + portion]))
            await asyncio.sleep(0)  # the statement is on its way before the rows are read
            if found:
                yield await _changed(sql, found)
    finally:
        ahead.cancel()


async def _changed(sql: Sql, rows: Sequence[Row]) -> list[OrderChanged]:
    orders = [order_of(row) for row in rows]
    refusals = await _refusals(sql, [order.id for order in orders if order.excluded])
    return [
        OrderChanged(_with_refusals(order, refusals[order.id]), _offer(row, order))
        for order, row in zip(orders, rows, strict=True)
    ]


async def load_agents(sql: Sql, user_ids: Iterable[UUID] | None = None) -> list[AgentChanged]:
    """Return these users (None: all) as agents, the longest idle first.

    Whoever never took work is here too: what they could take is not beyond everybody. Whoever may
    take none any more serves nothing.
    """
    wanted = None if user_ids is None else list(user_ids)
    if wanted == []:
        return []
    values: Sequence[object] = () if wanted is None else (wanted,)
    rows = await sql.fetch(AGENTS.format(wanted=_among(sql, "app_user.id", wanted)), *values)
    profiles = await _profiles(sql, wanted)
    skills = await levels_by_name(sql, wanted)
    members = await sql.fetch(MEMBERS.format(wanted=_among(sql, "user_id", wanted)), *values)
    teams: defaultdict[UUID, set[TeamId]] = defaultdict(set)
    for row in members:
        teams[as_uuid(row["user_id"])].add(TeamId(as_uuid(row["team_id"])))
    return [
        AgentChanged(
            replace(
                agent,
                serves=profiles.get(agent.user_id, ()),
                skills=skills.get(agent.user_id, {}),
                team_ids=frozenset(teams[agent.user_id]),
            )
            if may_take_work
            else agent
        )
        for agent, may_take_work in map(_agent, rows)
    ]


async def load_queue_facts(
    sql: Sql, now: datetime, queue_ids: Iterable[UUID] | None = None
) -> list[QueueChanged]:
    """Return these queues (None: all), with whether their calendar is open at `now`."""
    wanted = None if queue_ids is None else list(queue_ids)
    if wanted == []:
        return []
    rows = await sql.fetch(
        QUEUES.format(wanted=_among(sql, "id", wanted)), *(() if wanted is None else (wanted,))
    )
    return [QueueChanged(replace(queue_of(row), hours=_hours(row, now))) for row in rows]


def _hours(row: Row, now: datetime) -> Hours | None:
    document = as_json(row["opening_hours"])
    return None if document is None else hours_at(document, now)


async def _profiles(sql: Sql, wanted: list[UUID] | None) -> dict[UUID, tuple[Serving, ...]]:
    """Return user id → the queues they serve, by id. Their own row wins over their teams'; of
    several teams the one that gives the queue the larger priority, then the shorter delay."""
    statement = SERVED.format(
        directly=_among(sql, "queue_agent.user_id", wanted),
        by_team=_among(sql, "team_member.user_id", wanted),
    )
    rows = await sql.fetch(statement, *(() if wanted is None else (wanted,)))
    ordered = sorted(rows, key=_standing)
    best: defaultdict[UUID, dict[QueueId, Serving]] = defaultdict(dict)
    for row in ordered:
        queue_id = QueueId(as_uuid(row["queue_id"]))
        serving = Serving(queue_id, int(row["priority"]), int(row["delay_seconds"]))
        best[as_uuid(row["user_id"])][queue_id] = serving
    return {
        user_id: tuple(served[queue_id] for queue_id in sorted(served))
        for user_id, served in best.items()
    }


def _standing(row: Row) -> tuple[int, int, int]:
    """What comes last wins."""
    return int(row["directly"]), int(row["priority"]), -int(row["delay_seconds"])


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


def _offer(row: Row, order: OrderFacts) -> OfferFacts | None:
    if row["offer_id"] is None:
        return None
    return OfferFacts(
        id=OfferId(as_uuid(row["offer_id"])),
        order_id=order.id,
        ticket_id=order.ticket_id,
        user_id=UserId(as_uuid(row["offered_to"])),
        state=OfferState.OPEN,
        deadline=as_time(row["deadline"]),
        how=OfferHow(row["how"]),
    )


def _agent(row: Row) -> tuple[AgentFacts, bool]:
    """Return the agent without what they serve and can do, and whether they take work at all."""
    may_take_work = bool(row["active"]) and row["role"] != Role.OBSERVER
    channels = as_dict(row["channels"])
    agent = AgentFacts(
        user_id=UserId(as_uuid(row["user_id"])),
        available=may_take_work and row["state"] == PresenceState.AVAILABLE,
        idle_since=as_time(row["idle_since"] or row["created_at"]),
        serves=(),
        capacity=as_dict(row["capacity"]) or DEFAULT_CAPACITY,
        closed=frozenset(
            ChannelKind(name)
            for name, state in channels.items()
            if state != PresenceState.AVAILABLE
        ),
    )
    return agent, may_take_work


def _among(sql: Sql, column: str, wanted: list[UUID] | None) -> str:
    return "TRUE" if wanted is None else sql.member(column, 1)
