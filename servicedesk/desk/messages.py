"""The store of messages: timeline entries with their recipients, files and foreign ids."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from servicedesk.domain.actors import ActorKind
from servicedesk.domain.ids import MessageId
from servicedesk.domain.messages import (
    Address,
    ChannelKind,
    DeliveryState,
    MailClass,
    MessageKind,
    RecipientKind,
)
from servicedesk.domain.plain import one_line
from servicedesk.kernel import blobs
from servicedesk.kernel.blobs import Laid
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import Sql
from servicedesk.kernel.work import Work

LAST_WORDS_LENGTH = 200


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file whose content already lies in the blob store.

    `laid`: without a row that counts it (`Blobs.lay`).
    """

    sha256: str
    filename: str
    content_type: str
    size_bytes: int
    inline: bool = False
    content_id: str = ""
    laid: bool = False


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A timeline entry about to be written. `seq` is given under the ticket's lock."""

    ticket_id: UUID
    seq: int
    kind: MessageKind
    channel: ChannelKind
    author_kind: ActorKind
    author_id: UUID | None
    text: str
    inbox_id: UUID | None = None
    from_address: Address | None = None
    reply_to: Address | None = None
    subject: str | None = None
    quoted_text: str = ""
    html: str | None = None
    raw_blob: str | None = None
    mail_class: MailClass | None = None
    unverified: bool = False
    why_here: dict[str, object] | None = None
    language: str | None = None
    delivery_state: DeliveryState | None = None
    marks: dict[str, object] | None = None
    id: MessageId = field(default_factory=lambda: MessageId(new_id()))


async def insert_message(work: Work, new: NewMessage) -> MessageId:
    row = {
        "id": new.id,
        "ticket_id": new.ticket_id,
        "seq": new.seq,
        "kind": new.kind,
        "channel": new.channel,
        "inbox_id": new.inbox_id,
        "author_kind": new.author_kind,
        "author_id": new.author_id,
        "from_address": new.from_address.value if new.from_address else None,
        "from_name": one_line(new.from_address.name, 200) if new.from_address else None,
        "reply_to": new.reply_to.value if new.reply_to else None,
        "subject": new.subject,
        "text": new.text,
        "quoted_text": new.quoted_text,
        "html": new.html,
        "raw_blob": new.raw_blob,
        "mail_class": new.mail_class,
        "unverified": new.unverified,
        "why_here": new.why_here,
        "marks": new.marks,
        "language": new.language,
        "delivery_state": new.delivery_state,
        "created_at": work.now,
    }
    await work.sql.insert_later("message", [row])
    if new.raw_blob is not None:
        await blobs.keep_later(work.sql, [new.raw_blob])
    return new.id


async def insert_recipients(
    sql: Sql, message_id: UUID, recipients: Sequence[tuple[RecipientKind, Address]]
) -> None:
    if not recipients:
        return
    rows = [
        {
            "id": new_id(),
            "message_id": message_id,
            "kind": kind,
            "address": address.value,
            "name": address.name[:200],
        }
        for kind, address in recipients
    ]
    await sql.insert_later("message_recipient", rows)


async def insert_files(
    work: Work, ticket_id: UUID, message_id: UUID, files: Sequence[StoredFile]
) -> None:
    """Attach files to a message; each takes a reference to its blob."""
    if not files:
        return
    rows = [
        {
            "id": new_id(),
            "message_id": message_id,
            "ticket_id": ticket_id,
            "place": place,
            "filename": one_line(file.filename, 255),
            "content_type": file.content_type[:127],
            "size_bytes": file.size_bytes,
            "sha256": file.sha256,
            "inline": file.inline,
            "content_id": file.content_id[:255] or None,
            "created_at": work.now,
        }
        for place, file in enumerate(files)
    ]
    await work.sql.insert_later("attachment", rows)
    laid = [Laid(file.sha256, file.size_bytes, work.now) for file in files if file.laid]
    await blobs.keep_laid(work.sql, laid)
    await blobs.keep_later(work.sql, [file.sha256 for file in files if not file.laid])


async def insert_reference(
    work: Work, inbox_id: UUID, external_id: str, ticket_id: UUID, message_id: UUID
) -> None:
    """Remember a foreign id, so that answers which name it find the ticket."""
    row = {
        "id": new_id(),
        "inbox_id": inbox_id,
        "external_id": external_id,
        "ticket_id": ticket_id,
        "message_id": message_id,
        "created_at": work.now,
    }
    await work.sql.insert_later("message_reference", [row])


def last_words(text: str) -> str:
    """Return the first words of a message on one line, as lists show them."""
    return " ".join(text[: LAST_WORDS_LENGTH * 4].split())[:LAST_WORDS_LENGTH]
