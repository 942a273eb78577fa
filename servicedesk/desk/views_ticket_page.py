"""Reads of one ticket: its page, its permissions, what happened to it."""

from uuid import UUID

from servicedesk.desk.shapes import (
    Activity,
    Author,
    LatestMessages,
    Participant,
    Permissions,
    TicketDetail,
    TicketPage,
    TicketSummary,
    fields_of,
)
from servicedesk.desk.views_messages import newest_messages
from servicedesk.desk.views_summaries import FIRST_ADDRESS, find_summary
from servicedesk.domain.actors import Actor, ActorKind
from servicedesk.domain.errors import NotFound
from servicedesk.domain.people import Viewer
from servicedesk.domain.tickets import ParticipantRole, TicketStatus, reachable_statuses
from servicedesk.kernel import journal
from servicedesk.kernel.journal import Entry
from servicedesk.kernel.sql import Sql, as_uuid, as_uuid_or_none

MESSAGES_AT_FIRST = 50
NOT_AN_ACTIVITY = frozenset({"ticket.read"})
"""Kinds that would only fill the timeline with who looked when."""


async def get_summary(sql: Sql, viewer: Viewer, ticket_id: UUID) -> TicketSummary:
    """Return the ticket as this viewer sees it. Raises NotFound, also when it is not theirs."""
    found = await find_summary(sql, viewer, ticket_id)
    if found is None:
        raise NotFound(f"There is no ticket {ticket_id}.", ticket_id=str(ticket_id))
    return found


async def get_detail(sql: Sql, viewer: Viewer, ticket_id: UUID) -> TicketDetail:
    """Return the ticket without its messages. Raises NotFound.

    `position` is read first: whatever is committed later comes as a frame after it.
    """
    position = await journal.head(sql)
    summary = await get_summary(sql, viewer, ticket_id)
    return TicketDetail(
        **fields_of(summary),
        position=position,
        participants=await _participants(sql, ticket_id),
        allowed_statuses=_allowed_statuses(viewer, summary),
        may=permissions(viewer, summary),
    )


async def get_page(sql: Sql, viewer: Viewer, ticket_id: UUID) -> TicketPage:
    """Return all that the ticket page shows at first. Raises NotFound."""
    detail = await get_detail(sql, viewer, ticket_id)
    found = await newest_messages(sql, ticket_id, None, MESSAGES_AT_FIRST + 1)
    items = found[-MESSAGES_AT_FIRST:]
    earlier = str(items[0].seq) if len(found) > MESSAGES_AT_FIRST else None
    return TicketPage(**fields_of(detail), messages=LatestMessages(items=items, earlier=earlier))


def permissions(viewer: Viewer, ticket: TicketSummary) -> Permissions:
    """Say what the viewer may do on a ticket that they see. A closed one stays as it is."""
    may_work = viewer.may_change_tickets and ticket.status is not TicketStatus.CLOSED
    return Permissions(
        reply=may_work,
        note=may_work,
        change=may_work,
        take=may_work and ticket.assignee_id in (None, viewer.user_id),
    )


async def read_activity(
    sql: Sql, viewer: Viewer, ticket_id: UUID, before: int, limit: int
) -> tuple[list[Activity], int | None]:
    """Return what happened before a position, newest first, and where to go on (None: the end)."""
    await get_summary(sql, viewer, ticket_id)
    entries = await journal.read_ticket(sql, ticket_id, before, limit + 1)
    shown = [entry for entry in entries[:limit] if entry.kind not in NOT_AN_ACTIVITY]
    names = await _names(sql, [entry.actor for entry in shown])
    further = entries[limit - 1].position if len(entries) > limit else None
    return [_activity(entry, names) for entry in shown], further


def _allowed_statuses(viewer: Viewer, ticket: TicketSummary) -> list[TicketStatus]:
    return reachable_statuses(ticket.status) if permissions(viewer, ticket).change else []


async def _participants(sql: Sql, ticket_id: UUID) -> list[Participant]:
    rows = await sql.fetch(
        "SELECT p.role, p.contact_id, p.user_id, coalesce(c.name, u.name, '') AS name, "
        f"coalesce({FIRST_ADDRESS}, u.email, '') AS address "
        "FROM participant p LEFT JOIN contact c ON c.id = p.contact_id "
        "LEFT JOIN app_user u ON u.id = p.user_id WHERE p.ticket_id = $1 "
        "ORDER BY CASE p.role WHEN 'requester' THEN 1 WHEN 'cc' THEN 2 ELSE 3 END, p.id",
        ticket_id,
    )
    return [
        Participant(
            role=ParticipantRole(row["role"]),
            contact_id=as_uuid_or_none(row["contact_id"]),
            user_id=as_uuid_or_none(row["user_id"]),
            name=row["name"],
            address=row["address"],
        )
        for row in rows
    ]


async def _names(sql: Sql, actors: list[Actor]) -> dict[UUID, str]:
    """Return the names of the users and contacts among the actors, by id."""
    names: dict[UUID, str] = {}
    for kind, table in ((ActorKind.USER, "app_user"), (ActorKind.CONTACT, "contact")):
        ids = {actor.id for actor in actors if actor.kind is kind}
        if ids:
            condition = sql.member("id", 1)
            rows = await sql.fetch(f"SELECT id, name FROM {table} WHERE {condition}", list(ids))
            names |= {as_uuid(row["id"]): row["name"] for row in rows}
    return names


def _activity(entry: Entry, names: dict[UUID, str]) -> Activity:
    actor = entry.actor
    name = actor.name if actor.id is None else names.get(actor.id, "")
    return Activity(
        position=entry.position,
        at=entry.at,
        actor=Author(kind=actor.kind, id=actor.id, name=name),
        kind=entry.kind,
        payload=dict(entry.payload),
        trace=None if entry.trace is None else dict(entry.trace),
    )
