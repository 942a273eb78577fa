"""Reads of files: attachments, and a message as it came in, each only for who sees its ticket."""

from dataclasses import dataclass
from uuid import UUID

from servicedesk.domain.errors import NotFound
from servicedesk.domain.messages import ScanState
from servicedesk.domain.people import Viewer
from servicedesk.kernel.sql import Row, Sql
from servicedesk.people.visibility import visible_condition


@dataclass(frozen=True, slots=True)
class FileFacts:
    """`content_id` (without brackets) is what a message's html names an inline picture by."""

    filename: str
    content_type: str
    size_bytes: int
    sha256: str
    scan_state: ScanState
    content_id: str


@dataclass(frozen=True, slots=True)
class Original:
    """A message as it came. `html` is not sanitized. None: it has none."""

    html: str | None
    raw_blob: str | None


_FILE = """
    SELECT a.filename, a.content_type, a.size_bytes, a.sha256, a.content_id,
        coalesce(b.scan_state, 'blocked') AS scan_state
    FROM attachment a LEFT JOIN blob b ON b.sha256 = a.sha256
"""


async def get_file(sql: Sql, viewer: Viewer, attachment_id: UUID) -> FileFacts:
    """Return a file of a visible ticket, or one that the viewer uploaded and has not sent yet.

    Raises NotFound.
    """
    visible, values = visible_condition(viewer, on_sqlite=sql.on_sqlite, ticket="t", first_number=3)
    row = await sql.fetch_one(
        f"{_FILE} LEFT JOIN ticket t ON t.id = a.ticket_id WHERE a.id = $1 AND ("
        "(a.message_id IS NULL AND a.uploaded_by = $2) "
        f"OR (a.message_id IS NOT NULL AND t.id IS NOT NULL AND {visible}))",
        attachment_id,
        viewer.user_id,
        *values,
    )
    if row is None:
        raise NotFound(f"There is no file {attachment_id}.", attachment_id=str(attachment_id))
    return _file(row)


async def get_original(sql: Sql, viewer: Viewer, message_id: UUID) -> Original:
    """Return the message's html and raw form. Raises NotFound."""
    visible, values = visible_condition(viewer, on_sqlite=sql.on_sqlite, ticket="t", first_number=2)
    row = await sql.fetch_one(
        "SELECT m.html, m.raw_blob FROM message m JOIN ticket t ON t.id = m.ticket_id "
        f"WHERE m.id = $1 AND {visible}",
        message_id,
        *values,
    )
    if row is None:
        raise NotFound(f"There is no message {message_id}.", message_id=str(message_id))
    return Original(row["html"], row["raw_blob"])


async def named_pictures(sql: Sql, message_id: UUID) -> list[FileFacts]:
    """Return the message's files that its html can name. The caller has checked the sight."""
    rows = await sql.fetch(
        f"{_FILE} WHERE a.message_id = $1 AND a.content_id IS NOT NULL ORDER BY a.place", message_id
    )
    return [_file(row) for row in rows]


def _file(row: Row) -> FileFacts:
    return FileFacts(
        filename=row["filename"],
        content_type=row["content_type"],
        size_bytes=row["size_bytes"],
        sha256=row["sha256"],
        scan_state=ScanState(row["scan_state"]),
        content_id=row["content_id"] or "",
    )
