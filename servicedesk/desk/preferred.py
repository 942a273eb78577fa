"""Who is asked first for new work: who holds the ticket, else a rule's choice, else the account's
agent, else who handled the contact's last order."""

from dataclasses import replace
from uuid import UUID

from servicedesk.domain.ids import UserId
from servicedesk.kernel.sql import Row, Sql, as_uuid
from servicedesk.routing.classify import Classification
from servicedesk.routing.facts import QueueFacts

TAKES_WORK = "app_user.active AND app_user.role <> 'observer'"
OWNER_SECONDS = 300
"""How long who holds the ticket is waited for, in a queue that says nothing about it."""


async def prefer(
    sql: Sql,
    found: Classification,
    queue: QueueFacts,
    contact_id: UUID,
    assignee_id: UUID | None = None,
) -> Classification:
    """Return the classification with the agent who is asked first and alone, for as long as the
    queue's stickiness says.

    `assignee_id` holds the ticket that work begins on again: theirs it stays, whatever rules and
    queue say, while they take work. A statement each costs an assignee, and a queue that is sticky
    to the account's or the last agent, unless a rule named somebody.
    """
    sticky = queue.sticky
    owner = None if assignee_id is None else await _if_at_work(sql, assignee_id)
    preferred = owner or found.preferred_user_id
    if sticky is None:
        seconds = found.preferred_seconds if owner is None else OWNER_SECONDS
        return replace(found, preferred_user_id=preferred, preferred_seconds=seconds)
    if preferred is None and sticky.account_agent:
        preferred = await _account_agent(sql, contact_id)
    if preferred is None and sticky.last_agent:
        preferred = await _last_agent(sql, queue, contact_id)
    return replace(found, preferred_user_id=preferred, preferred_seconds=sticky.seconds)


async def _if_at_work(sql: Sql, user_id: UUID) -> UserId | None:
    return _user_id(
        await sql.fetch_one(f"SELECT id FROM app_user WHERE id = $1 AND {TAKES_WORK}", user_id)
    )


async def _account_agent(sql: Sql, contact_id: UUID) -> UserId | None:
    """Who looks after the contact, else after its organization, if they still take work."""
    return _user_id(
        await sql.fetch_one(
            "SELECT app_user.id FROM contact "
            "LEFT JOIN organization ON organization.id = contact.organization_id "
            "JOIN app_user ON app_user.id = coalesce(contact.agent_id, organization.agent_id) "
            f"WHERE contact.id = $1 AND {TAKES_WORK}",
            contact_id,
        )
    )


async def _last_agent(sql: Sql, queue: QueueFacts, contact_id: UUID) -> UserId | None:
    """Who had the newest order of the contact in this queue, if they still take work."""
    return _user_id(
        await sql.fetch_one(
            "SELECT app_user.id FROM work_order "
            "JOIN ticket ON ticket.id = work_order.ticket_id "
            "JOIN app_user ON app_user.id = work_order.owner_id "
            f"WHERE ticket.contact_id = $1 AND work_order.queue_id = $2 AND {TAKES_WORK} "
            "ORDER BY work_order.entered_at DESC LIMIT 1",
            contact_id,
            queue.id,
        )
    )


def _user_id(row: Row | None) -> UserId | None:
    return None if row is None else UserId(as_uuid(row["id"]))
