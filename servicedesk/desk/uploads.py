"""Files that were uploaded and wait for the message they will go with."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from servicedesk.desk.messages import StoredFile
from servicedesk.domain.actors import system_actor, user_actor
from servicedesk.domain.errors import BadInput
from servicedesk.domain.ids import AttachmentId, MessageId, TicketId, UserId
from servicedesk.kernel import blobs
from servicedesk.kernel.database import Database
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import ids_of
from servicedesk.kernel.work import Work

MOST_FILES = 50
UNSENT_FOR = timedelta(days=1)
SWEEP_PORTION = 500


async def add_upload(database: Database, user_id: UserId, file: StoredFile) -> AttachmentId:
    """Keep an uploaded file (its content is stored already) until its user sends it."""
    attachment_id = AttachmentId(new_id())
    async with database.work(user_actor(user_id)) as work:
        row = {
            "id": attachment_id,
            "uploaded_by": user_id,
            "filename": file.filename[:255],
            "content_type": file.content_type[:127],
            "size_bytes": file.size_bytes,
            "sha256": file.sha256,
            "created_at": work.now,
        }
        await work.sql.insert("attachment", [row])
        await blobs.keep(work.sql, [file.sha256])
    return attachment_id


async def attach_uploads(
    work: Work,
    user_id: UserId,
    attachment_ids: Sequence[UUID],
    ticket_id: TicketId,
    message_id: MessageId,
) -> None:
    """Give the user's uploads to a message, in this order. Raises BadInput for one that is not
    theirs or was sent already."""
    if len(attachment_ids) > MOST_FILES:
        raise BadInput(f"A message takes at most {MOST_FILES} files.", field="attachment_ids")
    for place, attachment_id in enumerate(attachment_ids):
        touched = await work.sql.execute(
            "UPDATE attachment SET message_id = $2, ticket_id = $3, place = $4 "
            "WHERE id = $1 AND uploaded_by = $5 AND message_id IS NULL",
            attachment_id,
            message_id,
            ticket_id,
            place,
            user_id,
        )
        if not touched:
            raise BadInput(
                "An attachment is not among your uploads, or was sent already. Upload it again.",
                field="attachment_ids",
                attachment_id=str(attachment_id),
            )


async def sweep_uploads(database: Database) -> int:
    """Drop files that nobody sent within a day; return how many. A portion at a time."""
    async with database.work(system_actor("sweep")) as work:
        rows = await work.sql.fetch(
            "SELECT id, sha256 FROM attachment WHERE message_id IS NULL AND created_at < $1 "
            f"ORDER BY created_at LIMIT {SWEEP_PORTION} {work.sql.for_update}",
            work.now - UNSENT_FOR,
        )
        if rows:
            await work.sql.execute(
                f"DELETE FROM attachment WHERE {work.sql.member('id', 1)}",
                ids_of(row["id"] for row in rows),
            )
            await blobs.drop(work.sql, [row["sha256"] for row in rows])
    return len(rows)
