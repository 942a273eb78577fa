"""The store of tickets: the only place that writes the ticket table and its memberships."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from servicedesk.domain.errors import NotFound
from servicedesk.domain.ids import (
    BrandId,
    ContactId,
    InboxId,
    QueueId,
    TeamId,
    TicketId,
    UserId,
)
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.tickets import ParticipantRole, Priority, TicketStatus
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.numbers import TICKET_SERIES, next_number
from servicedesk.kernel.sql import Row, Sql, as_time_or_none, as_uuid, as_uuid_or_none
from servicedesk.kernel.work import Work

COLUMNS = (
    "id, number, subject, status, priority, channel, brand_id, inbox_id, queue_id, team_id, "
    "assignee_id, contact_id, version, last_seq, waiting_since, merged_into_id"
)


@dataclass(frozen=True, slots=True)
class TicketFacts:
    """What stories need to know of a ticket."""

    id: TicketId
    number: int
    subject: str
    status: TicketStatus
    priority: Priority
    channel: ChannelKind
    brand_id: BrandId
    inbox_id: InboxId
    queue_id: QueueId
    team_id: TeamId
    assignee_id: UserId | None
    contact_id: ContactId
    version: int
    last_seq: int
    waiting_since: datetime | None
    merged_into_id: TicketId | None


@dataclass(frozen=True, slots=True)
class FirstWords:
    """The contact's message that a ticket begins with, as lists show it. `asks_for_work`: the
    contact waits for us from now on."""

    last_words: str
    asks_for_work: bool


@dataclass(frozen=True, slots=True)
class NewTicket:
    """A ticket about to be opened. `first` None: its first message is written after it. `number`
    None: the next one is drawn."""

    subject: str
    status: TicketStatus
    priority: Priority
    channel: ChannelKind
    brand_id: BrandId
    inbox_id: InboxId
    queue_id: QueueId
    team_id: TeamId
    contact_id: ContactId
    assignee_id: UserId | None = None
    language: str | None = None
    follows_up_id: TicketId | None = None
    first: FirstWords | None = None
    number: int | None = None
    id: TicketId = field(default_factory=lambda: TicketId(new_id()))


async def insert_ticket(work: Work, new: NewTicket) -> TicketFacts:
    """Open a ticket with the next number, its requester and its inbox."""
    ticket_id = new.id
    number = new.number or await next_number(work.sql, TICKET_SERIES)
    waiting_since = work.now if new.first is not None and new.first.asks_for_work else None
    row = {
        "id": ticket_id,
        "number": number,
        "subject": new.subject,
        "status": new.status,
        "priority": int(new.priority),
        "channel": new.channel,
        "brand_id": new.brand_id,
        "inbox_id": new.inbox_id,
        "queue_id": new.queue_id,
        "team_id": new.team_id,
        "assignee_id": new.assignee_id,
        "contact_id": new.contact_id,
        "language": new.language,
        "follows_up_id": new.follows_up_id,
        "created_at": work.now,
        "updated_at": work.now,
        "waiting_since": waiting_since,
    }
    if new.first is not None:
        row |= {
            "last_seq": 1,
            "last_words": new.first.last_words,
            "last_message_at": work.now,
            "last_message_from": "contact",
        }
    await work.sql.insert_later("ticket", [row])
    await add_participant(work.sql, ticket_id, ParticipantRole.REQUESTER, new.contact_id)
    await join_inbox(work.sql, ticket_id, new.inbox_id)
    return TicketFacts(
        id=ticket_id,
        number=number,
        subject=new.subject,
        status=new.status,
        priority=new.priority,
        channel=new.channel,
        brand_id=new.brand_id,
        inbox_id=new.inbox_id,
        queue_id=new.queue_id,
        team_id=new.team_id,
        assignee_id=new.assignee_id,
        contact_id=new.contact_id,
        version=1,
        last_seq=0 if new.first is None else 1,
        waiting_since=waiting_since,
        merged_into_id=None,
    )


async def lock_ticket(sql: Sql, ticket_id: UUID) -> TicketFacts:
    """Return the ticket, locked until the transaction ends. Raises NotFound."""
    row = await sql.fetch_one(
        f"SELECT {COLUMNS} FROM ticket WHERE id = $1 {sql.for_update}", ticket_id
    )
    if row is None:
        raise NotFound(f"There is no ticket {ticket_id}.", ticket_id=str(ticket_id))
    return _facts(row)


async def find_tickets(sql: Sql, ticket_ids: list[UUID]) -> dict[UUID, TicketFacts]:
    """Return those of the tickets that exist, by id, not locked."""
    if not ticket_ids:
        return {}
    rows = await sql.fetch(f"SELECT {COLUMNS} FROM ticket WHERE {sql.member('id', 1)}", ticket_ids)
    return {as_uuid(row["id"]): _facts(row) for row in rows}


async def update_ticket(
    work: Work, ticket_id: UUID, *, new_version: bool = False, **columns: object
) -> None:
    """Set columns of a locked ticket. `new_version` for changes that If-Match guards."""
    values = {"updated_at": work.now, **columns}
    settings = [f"{name} = ${place}" for place, name in enumerate(values, start=2)]
    if new_version:
        settings.append("version = version + 1")
    await work.sql.execute(
        f"UPDATE ticket SET {', '.join(settings)} WHERE id = $1", ticket_id, *values.values()
    )


async def add_participant(
    sql: Sql, ticket_id: UUID, role: ParticipantRole, contact_id: UUID
) -> None:
    """Make the contact take part; one who does already keeps their role."""
    row = {"id": new_id(), "ticket_id": ticket_id, "role": role, "contact_id": contact_id}
    await sql.insert_later("participant", [row], "ON CONFLICT DO NOTHING")


async def join_inbox(sql: Sql, ticket_id: UUID, inbox_id: UUID) -> None:
    row = {"id": new_id(), "ticket_id": ticket_id, "inbox_id": inbox_id}
    await sql.insert_later("ticket_inbox", [row], "ON CONFLICT DO NOTHING")


async def mark_read(sql: Sql, ticket_id: UUID, user_id: UUID, seq: int) -> None:
    """Remember how far the user has read; never goes back."""
    row = {"id": new_id(), "ticket_id": ticket_id, "user_id": user_id, "seq": seq}
    await sql.insert(
        "ticket_read",
        [row],
        "ON CONFLICT (user_id, ticket_id) DO UPDATE SET seq = excluded.seq "
        "WHERE ticket_read.seq < excluded.seq",
    )


def _facts(row: Row) -> TicketFacts:
    assignee_id = as_uuid_or_none(row["assignee_id"])
    merged_into_id = as_uuid_or_none(row["merged_into_id"])
    return TicketFacts(
        id=TicketId(as_uuid(row["id"])),
        number=row["number"],
        subject=row["subject"],
        status=TicketStatus(row["status"]),
        priority=Priority(row["priority"]),
        channel=ChannelKind(row["channel"]),
        brand_id=BrandId(as_uuid(row["brand_id"])),
        inbox_id=InboxId(as_uuid(row["inbox_id"])),
        queue_id=QueueId(as_uuid(row["queue_id"])),
        team_id=TeamId(as_uuid(row["team_id"])),
        assignee_id=None if assignee_id is None else UserId(assignee_id),
        contact_id=ContactId(as_uuid(row["contact_id"])),
        version=row["version"],
        last_seq=row["last_seq"],
        waiting_since=as_time_or_none(row["waiting_since"]),
        merged_into_id=None if merged_into_id is None else TicketId(merged_into_id),
    )
