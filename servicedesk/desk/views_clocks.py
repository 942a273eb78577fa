"""Reads of what clocks measure: a ticket with its contact, queue and running work, and what its
clocks remember, in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from servicedesk.desk.tickets import TicketFacts
from servicedesk.domain.errors import NotFound
from servicedesk.domain.ids import ContactId, QueueId, TeamId
from servicedesk.domain.tickets import Priority, TicketStatus
from servicedesk.kernel.numbers import TICKET_SERIES, next_number
from servicedesk.kernel.sql import (
    Row,
    Sql,
    as_json,
    as_time_or_none,
    as_uuid,
    as_uuid_or_none,
)
from servicedesk.sla.policy.conditions import Value
from servicedesk.sla.setup import REVISION, STAMP, read_mark
from servicedesk.sla.track import Measured

FACTS = {
    "ticket.channel": "channel",
    "ticket.status": "status",
    "ticket.priority": "priority",
    "ticket.subject": "subject",
    "ticket.language": "language",
    "ticket.brand": "brand_id",
    "ticket.inbox": "inbox_id",
    "ticket.queue": "queue_id",
    "ticket.team": "team_id",
    "ticket.assignee": "assignee_id",
    "ticket.tags": "tags",
    "contact.id": "contact_id",
    "contact.name": "contact_name",
    "contact.locale": "contact_locale",
    "contact.time_zone": "contact_time_zone",
    "organization.id": "organization_id",
    "organization.name": "organization_name",
    "organization.tier": "organization_tier",
}
"""What a policy may ask for, and the column that answers."""
_IDS = frozenset(name for name in FACTS.values() if name.endswith("_id"))


@dataclass(frozen=True, slots=True)
class MeasuredTicket:
    """`order_id`: of the live work order, if there is one, with the due instant that it knows."""

    measured: Measured
    order_id: UUID | None
    order_due_at: datetime | None


async def load_measured(sql: Sql, ticket_id: UUID) -> MeasuredTicket:
    """Return the ticket as it is in this transaction, what its clocks remember locked.

    Raises NotFound.
    """
    row = await sql.fetch_one(
        f"{measured_select(sql, locking=sql.for_update)} WHERE t.id = $1", ticket_id
    )
    if row is None:
        raise NotFound(f"There is no ticket {ticket_id}.", ticket_id=str(ticket_id))
    return read_measured(row)


async def load_all_measured(sql: Sql, ticket_ids: Sequence[UUID]) -> list[MeasuredTicket]:
    """Return those of the tickets that exist as `load_measured` returns one, by id."""
    rows = await sql.fetch(
        f"{measured_select(sql, locking=sql.for_update)} WHERE {sql.member('t.id', 1)} "
        "ORDER BY t.id",
        list(ticket_ids),
    )
    return list(map(read_measured, rows))


@dataclass(frozen=True, slots=True)
class Opening:
    """What has to be known before a ticket opens: its number, its queue's team, and in `row` what
    policies may ask of its contact."""

    number: int
    queue_id: QueueId
    team_id: TeamId
    contact_id: ContactId
    row: Row


async def load_opening(sql: Sql, queue_id: UUID, contact_id: UUID) -> Opening:
    """Draw the number of a ticket about to open, and read what it begins with. Raises NotFound."""
    number = "0" if sql.on_sqlite else f"nextval('{TICKET_SERIES}')"
    row = await sql.fetch_one(
        f"SELECT {number} AS number, q.team_id, q.calendar_id, c.id AS contact_id, "
        "c.name AS contact_name, c.locale AS contact_locale, c.time_zone AS contact_time_zone, "
        "n.id AS organization_id, n.name AS organization_name, n.tier AS organization_tier, "
        f"{REVISION} AS setup_revision, {STAMP} AS setup_stamp "
        "FROM queue q JOIN contact c ON c.id = $2 "
        "LEFT JOIN organization n ON n.id = c.organization_id WHERE q.id = $1",
        queue_id,
        contact_id,
    )
    if row is None:
        raise NotFound(f"There is no queue {queue_id}.", queue_id=str(queue_id))
    drawn = await next_number(sql, TICKET_SERIES) if sql.on_sqlite else int(row["number"])
    team_id = TeamId(as_uuid(row["team_id"]))
    return Opening(drawn, QueueId(queue_id), team_id, ContactId(contact_id), row)


def measured_new(opening: Opening, ticket: TicketFacts, language: str | None) -> Measured:
    """Return a ticket that this story opens, without reading it back."""
    new = {
        "id": ticket.id,
        "number": ticket.number,
        "channel": ticket.channel,
        "status": ticket.status,
        "priority": ticket.priority,
        "subject": ticket.subject,
        "language": language,
        "brand_id": ticket.brand_id,
        "inbox_id": ticket.inbox_id,
        "queue_id": ticket.queue_id,
        "team_id": ticket.team_id,
        "assignee_id": ticket.assignee_id,
        "waiting_since": ticket.waiting_since,
        "tags": None,
        "record": None,
        "order_id": None,
        "order_due_at": None,
    }
    return read_measured({**opening.row, **new}).measured


def measured_select(sql: Sql, *, locking: str = "") -> str:
    """Return a SELECT of tickets named t, whose rows `read_measured` reads.

    `locking` is a clause for what the clocks remember: PostgreSQL locks no outer side of a join.
    """
    listed = "json_group_array" if sql.on_sqlite else "json_agg"
    return f"""
        SELECT t.id, t.number, t.channel, t.status, t.priority, t.subject, t.language,
            t.brand_id, t.inbox_id, t.queue_id, t.team_id, t.assignee_id, t.waiting_since,
            (SELECT {listed}(g.tag) FROM ticket_tag g WHERE g.ticket_id = t.id) AS tags,
            c.id AS contact_id, c.name AS contact_name, c.locale AS contact_locale,
            c.time_zone AS contact_time_zone, n.id AS organization_id,
            n.name AS organization_name, n.tier AS organization_tier, q.calendar_id,
            (SELECT k.record FROM ticket_clocks k WHERE k.ticket_id = t.id {locking}) AS record,
            {REVISION} AS setup_revision, {STAMP} AS setup_stamp,
            o.id AS order_id, o.due_at AS order_due_at
        FROM ticket t
        JOIN contact c ON c.id = t.contact_id
        JOIN queue q ON q.id = t.queue_id
        LEFT JOIN organization n ON n.id = c.organization_id
        LEFT JOIN work_order o ON o.ticket_id = t.id
            AND o.state IN ('waiting', 'offered', 'active')
    """


def read_measured(row: Row) -> MeasuredTicket:
    measured = Measured(
        ticket_id=as_uuid(row["id"]),
        status=TicketStatus(row["status"]),
        priority=Priority(row["priority"]),
        team_id=as_uuid(row["team_id"]),
        waiting_since=as_time_or_none(row["waiting_since"]),
        calendar_id=as_uuid_or_none(row["calendar_id"]),
        facts={name: _value(row, column) for name, column in FACTS.items()},
        record=row["record"],
        mark=read_mark(row["setup_revision"], row["setup_stamp"]),
    )
    order_id = as_uuid_or_none(row["order_id"])
    return MeasuredTicket(measured, order_id, as_time_or_none(row["order_due_at"]))


def _value(row: Row, column: str) -> Value:
    found: Any = row[column]
    if column == "tags":
        return tuple(as_json(found) or ())
    if column in _IDS and found is not None:
        return str(as_uuid(found))
    return int(found) if column == "priority" else found
