"""A message that is its own matter becomes its own ticket, or goes to the ticket it belongs to."""

from dataclasses import dataclass, replace
from uuid import UUID

from servicedesk.desk import clocks, messages, tickets
from servicedesk.desk.classified import Words, WorkOf, classify_words
from servicedesk.desk.inboxes import get_inbox
from servicedesk.desk.preferred import prefer
from servicedesk.desk.receive import NO_SUBJECT
from servicedesk.desk.relocate import (
    CAME_IN,
    Entry,
    entries_of_contact,
    get_entry,
    lock_entry,
    relocate,
    require_open,
    wake,
)
from servicedesk.desk.sight import lock_changeable, require_sight
from servicedesk.desk.tickets import NewTicket, TicketFacts
from servicedesk.domain.actors import user_actor
from servicedesk.domain.errors import Conflict, NotFound
from servicedesk.domain.ids import ContactId, Position, TicketId
from servicedesk.domain.people import Viewer
from servicedesk.domain.tickets import ParticipantRole, TicketStatus
from servicedesk.kernel.database import Database
from servicedesk.kernel.work import Work
from servicedesk.routing import orders
from servicedesk.routing.classify import Classification
from servicedesk.routing.queues import get_queue


@dataclass(frozen=True, slots=True)
class Split:
    ticket_id: TicketId
    position: Position


async def split(database: Database, viewer: Viewer, message_id: UUID) -> Split:
    """Give the message, and what its sender wrote after it, a ticket of its own in the same queue.

    Raises NotFound, Forbidden, NothingLeft, and Conflict for what no contact wrote.
    """
    async with database.work(user_actor(viewer.user_id)) as work:
        source, entry = await lock_entry(work.sql, viewer, message_id)
        contact_id = _sender_of(entry)
        entries = await entries_of_contact(work.sql, source.id, contact_id, entry.seq)
        target = await _open(work, source, entry, contact_id)
        last_seq = await relocate(work, viewer, source, target, entries)
        await _begin(work, target, entries, last_seq)
    return Split(target.id, work.position)


async def move(
    database: Database, viewer: Viewer, message_id: UUID, ticket_id: TicketId
) -> Position:
    """Put the message behind the last of another ticket, where its sender takes part from now on.

    Position 0: it is there already. Raises NotFound, Forbidden, NothingLeft and Conflict.
    """
    async with database.work(user_actor(viewer.user_id)) as work:
        if (await get_entry(work.sql, message_id)).ticket_id == ticket_id:
            await lock_entry(work.sql, viewer, message_id)
            return work.position
        source, target, entry = await _lock_both(work, viewer, message_id, ticket_id)
        require_open(target)
        contact_id = _sender_of(entry)
        last_seq = await relocate(work, viewer, source, target, [entry])
        await tickets.add_participant(work.sql, target.id, ParticipantRole.CC, contact_id)
        if entry.by_person:
            await wake(
                work, target, entry.created_at, {"last_seq": last_seq, **_as_last_words(entry)}
            )
        else:
            await tickets.update_ticket(work, target.id, last_seq=last_seq)
    return work.position


async def _lock_both(
    work: Work, viewer: Viewer, message_id: UUID, ticket_id: TicketId
) -> tuple[TicketFacts, TicketFacts, Entry]:
    """Lock both tickets, the one with the smaller id first, so that two moves cannot deadlock."""
    source_id = (await get_entry(work.sql, message_id)).ticket_id
    target: TicketFacts | None = None
    if ticket_id < source_id:
        await _require_source(work, viewer, message_id)
        target = await lock_changeable(work.sql, viewer, ticket_id)
    source, entry = await lock_entry(work.sql, viewer, message_id)
    if target is None:
        target = await lock_changeable(work.sql, viewer, ticket_id)
    return source, target, entry


async def _require_source(work: Work, viewer: Viewer, message_id: UUID) -> None:
    """Who may not see the message learns nothing of the other ticket either."""
    row = await tickets.find_tickets(work.sql, [(await get_entry(work.sql, message_id)).ticket_id])
    for ticket in row.values():
        try:
            await require_sight(work.sql, viewer, ticket)
        except NotFound:
            raise NotFound(
                f"There is no message {message_id}.", message_id=str(message_id)
            ) from None


def _sender_of(entry: Entry) -> ContactId:
    if entry.contact_id is None or entry.kind not in CAME_IN:
        raise Conflict("Only what a contact wrote can go to another ticket.")
    return entry.contact_id


async def _open(
    work: Work, source: TicketFacts, entry: Entry, contact_id: ContactId
) -> TicketFacts:
    target = await tickets.insert_ticket(
        work,
        NewTicket(
            subject=entry.subject or NO_SUBJECT,
            status=TicketStatus.NEW,
            priority=source.priority,
            channel=source.channel,
            brand_id=source.brand_id,
            inbox_id=entry.inbox_id or source.inbox_id,
            queue_id=source.queue_id,
            team_id=source.team_id,
            contact_id=contact_id,
            language=entry.language or None,
        ),
    )
    payload = {
        "number": target.number,
        "queue_id": str(target.queue_id),
        "team_id": str(target.team_id),
        "inbox_id": str(target.inbox_id),
        "channel": target.channel.value,
        "priority": int(target.priority),
    }
    trace = {"why_here": {"rule": "split", "from_ticket_id": str(source.id)}}
    work.record("ticket.opened", ticket_id=target.id, payload=payload, trace=trace)
    return target


async def _begin(work: Work, target: TicketFacts, entries: list[Entry], last_seq: int) -> None:
    """The contact has waited since they wrote, not since somebody looked."""
    spoken = [entry for entry in entries if entry.by_person] or entries
    await tickets.update_ticket(
        work,
        target.id,
        new_version=False,
        last_seq=last_seq,
        waiting_since=spoken[0].created_at,
        **_as_last_words(spoken[-1]),
    )
    due_at = await clocks.follow(work, target.id)
    found = await _classify(work, target, spoken[0])
    await orders.open_order(work, target.id, found, target.channel, due_at)


async def _classify(work: Work, target: TicketFacts, entry: Entry) -> Classification:
    """Ask the rules as for any new work; the queue and the priority are those of the source."""
    words = Words(
        target.channel, entry.subject, entry.text, entry.language, entry.sender, entry.created_at
    )
    inbox = await get_inbox(work.sql, target.inbox_id)
    of = WorkOf(target.contact_id, {"status": "new"}, target.id)
    found = await classify_words(work.sql, inbox, words, of)
    kept = replace(
        found,
        queue_id=target.queue_id,
        priority=target.priority,
        trace=[*found.trace, {"rule": "split_keeps_the_queue", "hit": True}],
    )
    queue = await get_queue(work.sql, target.queue_id)
    return await prefer(work.sql, kept, queue, target.contact_id)


def _as_last_words(entry: Entry) -> dict[str, object]:
    return {
        "last_words": messages.last_words(entry.text),
        "last_message_at": entry.created_at,
        "last_message_from": "contact",
    }
