"""Reads of messages with their recipients and files, always a whole batch at a time."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from servicedesk.desk.shapes import Attachment, Author, Delivery, Message, Recipient
from servicedesk.domain.actors import ActorKind
from servicedesk.domain.errors import NotFound
from servicedesk.domain.messages import (
    ChannelKind,
    DeliveryState,
    MailClass,
    MessageKind,
    RecipientKind,
    ScanState,
)
from servicedesk.domain.people import Viewer
from servicedesk.kernel.sql import (
    Row,
    Sql,
    as_json,
    as_time,
    as_time_or_none,
    as_uuid,
    as_uuid_or_none,
)
from servicedesk.people.visibility import visible_condition

MOST_CHARACTERS = 65_536
"""Of `text`, and of `quoted_text`, in timelines and frames: thousands of them pass at once."""

_WHOLE = "m.text, m.quoted_text, FALSE AS text_cut"
_BEGINNINGS = f"""
    substr(m.text, 1, {MOST_CHARACTERS}) AS text,
    substr(m.quoted_text, 1, {MOST_CHARACTERS}) AS quoted_text,
    length(m.text) > {MOST_CHARACTERS} OR length(m.quoted_text) > {MOST_CHARACTERS} AS text_cut
"""
_SELECT = """
    SELECT m.id, m.ticket_id, m.seq, m.kind, m.channel, m.author_kind, m.author_id, m.from_address,
        m.subject, {texts}, m.html IS NOT NULL AS has_html, m.unverified, m.why_here,
        m.language, m.mail_class, m.marks, m.delivery_state, m.delivery_error, m.delivery_attempts,
        m.delivery_at,
        m.created_at, coalesce(u.name, c.name, '') AS author_name
    FROM message m
    LEFT JOIN app_user u ON m.author_kind = 'user' AND u.id = m.author_id
    LEFT JOIN contact c ON m.author_kind = 'contact' AND c.id = m.author_id
"""


async def load_messages(sql: Sql, message_ids: Iterable[UUID]) -> dict[UUID, Message]:
    """Return those of the messages that exist, by id, their texts cut.

    Nothing is filtered by who asks.
    """
    wanted = list(message_ids)
    if not wanted:
        return {}
    select = _SELECT.format(texts=_BEGINNINGS)
    rows = await sql.fetch(f"{select} WHERE {sql.member('m.id', 1)}", wanted)
    return {message.id: message for message in await _messages(sql, rows)}


async def get_whole_message(sql: Sql, viewer: Viewer, message_id: UUID) -> Message:
    """Return the message with its texts whole. Raises NotFound, also when it is not theirs."""
    visible, values = visible_condition(viewer, on_sqlite=sql.on_sqlite, ticket="t", first_number=2)
    rows = await sql.fetch(
        f"{_SELECT.format(texts=_WHOLE)} JOIN ticket t ON t.id = m.ticket_id "
        f"WHERE m.id = $1 AND {visible}",
        message_id,
        *values,
    )
    for message in await _messages(sql, rows):
        return message
    raise NotFound(f"There is no message {message_id}.", message_id=str(message_id))


async def newest_messages(
    sql: Sql, ticket_id: UUID, before_seq: int | None, limit: int
) -> list[Message]:
    """Return the ticket's newest messages below `before_seq` (None: the newest), ascending,
    their texts cut.

    Who calls has made sure that the viewer may see the ticket.
    """
    below = "" if before_seq is None else "AND m.seq < $3"
    rows = await sql.fetch(
        f"{_SELECT.format(texts=_BEGINNINGS)} WHERE m.ticket_id = $1 {below} "
        "ORDER BY m.seq DESC LIMIT $2",
        ticket_id,
        limit,
        *(() if before_seq is None else (before_seq,)),
    )
    return await _messages(sql, list(reversed(rows)))


async def _messages(sql: Sql, rows: Sequence[Row]) -> list[Message]:
    ids = [as_uuid(row["id"]) for row in rows]
    if not ids:
        return []
    recipients = await _recipients(sql, ids)
    attachments = await _attachments(sql, ids)
    return [
        _message(row, recipients.get(message_id, []), attachments.get(message_id, []))
        for message_id, row in zip(ids, rows, strict=True)
    ]


async def _recipients(sql: Sql, message_ids: list[UUID]) -> dict[UUID, list[Recipient]]:
    """Return the recipients by message: to, cc, bcc, each in the order they were written."""
    found: dict[UUID, list[Recipient]] = defaultdict(list)
    rows = await sql.fetch(
        "SELECT message_id, kind, address, name, delivery_state, delivery_error "
        "FROM message_recipient "
        f"WHERE {sql.member('message_id', 1)} "
        "ORDER BY message_id, CASE kind WHEN 'to' THEN 1 WHEN 'cc' THEN 2 ELSE 3 END, id",
        message_ids,
    )
    for row in rows:
        found[as_uuid(row["message_id"])].append(
            Recipient(
                kind=RecipientKind(row["kind"]),
                name=row["name"],
                address=row["address"],
                delivery_state=row["delivery_state"] and DeliveryState(row["delivery_state"]),
                delivery_error=row["delivery_error"],
            )
        )
    return found


async def _attachments(sql: Sql, message_ids: list[UUID]) -> dict[UUID, list[Attachment]]:
    found: dict[UUID, list[Attachment]] = defaultdict(list)
    rows = await sql.fetch(
        "SELECT a.id, a.message_id, a.filename, a.content_type, a.size_bytes, a.inline, "
        "coalesce(b.scan_state, 'blocked') AS scan_state "
        "FROM attachment a LEFT JOIN blob b ON b.sha256 = a.sha256 "
        f"WHERE {sql.member('a.message_id', 1)} ORDER BY a.message_id, a.place, a.id",
        message_ids,
    )
    for row in rows:
        found[as_uuid(row["message_id"])].append(
            Attachment(
                id=as_uuid(row["id"]),
                filename=row["filename"],
                content_type=row["content_type"],
                size_bytes=row["size_bytes"],
                inline=bool(row["inline"]),
                scan_state=ScanState(row["scan_state"]),
            )
        )
    return found


def _message(row: Row, recipients: list[Recipient], attachments: list[Attachment]) -> Message:
    return Message(
        id=as_uuid(row["id"]),
        ticket_id=as_uuid(row["ticket_id"]),
        seq=row["seq"],
        kind=MessageKind(row["kind"]),
        channel=ChannelKind(row["channel"]),
        author=Author(
            kind=ActorKind(row["author_kind"]),
            id=as_uuid_or_none(row["author_id"]),
            name=row["author_name"],
        ),
        from_address=row["from_address"],
        recipients=recipients,
        subject=row["subject"],
        text=row["text"],
        quoted_text=row["quoted_text"],
        text_cut=bool(row["text_cut"]),
        has_html=bool(row["has_html"]),
        attachments=attachments,
        delivery=_delivery(row),
        created_at=as_time(row["created_at"]),
        unverified=bool(row["unverified"]),
        why_here=as_json(row["why_here"]),
        language=row["language"],
        mail_class=row["mail_class"] and MailClass(row["mail_class"]),
        marks=as_json(row["marks"]),
    )


def _delivery(row: Row) -> Delivery | None:
    if row["delivery_state"] is None:
        return None
    return Delivery(
        state=DeliveryState(row["delivery_state"]),
        error=row["delivery_error"],
        attempts=row["delivery_attempts"],
        at=as_time_or_none(row["delivery_at"]),
    )
