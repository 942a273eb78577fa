"""Reads of tickets as lists and frames show them."""

from collections.abc import Iterable
from uuid import UUID

from servicedesk.desk.attention import ATTENTION
from servicedesk.desk.shapes import ContactReference, OrderSummary, TicketSummary
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.orders import LIVE_ORDERS, Attention, OrderState, Stuck
from servicedesk.domain.people import Viewer
from servicedesk.domain.tickets import Priority, TicketStatus
from servicedesk.kernel.sql import (
    Row,
    Sql,
    as_dict,
    as_time,
    as_time_or_none,
    as_uuid,
    as_uuid_or_none,
)
from servicedesk.people.visibility import visible_condition
from servicedesk.sla.badges import badges_of_record

FIRST_ADDRESS = (
    "(SELECT i.value FROM contact_identity i WHERE i.contact_id = c.id "
    "ORDER BY i.created_at, i.id LIMIT 1)"
)
"""The address a contact is shown with: the first identity that they had."""

_COLUMNS = f"""
    t.id, t.number, t.subject, t.status, t.priority, t.channel, t.inbox_id, t.queue_id, t.team_id,
    t.assignee_id, t.last_words, t.last_message_at, t.last_message_from, t.last_seq,
    t.waiting_since, t.created_at, t.updated_at, t.version,
    c.id AS contact_id, c.name AS contact_name, {FIRST_ADDRESS} AS contact_address,
    o.id AS order_id, o.state AS order_state, o.queue_id AS order_queue_id,
    o.owner_id AS order_owner_id, o.priority AS order_priority,
    o.virtual_start AS order_virtual_start, o.attempts AS order_attempts,
    o.stuck AS order_stuck, o.attributes AS order_attributes,
    k.record AS clocks_record
"""
_JOINS = """
    JOIN contact c ON c.id = t.contact_id
    LEFT JOIN work_order o ON o.id = (
        SELECT w.id FROM work_order w WHERE w.ticket_id = t.id
        ORDER BY w.entered_at DESC, w.id DESC LIMIT 1)
    LEFT JOIN ticket_clocks k ON k.ticket_id = t.id
"""


def summaries_of(source: str, *, viewer_number: int | None) -> str:
    """Return a SELECT of summaries from `source`, a table or subquery of ticket rows named t.

    `viewer_number` is the placeholder of the user whose `unread` is asked for; without one nothing
    is unread.
    """
    if viewer_number is None:
        return f"SELECT {_COLUMNS}, 0 AS read_seq, 0 AS has_reader FROM {source} {_JOINS}"
    return (
        f"SELECT {_COLUMNS}, coalesce(r.seq, 0) AS read_seq, 1 AS has_reader FROM {source} {_JOINS}"
        f" LEFT JOIN ticket_read r ON r.ticket_id = t.id AND r.user_id = ${viewer_number}"
    )


async def load_summaries(sql: Sql, ticket_ids: Iterable[UUID]) -> dict[UUID, TicketSummary]:
    """Return those of the tickets that exist, by id, for whom it may concern: `unread` is False.

    Nothing is filtered here: the caller applies the visibility rule to each viewer.
    """
    wanted = list(ticket_ids)
    if not wanted:
        return {}
    statement = summaries_of("ticket t", viewer_number=None)
    rows = await sql.fetch(f"{statement} WHERE {sql.member('t.id', 1)}", wanted)
    return {summary.id: summary for summary in map(read_summary, rows)}


async def find_summary(sql: Sql, viewer: Viewer, ticket_id: UUID) -> TicketSummary | None:
    """Return the ticket as this viewer sees it; None if there is none or it is not theirs."""
    visible, values = visible_condition(viewer, on_sqlite=sql.on_sqlite, ticket="t", first_number=3)
    row = await sql.fetch_one(
        f"{summaries_of('ticket t', viewer_number=2)} WHERE t.id = $1 AND {visible}",
        ticket_id,
        viewer.user_id,
        *values,
    )
    return None if row is None else read_summary(row)


async def load_read_seqs(
    sql: Sql, ticket_ids: Iterable[UUID], user_ids: Iterable[UUID]
) -> dict[tuple[UUID, UUID], int]:
    """Return how far each of the users has read each of the tickets, by (ticket, user)."""
    rows = await sql.fetch(
        "SELECT ticket_id, user_id, seq FROM ticket_read "
        f"WHERE {sql.member('user_id', 1)} AND {sql.member('ticket_id', 2)}",
        list(user_ids),
        list(ticket_ids),
    )
    return {(as_uuid(row["ticket_id"]), as_uuid(row["user_id"])): row["seq"] for row in rows}


def read_summary(row: Row) -> TicketSummary:
    """Build the summary of a row of `summaries_of`."""
    return TicketSummary(
        id=as_uuid(row["id"]),
        number=row["number"],
        subject=row["subject"],
        status=TicketStatus(row["status"]),
        priority=Priority(row["priority"]),
        channel=ChannelKind(row["channel"]),
        inbox_id=as_uuid(row["inbox_id"]),
        queue_id=as_uuid(row["queue_id"]),
        team_id=as_uuid(row["team_id"]),
        assignee_id=as_uuid_or_none(row["assignee_id"]),
        contact=read_contact_reference(row),
        last_words=row["last_words"],
        last_message_at=as_time_or_none(row["last_message_at"]),
        last_message_from=row["last_message_from"],
        message_count=row["last_seq"],
        waiting_since=as_time_or_none(row["waiting_since"]),
        created_at=as_time(row["created_at"]),
        updated_at=as_time(row["updated_at"]),
        version=row["version"],
        order=_order(row),
        clocks=badges_of_record(row["clocks_record"]),
        unread=bool(row["has_reader"]) and row["last_seq"] > row["read_seq"],
    )


def read_contact_reference(row: Row) -> ContactReference:
    """Build the contact of a row with contact_id, contact_name and contact_address."""
    return ContactReference(
        id=as_uuid(row["contact_id"]),
        name=row["contact_name"],
        address=row["contact_address"] or "",
    )


def _order(row: Row) -> OrderSummary | None:
    if row["order_id"] is None:
        return None
    return OrderSummary(
        id=as_uuid(row["order_id"]),
        state=OrderState(row["order_state"]),
        queue_id=as_uuid(row["order_queue_id"]),
        owner_id=as_uuid_or_none(row["order_owner_id"]),
        priority=Priority(row["order_priority"]),
        virtual_start=as_time(row["order_virtual_start"]),
        attempts=row["order_attempts"],
        stuck=Stuck(row["order_stuck"]) if row["order_stuck"] else None,
        attention=_attention(row),
    )


def _attention(row: Row) -> Attention | None:
    why = as_dict(row["order_attributes"]).get(ATTENTION)
    return Attention(why) if why and row["order_state"] in LIVE_ORDERS else None
