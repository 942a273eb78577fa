"""What the rows tell of an order and of those who might have taken it, now or in the past."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

from servicedesk.domain.ids import OrderId, UserId
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.presence import PresenceState
from servicedesk.kernel import journal
from servicedesk.kernel.sql import Row, Sql, as_dict, as_json, as_time, as_uuid
from servicedesk.routing.engine.events import OrderChanged
from servicedesk.routing.engine.forecast import Pace, Place
from servicedesk.routing.engine.policy import UNPROMISED_DUE_AFTER
from servicedesk.routing.engine.reasons import Reason
from servicedesk.routing.facts import OrderFacts, QueueFacts, QueueOrder
from servicedesk.routing.history import Past, order_at
from servicedesk.routing.obstacles import Candidate, Situation
from servicedesk.routing.views_facts import load_agents, load_orders, load_queue_facts

ENTRIES_READ = 2_000
PRESENCE_WINDOW = 100_000
"""So many positions of the journal are searched for what somebody's presence was."""
PACE_ACCEPTED = 60
LAST_POSITION = 2**62
OF_TICKET = frozenset({"ticket.assigned", "ticket.changed"})
"""Entries of the ticket that its live order follows."""

AHEAD = {
    QueueOrder.PRIORITY_FIFO: "(-priority, virtual_start, id) < ($2, $3, $4)",
    QueueOrder.SLA_SLACK: (
        "CASE WHEN due_at IS NULL THEN (virtual_start, virtual_start, id) < ($5, $3, $4) "
        "ELSE (due_at, virtual_start, id) < ($2, $3, $4) END"
    ),
}
USED_NOW = """
    SELECT user_id, channel, sum(units) AS units FROM (
        SELECT owner_id AS user_id, channel, units FROM work_order
        WHERE owner_id IS NOT NULL AND state = 'active'
        UNION ALL
        SELECT offer.user_id, work_order.channel, work_order.units FROM offer
        JOIN work_order ON work_order.id = offer.order_id
        WHERE offer.state = 'open'
    ) AS held GROUP BY user_id, channel
"""
LONGEST_HELD = timedelta(days=60)
LONGEST_OFFERED = timedelta(days=1)
"""What was taken, or held out, earlier than so long before an instant is not looked for then: the
past is searched by when things began."""
USED_AT = """
    SELECT user_id, channel, sum(units) AS units FROM (
        SELECT owner_id AS user_id, channel, units FROM work_order
        WHERE owner_id IS NOT NULL AND accepted_at <= $1 AND accepted_at > $3
            AND (ended_at IS NULL OR ended_at > $1)
        UNION ALL
        SELECT offer.user_id, work_order.channel, work_order.units FROM offer
        JOIN work_order ON work_order.id = offer.order_id
        WHERE offer.created_at <= $1 AND (offer.ended_at IS NULL OR offer.ended_at > $1)
            AND offer.created_at > $2
    ) AS held GROUP BY user_id, channel
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """An order at an instant with all who may ever take work. `why`: the reasons that its router
    gave for the offer that was open, if one was."""

    situation: Situation
    candidates: Sequence[Candidate]
    why: tuple[Reason, ...]


async def newest_order_id(sql: Sql, ticket_id: UUID) -> OrderId | None:
    """Return the ticket's newest work order, live or over."""
    row = await sql.fetch_one(
        "SELECT id FROM work_order WHERE ticket_id = $1 ORDER BY entered_at DESC, id DESC LIMIT 1",
        ticket_id,
    )
    return None if row is None else OrderId(as_uuid(row["id"]))


async def load_attributes(sql: Sql, order_id: OrderId) -> dict[str, str]:
    """Return the words that travel with the order, by name."""
    row = await sql.fetch_one("SELECT attributes FROM work_order WHERE id = $1", order_id)
    found = {} if row is None else as_dict(row["attributes"])
    return {name: str(found[name]) for name in sorted(found)}


async def see_now(sql: Sql, order_id: OrderId, now: datetime) -> Seen | None:
    """Return the order as it is; None if there is no such order."""
    (found,) = await load_orders(sql, [order_id])
    if not isinstance(found, OrderChanged):
        return None
    offer = found.offer
    situation = Situation(
        found.order,
        await _queue(sql, found.order, now),
        now,
        None if offer is None else offer.user_id,
    )
    used = _by_user(await sql.fetch(USED_NOW))
    states = await _present_states(sql)
    candidates = await _candidates(sql, used, states)
    why = () if offer is None else await _why(sql, offer.id)
    return Seen(situation, candidates, why)


async def see_past(sql: Sql, order_id: OrderId, at: datetime) -> Seen | None:
    """Return the order as it was at `at`; None if it was not there. Presence and work at hand are
    those of that instant, skills and who serves which queue those of today."""
    (found,) = await load_orders(sql, [order_id])
    if not isinstance(found, OrderChanged):
        return None
    entries = await journal.read_ticket(sql, found.order.ticket_id, LAST_POSITION, ENTRIES_READ)
    own = [one for one in reversed(entries) if one.order_id == order_id or one.kind in OF_TICKET]
    past: Past = order_at(found.order, own, at)
    if past.order is None:
        return None
    situation = Situation(past.order, await _queue(sql, past.order, at), at, past.held_out_to)
    near = max((one.position for one in entries if one.at <= at), default=0)
    states = {**await _present_states(sql, at), **await _past_states(sql, near, at)}
    candidates = await _candidates(sql, await _used(sql, at), states)
    why = () if past.offer_id is None else await _why(sql, past.offer_id)
    return Seen(situation, candidates, why)


