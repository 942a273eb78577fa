"""Reads of contacts: for the panel beside a ticket, and for frames."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from servicedesk.desk.shapes import (
    ContactPage,
    ContactSummary,
    Identity,
    OrganizationReference,
    fields_of,
)
from servicedesk.desk.views_lists import TicketQuery, TicketSort, count_tickets, list_tickets
from servicedesk.domain.errors import NotFound
from servicedesk.domain.ids import TeamId, UserId
from servicedesk.domain.people import Viewer
from servicedesk.kernel.sql import (
    Row,
    Sql,
    as_time,
    as_time_or_none,
    as_uuid,
    as_uuid_or_none,
    ids_of,
)

NEWEST_TICKETS = 10


@dataclass(frozen=True, slots=True)
class ContactSight:
    """Through what a contact is seen: the teams of their tickets, and users named for one."""

    team_ids: frozenset[TeamId]
    user_ids: frozenset[UserId]


async def get_contact(sql: Sql, viewer: Viewer, contact_id: UUID) -> ContactPage:
    """Return a contact with the newest tickets that the viewer may see.

    Raises NotFound; without one ticket that they may see, a contact is not there for a viewer,
    administrators apart.
    """
    query = TicketQuery(contact_id=contact_id, sort=TicketSort.CREATED)
    tickets = await list_tickets(sql, viewer, query, None, NEWEST_TICKETS)
    found = await load_contacts(sql, [contact_id])
    if contact_id not in found or not (tickets or viewer.sees_everything):
        raise NotFound(f"There is no contact {contact_id}.", contact_id=str(contact_id))
    contact = found[contact_id]
    return ContactPage(
        **fields_of(contact),
        tickets=tickets,
        ticket_count=await count_tickets(sql, viewer, query),
    )


async def load_contacts(sql: Sql, contact_ids: Iterable[UUID]) -> dict[UUID, ContactSummary]:
    """Return those of the contacts that exist, by id. Nothing is filtered by who asks."""
    wanted = list(contact_ids)
    if not wanted:
        return {}
    rows = await sql.fetch(
        "SELECT c.id, c.name, c.locale, c.time_zone, c.agent_id, c.created_at, "
        "g.id AS organization_id, g.name AS organization_name, g.tier AS organization_tier "
        "FROM contact c LEFT JOIN organization g ON g.id = c.organization_id "
        f"WHERE {sql.member('c.id', 1)}",
        wanted,
    )
    identities = await _identities(sql, wanted)
    contacts = (_contact(row, identities[as_uuid(row["id"])]) for row in rows)
    return {contact.id: contact for contact in contacts}


async def load_contact_sights(sql: Sql, contact_ids: Iterable[UUID]) -> dict[UUID, ContactSight]:
    """Return through what each of the contacts is seen."""
    wanted = list(contact_ids)
    teams: dict[UUID, set[TeamId]] = defaultdict(set)
    users: dict[UUID, set[UserId]] = defaultdict(set)
    if wanted:
        mine = sql.member("t.contact_id", 1)
        rows = await sql.fetch(
            f"SELECT DISTINCT t.contact_id, t.team_id FROM ticket t WHERE {mine}", wanted
        )
        for row in rows:
            teams[as_uuid(row["contact_id"])].add(TeamId(as_uuid(row["team_id"])))
        rows = await sql.fetch(
            "SELECT DISTINCT t.contact_id, v.user_id FROM ticket t "
            f"JOIN ticket_viewer v ON v.ticket_id = t.id WHERE {mine}",
            wanted,
        )
        for row in rows:
            users[as_uuid(row["contact_id"])].add(UserId(as_uuid(row["user_id"])))
    return {
        contact_id: ContactSight(frozenset(teams[contact_id]), frozenset(users[contact_id]))
        for contact_id in wanted
    }


async def contacts_of_tickets(sql: Sql, ticket_ids: Iterable[UUID]) -> list[UUID]:
    rows = await sql.fetch(
        f"SELECT DISTINCT contact_id FROM ticket WHERE {sql.member('id', 1)}", list(ticket_ids)
    )
    return ids_of(row["contact_id"] for row in rows)


async def _identities(sql: Sql, contact_ids: list[UUID]) -> dict[UUID, list[Identity]]:
    found: dict[UUID, list[Identity]] = defaultdict(list)
    rows = await sql.fetch(
        "SELECT contact_id, kind, value, undeliverable_at, undeliverable_reason, soft_bounces "
        "FROM contact_identity "
        f"WHERE {sql.member('contact_id', 1)} ORDER BY contact_id, created_at, id",
        contact_ids,
    )
    for row in rows:
        found[as_uuid(row["contact_id"])].append(
            Identity(
                kind=row["kind"],
                value=row["value"],
                undeliverable_at=as_time_or_none(row["undeliverable_at"]),
                undeliverable_reason=row["undeliverable_reason"],
                soft_bounces=row["soft_bounces"],
            )
        )
    return found


def _contact(row: Row, identities: list[Identity]) -> ContactSummary:
    organization = row["organization_id"] and OrganizationReference(
        id=as_uuid(row["organization_id"]),
        name=row["organization_name"],
        tier=row["organization_tier"],
    )
    return ContactSummary(
        id=as_uuid(row["id"]),
        name=row["name"],
        address=identities[0].value if identities else "",
        organization=organization or None,
        undeliverable=any(identity.undeliverable_at for identity in identities),
        identities=identities,
        locale=row["locale"],
        time_zone=row["time_zone"],
        agent_id=as_uuid_or_none(row["agent_id"]),
        created_at=as_time(row["created_at"]),
    )
