"""Reads what the threading rules need: nothing for most new mail, a little for an answer."""

from collections.abc import Mapping
from uuid import UUID

from servicedesk.desk.contacts import IDENTITY_KINDS
from servicedesk.desk.tickets import TicketFacts, find_tickets
from servicedesk.domain.ids import TicketId
from servicedesk.domain.messages import Inbound
from servicedesk.domain.subjects import bare_subject, number_in
from servicedesk.domain.tickets import ParticipantRole
from servicedesk.intake.threading import (
    MOST_MERGES,
    Gate,
    ThreadFacts,
    TicketInThread,
    candidates,
)
from servicedesk.kernel.sql import Sql, as_uuid

MOST_SUBJECTS = 500


async def load_thread_facts(sql: Sql, inbound: Inbound) -> ThreadFacts:
    """Return the tickets that this message may belong to, with who is known on each."""
    stored_ids = await _stored_ids(sql, inbound)
    numbered = await _numbered(sql, inbound)
    found = await _with_merges(sql, candidates(inbound, stored_ids, numbered))
    if not found:
        return ThreadFacts({}, stored_ids)
    known = await _known_addresses(sql, inbound, list(found))
    subjects = await _subjects(sql, inbound, found)
    tickets = {
        TicketId(ticket_id): TicketInThread(
            id=TicketId(ticket_id),
            status=facts.status,
            merged_into=facts.merged_into_id,
            known=known.get(ticket_id, {}),
            subjects=subjects[ticket_id],
        )
        for ticket_id, facts in found.items()
    }
    return ThreadFacts(tickets, stored_ids, numbered)


async def _stored_ids(sql: Sql, inbound: Inbound) -> dict[str, TicketId]:
    """Return the tickets of the ids that the mail names. Who had an id first keeps it, so they are
    read newest first and the oldest is put in last: a mail that repeats an id takes no thread."""
    named = list(dict.fromkeys(filter(None, (inbound.in_reply_to, *inbound.references))))
    if not named:
        return {}
    rows = await sql.fetch(
        "SELECT external_id, ticket_id FROM message_reference "
        f"WHERE {sql.member('external_id', 1)} AND inbox_id = $2 ORDER BY created_at DESC",
        named,
        inbound.inbox_id,
    )
    return {row["external_id"]: TicketId(as_uuid(row["ticket_id"])) for row in rows}


async def _numbered(sql: Sql, inbound: Inbound) -> TicketId | None:
    """Return the ticket whose number stands in the subject, if it came in through this brand."""
    number = number_in(inbound.subject)
    if number is None:
        return None
    row = await sql.fetch_one(
        "SELECT ticket.id FROM ticket JOIN inbox ON inbox.brand_id = ticket.brand_id "
        "WHERE ticket.number = $1 AND inbox.id = $2",
        number,
        inbound.inbox_id,
    )
    return None if row is None else TicketId(as_uuid(row["id"]))


async def _subjects(
    sql: Sql, inbound: Inbound, found: Mapping[UUID, TicketFacts]
) -> dict[UUID, frozenset[str]]:
    """Return the bare subjects of each ticket; those of its messages only if its own is another."""
    bare = bare_subject(inbound.subject)
    subjects = {ticket_id: {bare_subject(facts.subject)} for ticket_id, facts in found.items()}
    unlike = [ticket_id for ticket_id, known in subjects.items() if bare and bare not in known]
    if unlike:
        rows = await sql.fetch(
            "SELECT DISTINCT ticket_id, subject FROM message "
            f"WHERE {sql.member('ticket_id', 1)} AND subject IS NOT NULL AND NOT unverified "
            "ORDER BY ticket_id LIMIT $2",
            unlike,
            MOST_SUBJECTS,
        )
        for row in rows:
            subjects[as_uuid(row["ticket_id"])].add(bare_subject(row["subject"]))
    return {ticket_id: frozenset(known) for ticket_id, known in subjects.items()}


async def _with_merges(sql: Sql, ticket_ids: list[UUID]) -> dict[UUID, TicketFacts]:
    found: dict[UUID, TicketFacts] = {}
    for _ in range(MOST_MERGES):
        missing = [ticket_id for ticket_id in ticket_ids if ticket_id not in found]
        if not missing:
            break
        fresh = await find_tickets(sql, missing)
        found |= fresh
        ticket_ids = [facts.merged_into_id for facts in fresh.values() if facts.merged_into_id]
    return found


async def _known_addresses(
    sql: Sql, inbound: Inbound, ticket_ids: list[UUID]
) -> Mapping[UUID, Mapping[str, Gate]]:
    """Return for each ticket what the sender's address is on it (nothing if unknown)."""
    rows = await sql.fetch(
        "SELECT p.ticket_id, p.role, mine.id IS NOT NULL AS is_sender "
        "FROM participant p JOIN contact c ON c.id = p.contact_id "
        "LEFT JOIN contact_identity mine "
        "ON mine.contact_id = c.id AND mine.kind = $3 AND mine.value = $2 "
        "LEFT JOIN contact_identity i ON i.kind = $3 AND i.value = $2 "
        "LEFT JOIN contact sender ON sender.id = i.contact_id "
        f"WHERE {sql.member('p.ticket_id', 1)} AND (mine.id IS NOT NULL "
        "OR (c.organization_id IS NOT NULL AND c.organization_id = sender.organization_id))",
        ticket_ids,
        inbound.sender.value,
        IDENTITY_KINDS[inbound.channel],
    )
    known: dict[UUID, dict[str, Gate]] = {}
    for row in rows:
        here = known.setdefault(as_uuid(row["ticket_id"]), {})
        gate = _gate(row["role"], is_sender=bool(row["is_sender"]))
        here[inbound.sender.value] = min(
            gate, here.get(inbound.sender.value, gate), key=_RANK.index
        )
    return known


_RANK = list(Gate)


def _gate(role: str, *, is_sender: bool) -> Gate:
    if not is_sender:
        return Gate.SAME_ORGANIZATION
    return Gate.REQUESTER if role == ParticipantRole.REQUESTER else Gate.PARTICIPANT
