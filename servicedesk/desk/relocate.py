"""Messages change their ticket: what split, move and approve share.

Only what came in from contacts goes anywhere: what we said, and notes, belong to where they were
written. Lock order: the tickets by id.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from servicedesk.desk import clocks, messages, take, tickets
from servicedesk.desk.lifecycle import set_status
from servicedesk.desk.sight import lock_changeable
from servicedesk.desk.tickets import TicketFacts
from servicedesk.domain.actors import ActorKind
from servicedesk.domain.errors import Conflict, NotFound
from servicedesk.domain.ids import ContactId, InboxId, MessageId
from servicedesk.domain.messages import MessageKind
from servicedesk.domain.orders import Attention
from servicedesk.domain.people import Viewer
from servicedesk.domain.tickets import TicketStatus, TicketStep, next_status
from servicedesk.kernel.sql import (
    Row,
    Sql,
    as_dict,
    as_time,
    as_time_or_none,
    as_uuid,
    as_uuid_or_none,
)
from servicedesk.kernel.work import Work
from servicedesk.sla.events import Event, WaitChanged

COLUMNS = (
    "id, ticket_id, seq, kind, author_kind, author_id, inbox_id, subject, text, language, "
    "from_address, unverified, created_at"
)
OPENED_BY_WORDS = (TicketStep.CONTACT_WRITES, Attention.UNKNOWN_SENDER)
"""Steps of the journal that what somebody wrote has caused."""
CAME_IN = (MessageKind.INBOUND, MessageKind.SYSTEM)


class NothingLeft(Conflict):
    """A ticket would be left without a word."""

    code = "nothing-left"


@dataclass(frozen=True, slots=True)
class Entry:
    """A message as far as its place matters. `contact_id` None: a contact did not write it."""

    id: MessageId
    ticket_id: UUID
    seq: int
    kind: MessageKind
    contact_id: ContactId | None
    inbox_id: InboxId | None
    subject: str
    text: str
    language: str
    sender: str
    unverified: bool
    created_at: datetime

    @property
    def by_person(self) -> bool:
        return self.kind is MessageKind.INBOUND


async def lock_entry(sql: Sql, viewer: Viewer, message_id: UUID) -> tuple[TicketFacts, Entry]:
    """Lock the message's ticket; return both. Raises NotFound, Forbidden."""
    ticket_id = (await get_entry(sql, message_id)).ticket_id
    try:
        ticket = await lock_changeable(sql, viewer, ticket_id)
    except NotFound:  # not one's to see looks like not there
        raise _no_message(message_id) from None
    entry = await get_entry(sql, message_id)
    if entry.ticket_id != ticket.id:
        raise Conflict("Somebody moved this message just now. Look where it is.")
    return ticket, entry


async def get_entry(sql: Sql, message_id: UUID) -> Entry:
    """Return the message; raise NotFound."""
    row = await sql.fetch_one(f"SELECT {COLUMNS} FROM message WHERE id = $1", message_id)
    if row is None:
        raise _no_message(message_id)
    return _entry(row)


async def entries_of_contact(
    sql: Sql, ticket_id: UUID, contact_id: UUID, from_seq: int
) -> list[Entry]:
    """Return what the contact wrote on the ticket from that place on, in order."""
    rows = await sql.fetch(
        f"SELECT {COLUMNS} FROM message WHERE ticket_id = $1 AND seq >= $2 "
        "AND author_kind = 'contact' AND author_id = $3 ORDER BY seq",
        ticket_id,
        from_seq,
        contact_id,
    )
    return [entry for entry in map(_entry, rows) if entry.kind in CAME_IN]


async def relocate(
    work: Work,
    viewer: Viewer,
    source: TicketFacts,
    target: TicketFacts,
    entries: Sequence[Entry],
) -> int:
    """Put the entries behind the target's last; return its new last seq. Both are locked.

    What these words alone had changed on the source is undone: see `rest`.

    Raises NothingLeft when the source would have no word of anybody outside left.
    """
    await _require_rest(work.sql, source, entries)
    seq = target.last_seq
    for entry in entries:
        seq += 1
        await work.sql.execute(
            "UPDATE message SET ticket_id = $2, seq = $3, unverified = FALSE WHERE id = $1",
            entry.id,
            target.id,
            seq,
        )
    ids = [entry.id for entry in entries]
    for table in ("attachment", "message_reference"):
        await work.sql.execute(
            f"UPDATE {table} SET ticket_id = $2 WHERE {work.sql.member('message_id', 1)}",
            ids,
            target.id,
        )
    names = [str(message_id) for message_id in ids]
    away = {"message_ids": names, "to_ticket_id": str(target.id)}
    work.record("message.moved_away", ticket_id=source.id, payload=away)
    here = {"message_ids": names, "from_ticket_id": str(source.id)}
    work.record("message.moved", ticket_id=target.id, payload=here)
    await _look_back(work, source)
    await rest(work, viewer, await tickets.lock_ticket(work.sql, source.id))
    return seq


async def wake(
    work: Work, ticket: TicketFacts, wrote_at: datetime, columns: dict[str, object]
) -> None:
    """A contact's word counts on a locked ticket from now on: it reopens, and somebody handles it.

    The contact waits since they wrote it, not since somebody looked. `columns` are set with it.
    """
    status = next_status(ticket.status, TicketStep.CONTACT_WRITES)
    since = min(wrote_at, ticket.waiting_since or wrote_at)
    columns = {**columns, "status": status, "waiting_since": since}
    if status is not ticket.status:
        columns["solved_at"] = None
    await tickets.update_ticket(work, ticket.id, new_version=status is not ticket.status, **columns)
    if status is not ticket.status:
        step = {"from": ticket.status.value, "to": status.value, "step": "contact_writes"}
        work.record("ticket.status_changed", ticket_id=ticket.id, payload=step)
    await take.open_for_ticket(work, await tickets.lock_ticket(work.sql, ticket.id), "woken")
    await clocks.follow(work, ticket.id, WaitChanged(work.now, since))