async def find_place(sql: Sql, order: OrderFacts, queue: QueueFacts) -> Place:
    """Say where a waiting order stands in its queue and how long it will wait, from the pace at
    which the queue's last orders went to somebody."""
    by_due = queue.order is QueueOrder.SLA_SLACK
    due_at = order.due_at or order.virtual_start + UNPROMISED_DUE_AFTER
    first = due_at if by_due else -order.priority
    values: list[object] = [first, order.virtual_start]
    if queue.order is QueueOrder.AGE_SCORE:
        ahead = _ahead_by_age(sql, queue)
    else:
        ahead = AHEAD[queue.order]
        values += [order.id, due_at - UNPROMISED_DUE_AFTER] if by_due else [order.id]
    row = await sql.fetch_one(
        f"SELECT count(*) AS waiting, count(CASE WHEN {ahead} THEN 1 END) AS ahead "
        "FROM work_order WHERE state IN ('waiting', 'offered', 'active') AND state = 'waiting' "
        "AND queue_id = $1",
        order.queue_id,
        *values,
    )
    waiting, before = (int(row["waiting"]), int(row["ahead"])) if row else (1, 0)
    return (await _pace(sql, order)).place(before + 1, max(waiting, before + 1))


def _ahead_by_age(sql: Sql, queue: QueueFacts) -> str:
    minutes = queue.priority_minutes
    if sql.on_sqlite:
        score = "julianday({start}) - {priority} * {minutes} / 1440.0"
    else:
        score = "extract(epoch FROM {start}::timestamptz) - {priority} * {minutes} * 60.0"
    own = "-$2" if sql.on_sqlite else "-$2::int"
    mine = score.format(start="$3", priority=own, minutes=minutes)
    theirs = score.format(start="virtual_start", priority="priority", minutes=minutes)
    return f"{theirs} < {mine}"


async def _pace(sql: Sql, order: OrderFacts) -> Pace:
    """The pace of the queue, from its last acceptances: an interval counts if the second of the two
    orders waited already when the first one went."""
    rows = await sql.fetch(
        "SELECT accepted_at, entered_at FROM work_order WHERE queue_id = $1 "
        f"AND accepted_at IS NOT NULL ORDER BY accepted_at DESC LIMIT {PACE_ACCEPTED}",
        order.queue_id,
    )
    taken = [(as_time(row["accepted_at"]), as_time(row["entered_at"])) for row in reversed(rows)]
    pace = Pace()
    for (accepted_at, _), (_, next_entered_at) in pairwise([*taken, *taken[-1:]]):
        pace.note(accepted_at, others_wait=next_entered_at <= accepted_at)
    return pace


async def _queue(sql: Sql, order: OrderFacts, at: datetime) -> QueueFacts | None:
    found = await load_queue_facts(sql, at, [order.queue_id])
    return found[0].queue if found else None


async def _why(sql: Sql, offer_id: UUID) -> tuple[Reason, ...]:
    row = await sql.fetch_one("SELECT why FROM offer WHERE id = $1", offer_id)
    reasons = [] if row is None else as_json(row["why"])
    return tuple(Reason(one["code"], one["params"]) for one in reasons)


async def _candidates(
    sql: Sql,
    used: Mapping[UUID, Mapping[ChannelKind, int]],
    states: Mapping[UUID, tuple[str, str | None]],
) -> list[Candidate]:
    """All who may take work, with the presence of then."""
    found = []
    for each in await load_agents(sql):
        agent = each.agent
        state, reason = states.get(agent.user_id, (PresenceState.OFFLINE.value, None))
        is_available = state == PresenceState.AVAILABLE
        agent = replace(agent, available=is_available and bool(agent.serves or agent.team_ids))
        found.append(Candidate(agent, state, reason, used.get(agent.user_id, {})))
    return found


async def _used(sql: Sql, at: datetime) -> Mapping[UUID, Mapping[ChannelKind, int]]:
    return _by_user(await sql.fetch(USED_AT, at, at - LONGEST_OFFERED, at - LONGEST_HELD))


def _by_user(rows: Iterable[Row]) -> Mapping[UUID, Mapping[ChannelKind, int]]:
    found: defaultdict[UUID, dict[ChannelKind, int]] = defaultdict(dict)
    for row in rows:
        found[as_uuid(row["user_id"])][ChannelKind(row["channel"])] = int(row["units"])
    return found


async def _present_states(
    sql: Sql, since_before: datetime | None = None
) -> dict[UUID, tuple[str, str | None]]:
    """Return the presence of now; with an instant, of those who have not changed it since."""
    rows = await sql.fetch("SELECT user_id, state, reason, since FROM presence")
    return {
        UserId(as_uuid(row["user_id"])): (row["state"], row["reason"])
        for row in rows
        if since_before is None or as_time(row["since"]) <= since_before
    }


async def _past_states(sql: Sql, near: int, at: datetime) -> dict[UUID, tuple[str, str | None]]:
    """Return what presence was told to be up to `at`, from the journal around that position."""
    rows: list[Row] = await sql.fetch(
        "SELECT at, payload FROM journal WHERE position BETWEEN $1 AND $2 "
        "AND kind = 'presence.changed' ORDER BY position",
        near - PRESENCE_WINDOW,
        near + PRESENCE_WINDOW,
    )
    told: dict[UUID, tuple[str, str | None]] = {}
    for row in rows:
        if as_time(row["at"]) <= at:
            payload = as_dict(row["payload"])
            told[as_uuid(payload["user_id"])] = (payload["to"], payload["reason"])
    return told
