"""The store of calendars: working hours with holidays, of which every edit makes a new version."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from servicedesk.domain.actors import Actor
from servicedesk.domain.errors import Conflict
from servicedesk.domain.ids import Position
from servicedesk.kernel.database import Database
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import Row, Sql, as_dict, as_json, as_time, as_uuid
from servicedesk.kernel.work import Work
from servicedesk.sla.calendar.hours import refuse_if_never_opens
from servicedesk.sla.calendar.reading import CalendarDocument, document_of, hours_of
from servicedesk.sla.reach import check_calendar_reach
from servicedesk.sla.setup import lock_setup
from servicedesk.sla.shapes import CalendarValue, HolidayPlace
from servicedesk.sla.versioned import Store, checked_name


class CalendarNameTaken(Conflict):
    code = "name-taken"


class CalendarInUse(Conflict):
    """Something counts by the calendar; `where` says what: "default" or queues, by their names."""

    code = "calendar-in-use"


@dataclass(frozen=True, slots=True)
class NewCalendar:
    """`names`: of holidays, by their date."""

    name: str
    document: CalendarDocument
    names: Mapping[str, str] = field(default_factory=dict)
    sources: Sequence[HolidayPlace] = ()
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class CalendarChanges:
    """What shall become different; None leaves it as it is."""

    name: str | None = None
    document: CalendarDocument | None = None
    names: Mapping[str, str] | None = None
    sources: Sequence[HolidayPlace] | None = None
    is_default: bool | None = None


async def create_calendar(
    database: Database, actor: Actor, new: NewCalendar
) -> tuple[UUID, Position]:
    """Add a calendar. Raises CalendarInvalid, NeverOpens, BadInput and CalendarNameTaken."""
    async with database.work(actor) as work:
        calendar_id = await add_calendar(work, new)
    return calendar_id, work.position


async def add_calendar(work: Work, new: NewCalendar) -> UUID:
    """Add a calendar inside a story of another kind. Raises as `create_calendar`."""
    document = checked(new.document)
    await lock_setup(work)
    calendar_id = new_id()
    if new.is_default:
        await _no_default(work)
    row = {
        "id": calendar_id,
        "name": checked_name(new.name),
        "is_default": new.is_default,
        "sources": _sources(new.sources),
        "created_at": work.now,
    }
    if not await work.sql.insert("calendar", [row], "ON CONFLICT (name) DO NOTHING"):
        raise _name_taken()
    await _add_version(work, calendar_id, 1, (document, new.names))
    await CALENDARS.count_anew(work, "calendar.created", calendar_id)
    return calendar_id


async def change_calendar(
    database: Database, actor: Actor, calendar_id: UUID, version: int, changes: CalendarChanges
) -> Position:
    """Change a calendar; other hours make a new version. Raises as `create_calendar`, and
    VersionMismatch."""
    async with database.work(actor) as work:
        await lock_setup(work)
        before = await CALENDARS.get_at(work.sql, calendar_id, version)
        name = before.name if changes.name is None else checked_name(changes.name)
        if name != before.name and await _has_name(work.sql, name):
            raise _name_taken()
        document = before.document if changes.document is None else checked(changes.document)
        names = before.names if changes.names is None else changes.names
        is_new = (document, dict(names)) != (before.document, before.names)
        revision = before.revision + 1 if is_new else before.revision
        if changes.is_default:
            await _no_default(work)
        sources = before.sources if changes.sources is None else changes.sources
        await work.sql.execute(
            "UPDATE calendar SET name = $2, is_default = $3, sources = $4, revision = $5, "
            "version = version + 1 WHERE id = $1",
            calendar_id,
            name,
            before.is_default if changes.is_default is None else changes.is_default,
            _sources(sources),
            revision,
        )
        if is_new:
            await _add_version(work, calendar_id, revision, (document, names))
        await CALENDARS.count_anew(work, "calendar.changed", calendar_id)
    return work.position


async def archive_calendar(work: Work, calendar_id: UUID, version: int) -> None:
    """Take a calendar that no queue has out of use. Raises NotFound, VersionMismatch, and
    CalendarInUse for the default one."""
    await lock_setup(work)
    found = await CALENDARS.get_at(work.sql, calendar_id, version)
    if found.is_default:
        raise CalendarInUse(
            "Every queue without a calendar of its own counts by this one. Make another one the "
            "default first.",
            where=["default"],
        )
    await CALENDARS.archive(work, "calendar.archived", calendar_id)


def checked(document: CalendarDocument) -> CalendarDocument:
    """Return the one document for these hours. Raises CalendarInvalid, and NeverOpens: any calendar
    may become that of a queue, whose targets could then never be due."""
    hours = hours_of(document)
    refuse_if_never_opens(hours)
    return document_of(hours)


async def _no_default(work: Work) -> None:
    await work.sql.execute("UPDATE calendar SET is_default = false WHERE is_default")


async def _add_version(
    work: Work,
    calendar_id: UUID,
    revision: int,
    content: tuple[CalendarDocument, Mapping[str, str]],
) -> None:
    document, names = content
    await check_calendar_reach(work.sql, document)
    kept = {day: names[day] for day in document.holidays if day in names}
    await CALENDARS.add_version(work, calendar_id, revision, document, names=kept)


async def _has_name(sql: Sql, name: str) -> bool:
    return await sql.fetch_one("SELECT id FROM calendar WHERE name = $1", name) is not None


def _name_taken() -> CalendarNameTaken:
    return CalendarNameTaken("Another calendar has this name. Choose a different one.", path="name")


def _sources(places: Sequence[HolidayPlace]) -> str:
    return f"[{','.join(place.model_dump_json() for place in places)}]"


def _value(row: Row) -> CalendarValue:
    return CalendarValue(
        id=as_uuid(row["id"]),
        name=row["name"],
        is_default=bool(row["is_default"]),
        document=CalendarDocument.model_validate(as_dict(row["document"])),
        names=as_dict(row["names"]),
        sources=[HolidayPlace.model_validate(one) for one in as_json(row["sources"])],
        revision=int(row["revision"]),
        version=int(row["version"]),
        created_at=as_time(row["created_at"]),
    )


CALENDARS = Store(
    word="calendar",
    table="calendar",
    versions="calendar_version",
    owner="calendar_id",
    columns="one.is_default, one.sources, newest.names",
    order="one.name",
    read=_value,
)