def require_open(ticket: TicketFacts) -> None:
    if ticket.status is TicketStatus.CLOSED:
        raise Conflict(f"Ticket {ticket.number} is closed for good. Choose another.")


async def _require_rest(sql: Sql, source: TicketFacts, entries: Sequence[Entry]) -> None:
    row = await sql.fetch_one(
        "SELECT count(*) AS kept FROM message WHERE ticket_id = $1 "
        f"AND kind IN ('inbound', 'outbound') AND NOT {sql.member('id', 2)}",
        source.id,
        [entry.id for entry in entries],
    )
    if row is None or not row["kept"]:
        raise NothingLeft(
            "Nothing would be left on the ticket. Merge it into the other one, or leave it."
        )


async def _look_back(work: Work, ticket: TicketFacts) -> None:
    """Bring the ticket's row up to date with the messages that it still has."""
    row = await work.sql.fetch_one(
        "SELECT kind, text, created_at FROM message WHERE ticket_id = $1 "
        "AND (kind = 'inbound' AND NOT unverified OR kind = 'outbound' AND author_kind = 'user') "
        "ORDER BY seq DESC LIMIT 1",
        ticket.id,
    )
    columns: dict[str, object] = {}
    if row is not None:
        columns = {
            "last_words": messages.last_words(row["text"]),
            "last_message_at": as_time(row["created_at"]),
            "last_message_from": "contact" if row["kind"] == MessageKind.INBOUND else "agent",
        }
    told = list[Event]()
    if ticket.waiting_since is not None:
        since = await _waits_since(work.sql, ticket.id, ticket.waiting_since)
        columns["waiting_since"] = since
        told = [] if since == ticket.waiting_since else [WaitChanged(work.now, since)]
    await tickets.update_ticket(work, ticket.id, new_version=False, **columns)
    await clocks.follow(work, ticket.id, *told)


async def rest(work: Work, viewer: Viewer, ticket: TicketFacts) -> None:
    """Let a ticket that only words which went had opened be what it was; its order ends with it.

    One on which somebody waits for an answer, or is to be looked at, stays open.
    """
    if ticket.waiting_since is not None or ticket.status is not TicketStatus.OPEN:
        return
    row = await work.sql.fetch_one(
        "SELECT count(*) AS strange FROM message WHERE ticket_id = $1 AND unverified", ticket.id
    )
    before = await _opened_from(work.sql, ticket.id)
    if before is not None and row is not None and not row["strange"]:
        await set_status(work, viewer, ticket, before)
        await clocks.follow(work, ticket.id)


async def _opened_from(sql: Sql, ticket_id: UUID) -> TicketStatus | None:
    """Return the status that somebody's words opened the ticket from, if that is its last step."""
    row = await sql.fetch_one(
        "SELECT payload FROM journal WHERE ticket_id = $1 AND kind = 'ticket.status_changed' "
        "ORDER BY id DESC LIMIT 1",
        ticket_id,
    )
    step = {} if row is None else as_dict(row["payload"])
    return TicketStatus(step["from"]) if step.get("step") in OPENED_BY_WORDS else None


async def _waits_since(sql: Sql, ticket_id: UUID, before: datetime) -> datetime | None:
    """When the first word of a contact came that no agent has answered yet, here or on a ticket
    that was merged into this one. What is older than the wait so far was answered or solved."""
    row = await sql.fetch_one(
        f"SELECT min(m.created_at) AS since FROM message m WHERE {sql.member('m.ticket_id', 1)} "
        "AND m.kind = 'inbound' AND NOT m.unverified AND m.created_at >= $2 AND m.seq > coalesce("
        "(SELECT max(a.seq) FROM message a WHERE a.ticket_id = m.ticket_id "
        "AND a.kind = 'outbound' AND a.author_kind = 'user'), 0)",
        await _with_absorbed(sql, ticket_id),
        before,
    )
    return None if row is None else as_time_or_none(row["since"])


async def _with_absorbed(sql: Sql, ticket_id: UUID) -> list[UUID]:
    """Return the ticket and all that were merged into it; their messages stayed where they were."""
    found = [ticket_id]
    for one in found:
        rows = await sql.fetch(
            "SELECT payload FROM journal WHERE ticket_id = $1 AND kind = 'ticket.absorbed' "
            "ORDER BY id",
            one,
        )
        found += [UUID(as_dict(row["payload"])["from_ticket_id"]) for row in rows]
    return found


def _entry(row: Row) -> Entry:
    author_id = as_uuid_or_none(row["author_id"])
    by_contact = row["author_kind"] == ActorKind.CONTACT and author_id is not None
    inbox_id = as_uuid_or_none(row["inbox_id"])
    return Entry(
        id=MessageId(as_uuid(row["id"])),
        ticket_id=as_uuid(row["ticket_id"]),
        seq=row["seq"],
        kind=MessageKind(row["kind"]),
        contact_id=ContactId(author_id) if by_contact and author_id else None,
        inbox_id=None if inbox_id is None else InboxId(inbox_id),
        subject=row["subject"] or "",
        text=row["text"],
        language=row["language"] or "",
        sender=row["from_address"] or "",
        unverified=bool(row["unverified"]),
        created_at=as_time(row["created_at"]),
    )


def _no_message(message_id: UUID) -> NotFound:
    return NotFound(f"There is no message {message_id}.", message_id=str(message_id))
