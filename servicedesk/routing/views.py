"""Reads of routing for API and frames: queues with their counts, presence with what is used."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from servicedesk.domain.ids import TeamId
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.people import Viewer
from servicedesk.domain.presence import PresenceState
from servicedesk.kernel.sql import Row, Sql, as_dict, as_time, as_time_or_none, as_uuid
from servicedesk.people.visibility import may_see
from servicedesk.routing.shapes import Presence, Queue

COUNTS = """
    SELECT queue_id, state, count(*) AS orders, min(virtual_start) AS oldest,
        count(stuck) AS stuck
    FROM work_order WHERE state IN ('waiting', 'offered', 'active') {only}
    GROUP BY queue_id, state
"""
USED = """
    SELECT work_order.owner_id AS user_id, work_order.channel, sum(work_order.units) AS units
    FROM work_order
    WHERE work_order.state = 'active' AND {owner} GROUP BY 1, 2
    UNION ALL
    SELECT offer.user_id, work_order.channel, sum(work_order.units) AS units
    FROM offer JOIN work_order ON work_order.id = offer.order_id
    WHERE offer.state = 'open' AND {held_out_to} GROUP BY 1, 2
"""


FIGURES = ("waiting", "oldest_waiting_at", "offered", "active_orders", "stuck")


async def load_queues(sql: Sql, queue_ids: Iterable[UUID] | None = None) -> list[Queue]:
    """Return these queues (None: all) with what waits in them, by name."""
    wanted = _listed(queue_ids)
    rows = await sql.fetch(
        f"SELECT id, name, team_id, offer_seconds, active, version FROM queue WHERE "
        f"{_among(sql, 'id', wanted)} ORDER BY name, id",
        *_values(wanted),
    )
    if not rows:
        return []
    agents = await _served_by(sql, "queue_agent", "user_id", wanted)
    teams = await _served_by(sql, "queue_team", "team_id", wanted)
    counts = await _counts(sql, wanted)
    return [
        _queue(row, agents[as_uuid(row["id"])], teams[as_uuid(row["id"])], counts) for row in rows
    ]


async def find_queue(sql: Sql, queue_id: UUID) -> Queue | None:
    found = await load_queues(sql, [queue_id])
    return found[0] if found else None


def sees_figures(viewer: Viewer, queue: Queue) -> bool:
    """Say whether the viewer sees the tickets that the queue's figures count."""
    return may_see(viewer, TeamId(queue.team_id), personally=False)


def as_seen_by(viewer: Viewer, queue: Queue) -> Queue:
    """Return the queue, without figures for those who do not see its tickets."""
    if sees_figures(viewer, queue):
        return queue
    return queue.model_copy(update=dict.fromkeys(FIGURES))


async def load_presences(sql: Sql, user_ids: Iterable[UUID] | None = None) -> list[Presence]:
    """Return the presence of these users (None: all active who may take work), by user id.

    Whoever never took work has no row of presence and none here.
    """
    wanted = _listed(user_ids)
    rows = await sql.fetch(
        "SELECT presence.user_id, presence.state, presence.reason, presence.since, "
        "presence.capacity, presence.channels "
        "FROM presence JOIN app_user ON app_user.id = presence.user_id "
        f"WHERE {_among(sql, 'presence.user_id', wanted, otherwise='app_user.active')} "
        "ORDER BY presence.user_id",
        *_values(wanted),
    )
    used = await _used(sql, wanted)
    return [_presence(row, used[as_uuid(row["user_id"])]) for row in rows]


async def find_presence(sql: Sql, user_id: UUID) -> Presence | None:
    found = await load_presences(sql, [user_id])
    return found[0] if found else None


def _queue(
    row: Row, agents: list[UUID], teams: list[UUID], counts: dict[tuple[UUID, str], Row]
) -> Queue:
    queue_id = as_uuid(row["id"])
    waiting = counts.get((queue_id, "waiting"))
    return Queue(
        id=queue_id,
        name=row["name"],
        team_id=as_uuid(row["team_id"]),
        offer_seconds=row["offer_seconds"],
        active=bool(row["active"]),
        version=row["version"],
        agent_ids=agents,
        team_ids=teams,
        waiting=int(waiting["orders"]) if waiting else 0,
        oldest_waiting_at=as_time_or_none(waiting["oldest"]) if waiting else None,
        stuck=int(waiting["stuck"]) if waiting else 0,
        offered=_orders(counts, queue_id, "offered"),
        active_orders=_orders(counts, queue_id, "active"),
    )


def _presence(row: Row, used: dict[str, int]) -> Presence:
    return Presence(
        user_id=as_uuid(row["user_id"]),
        state=PresenceState(row["state"]),
        reason=row["reason"],
        closed=sorted(
            ChannelKind(name)
            for name, state in as_dict(row["channels"]).items()
            if state != PresenceState.AVAILABLE
        ),
        since=as_time(row["since"]),
        capacity=as_dict(row["capacity"]),
        used=used,
    )


def _orders(counts: dict[tuple[UUID, str], Row], queue_id: UUID, state: str) -> int:
    row = counts.get((queue_id, state))
    return int(row["orders"]) if row else 0


async def _counts(sql: Sql, wanted: list[UUID] | None) -> dict[tuple[UUID, str], Row]:
    only = "" if wanted is None else f"AND {sql.member('queue_id', 1)}"
    rows = await sql.fetch(COUNTS.format(only=only), *_values(wanted))
    return {(as_uuid(row["queue_id"]), row["state"]): row for row in rows}


async def _served_by(
    sql: Sql, table: str, column: str, wanted: list[UUID] | None
) -> defaultdict[UUID, list[UUID]]:
    rows = await sql.fetch(
        f"SELECT queue_id, {column} AS server FROM {table} WHERE "
        f"{_among(sql, 'queue_id', wanted)} ORDER BY queue_id, {column}",
        *_values(wanted),
    )
    found: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for row in rows:
        found[as_uuid(row["queue_id"])].append(as_uuid(row["server"]))
    return found


async def _used(sql: Sql, wanted: list[UUID] | None) -> defaultdict[UUID, dict[str, int]]:
    statement = USED.format(
        owner=_among(sql, "work_order.owner_id", wanted, otherwise="owner_id IS NOT NULL"),
        held_out_to=_among(sql, "offer.user_id", wanted),
    )
    used: defaultdict[UUID, dict[str, int]] = defaultdict(dict)
    for row in await sql.fetch(statement, *_values(wanted)):
        units = used[as_uuid(row["user_id"])]
        units[row["channel"]] = units.get(row["channel"], 0) + int(row["units"])
    return used


def _listed(ids: Iterable[UUID] | None) -> list[UUID] | None:
    return None if ids is None else list(ids)


def _values(wanted: list[UUID] | None) -> Sequence[object]:
    return () if wanted is None else (wanted,)


def _among(sql: Sql, column: str, wanted: list[UUID] | None, *, otherwise: str = "TRUE") -> str:
    return otherwise if wanted is None else sql.member(column, 1)
