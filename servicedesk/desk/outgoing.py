"""Reads an outbound message back from its rows, ready for its channel. Reads only."""

from collections.abc import Sequence
from uuid import UUID

from servicedesk.desk.inboxes import InboxFacts, get_inbox
from servicedesk.desk.letterhead import Written, dress
from servicedesk.domain.actors import ActorKind
from servicedesk.domain.errors import NotFound
from servicedesk.domain.ids import MessageId, TicketId
from servicedesk.domain.messages import (
    Address,
    MessageKind,
    Outbound,
    OutboundAttachment,
    RecipientKind,
)
from servicedesk.kernel.sql import Row, Sql, as_dict, as_time, as_uuid

MOST_REFERENCES = 50


async def load_outbound(
    sql: Sql, message_id: UUID, external_id: str
) -> tuple[InboxFacts, Outbound]:
    """Return the message with its recipients, files and the ids it answers, and its inbox."""
    row = await sql.fetch_one(
        "SELECT m.id, m.ticket_id, m.seq, m.inbox_id, m.subject, m.text, m.html, m.from_address, "
        "m.from_name, m.author_kind, m.marks, m.created_at, u.name AS agent_name, t.number, "
        "t.language, c.locale FROM message m JOIN ticket t ON t.id = m.ticket_id "
        "JOIN contact c ON c.id = t.contact_id "
        "LEFT JOIN app_user u ON m.author_kind = 'user' AND u.id = m.author_id WHERE m.id = $1",
        message_id,
    )
    if row is None:
        raise NotFound(f"There is no message {message_id}.", message_id=str(message_id))
    inbox = await get_inbox(sql, as_uuid(row["inbox_id"]))
    earlier = await _earlier_ids(sql, row)
    recipients = await _recipients(sql, message_id)
    text, html = await _dressed(sql, inbox, row)
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
        text=text,
        html=html,
        in_reply_to=_answered(earlier),
        references=tuple(external_id for external_id, _ in earlier),
        attachments=await _files(sql, message_id),
        automatic=row["author_kind"] == ActorKind.SYSTEM,
        written_at=as_time(row["created_at"]),
        hops=_hops(row),
    )
    return inbox, outbound


async def _dressed(sql: Sql, inbox: InboxFacts, row: Row) -> tuple[str, str | None]:
    """What an agent wrote goes out under the brand's letterhead."""
    if row["author_kind"] != ActorKind.USER:
        return row["text"], row["html"]
    languages = tuple(tag for tag in (row["locale"], row["language"]) if tag)
    written = Written(
        inbox.brand_id, row["text"], row["html"], row["agent_name"] or "", row["number"], languages
    )
    return await dress(sql, written)


def _hops(row: Row) -> int:
    hops = as_dict(row["marks"]).get("hops")
    return hops if isinstance(hops, int) else 0


def _answered(earlier: Sequence[tuple[str, str]]) -> str:
    """Return what this message answers: the newest of the contact's, or else of ours."""
    theirs = [external_id for external_id, kind in earlier if kind == MessageKind.INBOUND]
    ours = [external_id for external_id, _ in earlier]
    return next(iter(reversed(theirs or ours)), "")


async def _earlier_ids(sql: Sql, row: Row) -> list[tuple[str, str]]:
    """Return the foreign ids of the public messages before this one, with what kind of message
    each is, oldest first."""
    rows = await sql.fetch(
        "SELECT r.external_id, m.kind FROM message m "
        "JOIN message_reference r ON r.message_id = m.id "
        "WHERE m.ticket_id = $1 AND m.seq < $2 AND NOT m.unverified "
        "ORDER BY m.seq DESC LIMIT $3",
        as_uuid(row["ticket_id"]),
        row["seq"],
        MOST_REFERENCES,
    )
    return [(found["external_id"], found["kind"]) for found in reversed(rows)]


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
