"""Taking a calendar out of use: refused while a queue counts by it."""

from uuid import UUID

from servicedesk.domain.actors import Actor
from servicedesk.domain.ids import Position
from servicedesk.kernel.database import Database
from servicedesk.sla.calendars import CalendarInUse, archive_calendar

MOST_NAMES = 5


async def drop_calendar(
    database: Database, actor: Actor, calendar_id: UUID, version: int
) -> Position:
    """A story. Raises NotFound, VersionMismatch, and CalendarInUse naming some of the queues."""
    async with database.work(actor) as work:
        queues = await work.sql.fetch(
            "SELECT name FROM queue WHERE calendar_id = $1 ORDER BY name LIMIT $2",
            calendar_id,
            MOST_NAMES,
        )
        if queues:
            where = [row["name"] for row in queues]
            raise CalendarInUse(
                f"Queues count by this calendar: {', '.join(where)}. Give them another one first.",
                where=where,
            )
        await archive_calendar(work, calendar_id, version)
    return work.position
