"""Reads an outbound message back from its rows, ready for its channel. Reads only."""

from uuid import UUID

from servicedesk.desk.inboxes import InboxFacts, get_inbox
from servicedesk.domain.errors import NotFound
from servicedesk.domain.ids import MessageId, TicketId
from servicedesk.domain.messages import (
    Address,
    Outbound,
    OutboundAttachment,
    RecipientKind,
)
from servicedesk.kernel.sql import Row, Sql, as_uuid

MOST_REFERENCES = 50


async def load_outbound(
    sql: Sql, message_id: UUID, external_id: str
) -> tuple[InboxFacts, Outbound]:
    """Return the message with its recipients, files and the ids it answers, and its inbox."""
    row = await sql.fetch_one(
        "SELECT id, ticket_id, seq, inbox_id, subject, text, html, from_address, from_name "
        "FROM message WHERE id = $1",
        message_id,
    )
    if row is None:
        raise NotFound(f"There is no message {message_id}.", message_id=str(message_id))
    inbox = await get_inbox(sql, as_uuid(row["inbox_id"]))
    earlier = await _earlier_ids(sql, row)
    recipients = await _recipients(sql, message_id)
    outbound = Outbound(
        message_id=MessageId(as_uuid(row["id"])),
        ticket_id=TicketId(as_uuid(row["ticket_id"])),
        inbox_id=inbox.id,
        external_id=external_id,
        from_address=Address(row["from_address"] or inbox.address, row["from_name"] or inbox.name),
        to=recipients[RecipientKind.TO],
        cc=recipients[RecipientKind.CC],
        bcc=recipients[RecipientKind.BCC],
        subject=row["subject"] or "",
        text=row["text"],
        html=row["html"],
        in_reply_to=earlier[-1] if earlier else "",
        references=tuple(earlier),
        attachments=await _files(sql, message_id),
    )
    return inbox, outbound


async def _earlier_ids(sql: Sql, row: Row) -> list[str]:
    """Return the foreign ids of the public messages before this one, oldest first."""
    rows = await sql.fetch(
        "SELECT r.external_id FROM message m JOIN message_reference r ON r.message_id = m.id "
        "WHERE m.ticket_id = $1 AND m.seq < $2 AND NOT m.unverified "
        "ORDER BY m.seq DESC LIMIT $3",
        as_uuid(row["ticket_id"]),
        row["seq"],
        MOST_REFERENCES,
    )
    return [found["external_id"] for found in reversed(rows)]


async def _recipients(sql: Sql, message_id: UUID) -> dict[RecipientKind, tuple[Address, ...]]:
    rows = await sql.fetch(
        "SELECT kind, address, name FROM message_recipient WHERE message_id = $1 ORDER BY id",
        message_id,
    )
    return {
        kind: tuple(Address(row["address"], row["name"]) for row in rows if row["kind"] == kind)
        for kind in RecipientKind
    }


async def _files(sql: Sql, message_id: UUID) -> tuple[OutboundAttachment, ...]:
    rows = await sql.fetch(
        "SELECT filename, content_type, sha256, size_bytes, inline, content_id FROM attachment "
        "WHERE message_id = $1 ORDER BY place",
        message_id,
    )
    return tuple(
        OutboundAttachment(
            filename=row["filename"],
            content_type=row["content_type"],
            sha256=row["sha256"],
            size_bytes=row["size_bytes"],
            inline=bool(row["inline"]),
            content_id=row["content_id"] or "",
        )
        for row in rows
    )
