"""Reads of one ticket: its page, its permissions, what happened to it."""

from collections import defaultdict
from collections.abc import Iterable
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
    TicketValues,
    fields_of,
)
from servicedesk.desk.views_messages import newest_messages
from servicedesk.desk.views_summaries import FIRST_ADDRESS, find_summary, load_summaries
from servicedesk.domain.actors import Actor, ActorKind
from servicedesk.domain.errors import NotFound
from servicedesk.domain.people import Viewer
from servicedesk.domain.tickets import ParticipantRole, TicketStatus, reachable_statuses
from servicedesk.kernel import journal
from servicedesk.kernel.journal import Entry
from servicedesk.kernel.sql import Row, Sql, as_uuid, as_uuid_or_none

MESSAGES_AT_FIRST = 50
NOTHING = Permissions(reply=False, note=False, change=False, take=False)
UNDELIVERABLE = (
    "EXISTS (SELECT 1 FROM contact_identity i "
    "WHERE i.contact_id = c.id AND i.undeliverable_at IS NOT NULL)"
)
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
    participants = await _participants(sql, [ticket_id])
    merges = await _merges(sql, [ticket_id])
    values = _values(summary, participants.get(ticket_id, []), merges.get(ticket_id))
    seen = values_for(viewer, values, unread=summary.unread)
    return TicketDetail(**fields_of(seen), position=position)


async def load_values(sql: Sql, ticket_ids: Iterable[UUID]) -> dict[UUID, TicketValues]:
    """Return those of the tickets that exist, by id, for nobody in particular: see `values_for`."""
    summaries = await load_summaries(sql, ticket_ids)
    participants = await _participants(sql, list(summaries))
    merges = await _merges(sql, list(summaries))
    return {
        ticket_id: _values(summary, participants.get(ticket_id, []), merges.get(ticket_id))
        for ticket_id, summary in summaries.items()
    }


def values_for(viewer: Viewer, values: TicketValues, *, unread: bool) -> TicketValues:
    """Return the values as this viewer has them."""
    may = permissions(viewer, values)
    allowed = reachable_statuses(values.status) if may.change else []
    return values.model_copy(update={"unread": unread, "may": may, "allowed_statuses": allowed})


async def get_page(sql: Sql, viewer: Viewer, ticket_id: UUID) -> TicketPage:
    """Return all that the ticket page shows at first. Raises NotFound."""
    detail = await get_detail(sql, viewer, ticket_id)
    found = await newest_messages(sql, ticket_id, None, MESSAGES_AT_FIRST + 1)
    items = found[-MESSAGES_AT_FIRST:]
    earlier = str(items[0].seq) if len(found) > MESSAGES_AT_FIRST else None
    return TicketPage(**fields_of(detail), messages=LatestMessages(items=items, earlier=earlier))


def permissions(viewer: Viewer, ticket: TicketSummary) -> Permissions:
    """Say what the viewer may do on a ticket that they see. A closed one takes only notes."""
    may_work = viewer.may_change_tickets and ticket.status is not TicketStatus.CLOSED
    return Permissions(
        reply=may_work,
        note=viewer.may_change_tickets,
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


def _values(
    summary: TicketSummary, participants: list[Participant], merged_into_id: UUID | None
) -> TicketValues:
    return TicketValues(
        **fields_of(summary),
        merged_into_id=merged_into_id,
        participants=participants,
        allowed_statuses=[],
        may=NOTHING,
    )


async def _merges(sql: Sql, ticket_ids: list[UUID]) -> dict[UUID, UUID]:
    """Return where those of the tickets went that were merged."""
    if not ticket_ids:
        return {}
    rows = await sql.fetch(
        f"SELECT id, merged_into_id FROM ticket WHERE {sql.member('id', 1)} "
        "AND merged_into_id IS NOT NULL ORDER BY id",
        ticket_ids,
    )
    return {as_uuid(row["id"]): as_uuid(row["merged_into_id"]) for row in rows}


async def _participants(sql: Sql, ticket_ids: list[UUID]) -> dict[UUID, list[Participant]]:
    """Return who takes part by ticket: the requester, those in copy, followers."""
    found: dict[UUID, list[Participant]] = defaultdict(list)
    if not ticket_ids:
        return found
    rows = await sql.fetch(
        "SELECT p.ticket_id, p.role, p.contact_id, p.user_id, "
        "coalesce(c.name, u.name, '') AS name, "
        f"coalesce({FIRST_ADDRESS}, u.email, '') AS address, {UNDELIVERABLE} AS undeliverable "
        "FROM participant p LEFT JOIN contact c ON c.id = p.contact_id "
        f"LEFT JOIN app_user u ON u.id = p.user_id WHERE {sql.member('p.ticket_id', 1)} "
        "ORDER BY CASE p.role WHEN 'requester' THEN 1 WHEN 'cc' THEN 2 ELSE 3 END, p.id",
        ticket_ids,
    )
    for row in rows:
        found[as_uuid(row["ticket_id"])].append(_participant(row))
    return found


def _participant(row: Row) -> Participant:
    return Participant(
        role=ParticipantRole(row["role"]),
        contact_id=as_uuid_or_none(row["contact_id"]),
        user_id=as_uuid_or_none(row["user_id"]),
        name=row["name"],
        address=row["address"],
        undeliverable=bool(row["undeliverable"]),
    )


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
