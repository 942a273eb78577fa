"""/api/calendars: working hours, their holidays, and questions to them."""

from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from servicedesk.app.api.answers import answer, done
from servicedesk.app.api.context import actor, services
from servicedesk.app.api.downloads import content_disposition
from servicedesk.app.api.inputs import Body, Name, PageQuery, Query
from servicedesk.app.api.operation import ADMINISTRATORS, SUPERVISORS, Operation
from servicedesk.domain.errors import BadInput
from servicedesk.domain.ids import Position
from servicedesk.kernel.http.bodies import read_body
from servicedesk.kernel.http.conditions import expected_version
from servicedesk.kernel.http.pages import Cursor, Listing, page_of_all
from servicedesk.routing.calendar_use import drop_calendar
from servicedesk.sla import calendars as store
from servicedesk.sla.calendar.arithmetic import Calendar
from servicedesk.sla.calendar.reading import CalendarDocument, hours_of
from servicedesk.sla.calendars import CALENDARS, CalendarChanges, NewCalendar
from servicedesk.sla.holidays import (
    Holiday,
    countries,
    holidays_of,
    read_icalendar,
    write_icalendar,
)
from servicedesk.sla.promises import LONGEST_TARGET_SECONDS
from servicedesk.sla.reach import refuse_out_of_reach
from servicedesk.sla.setup import calendar_version, load_calendars
from servicedesk.sla.shapes import (
    CalendarAnswer,
    CalendarValue,
    HolidayCountries,
    HolidayCountry,
    HolidayPlace,
    Holidays,
    HolidayValue,
    OpenWindow,
    OpenWindows,
)

BY_NAME = Cursor(tuple[str, UUID])
MOST_WINDOW_DAYS = 400
LARGEST_FILE_BYTES = 1_000_000
ICALENDAR = "text/calendar"

Names = Annotated[dict[str, Annotated[str, StringConstraints(max_length=200)]], Field()]
Places = Annotated[list[HolidayPlace], Field(max_length=50)]
Year = Annotated[int, Field(ge=1970, le=2100)]


class NewCalendarBody(Body):
    name: Name
    document: CalendarDocument
    names: Names = Field(default_factory=dict, max_length=5_000)
    sources: Places = Field(default_factory=list)
    is_default: bool = False


class CalendarChangesBody(Body):
    name: Name | None = None
    document: CalendarDocument | None = None
    names: Names | None = Field(None, max_length=5_000)
    sources: Places | None = None
    is_default: bool | None = None


class CalendarQuestionBody(Body):
    """When have so many working seconds passed? `start` null: from now on."""

    document: CalendarDocument
    seconds: int = Field(ge=1, le=LONGEST_TARGET_SECONDS)
    start: AwareDatetime | None = None


class WindowsQuery(Query):
    revision: int = Field(ge=1, le=1_000_000)
    start: AwareDatetime
    end: AwareDatetime


class HolidaysQuery(Query):
    country: str = Field(pattern=r"^[A-Z]{2,3}$")
    region: str | None = Field(None, max_length=10)
    from_year: Year
    to_year: Year
    language: str | None = Field(None, max_length=10)


class ImportQuery(Query):
    from_year: Year
    to_year: Year


@Operation(tag="calendars", answers=Listing[CalendarValue])
async def list_calendars(request: Request, query: PageQuery) -> Response:
    """List calendars by name, with their hours and holidays."""
    found = await CALENDARS.load_all(services(request).database.sql)
    items, following = page_of_all(found, query, BY_NAME, lambda one: (one.name, one.id))
    return answer(Listing[CalendarValue](items=items, next=following))


@Operation(
    tag="calendars",
    answers=CalendarValue,
    status=201,
    roles=ADMINISTRATORS,
    idempotent=True,
    problems=(409, 422),
)
async def add_calendar(request: Request, json: NewCalendarBody) -> Response:
    """Add a calendar. One without hours on any weekday is refused."""
    new = NewCalendar(json.name, json.document, json.names, json.sources, json.is_default)
    calendar_id, position = await store.create_calendar(
        services(request).database, actor(request), new
    )
    return await _answer(request, calendar_id, position, status=201)


@Operation(
    tag="calendars",
    answers=CalendarValue,
    roles=ADMINISTRATORS,
    conditional=True,
    problems=(409, 422),
)
async def save_calendar(request: Request, json: CalendarChangesBody) -> Response:
    """Change a calendar. Other hours are a new version; open clocks count by it from now on."""
    calendar_id = request.path_params["calendar_id"]
    changes = CalendarChanges(json.name, json.document, json.names, json.sources, json.is_default)
    version = expected_version(request.headers.get("if-match"))
    position = await store.change_calendar(
        services(request).database, actor(request), calendar_id, version, changes
    )
    return await _answer(request, calendar_id, position)


@Operation(tag="calendars", status=204, roles=ADMINISTRATORS, conditional=True, problems=(409,))
async def remove_calendar(request: Request) -> Response:
    """Take a calendar out of use; 409 `calendar-in-use` while queues or the default count by it.

    What was counted by it stays as it is, and can still be verified.
    """
    version = expected_version(request.headers.get("if-match"))
    calendar_id = request.path_params["calendar_id"]
    return done(
        await drop_calendar(services(request).database, actor(request), calendar_id, version)
    )


@Operation(tag="calendars", answers=CalendarAnswer, roles=SUPERVISORS, problems=(422,))
async def ask_calendar(request: Request, json: CalendarQuestionBody) -> Response:
    """When would so much working time have passed, within 50 years? The hours need not be saved."""
    hours = hours_of(json.document)
    refuse_out_of_reach(hours, json.seconds)
    calendar = Calendar(hours)
    start = json.start or await services(request).database.now()
    at = calendar.add(start, json.seconds)
    found = CalendarAnswer(
        start=start.astimezone(UTC),
        at=at,
        wall_seconds=(at - start).total_seconds(),
        is_open_at_start=calendar.is_open(start),
    )
    return answer(found)


@Operation(tag="calendars", answers=OpenWindows)
async def list_windows(request: Request, query: WindowsQuery) -> Response:
    """List the working time of one version between two instants, at most 400 days apart."""
    if query.end - query.start > timedelta(days=MOST_WINDOW_DAYS):
        raise BadInput(f"Ask for at most {MOST_WINDOW_DAYS} days at once.", path="end")
    version = calendar_version(request.path_params["calendar_id"], query.revision)
    calendars = await load_calendars(services(request).database.sql, [version])
    found = calendars[version].windows(query.start, query.end)
    return answer(
        OpenWindows(
            calendar=version,
            start=query.start.astimezone(UTC),
            end=query.end.astimezone(UTC),
            windows=[OpenWindow(opens=opens, closes=closes) for opens, closes in found],
        )
    )


@Operation(tag="calendars", answers=HolidayCountries)
async def list_holiday_countries(_request: Request) -> Response:
    """List the countries and regions of which holidays are known."""
    found = [
        HolidayCountry(country=country, regions=sorted(regions))
        for country, regions in sorted(countries().items())
    ]
    return answer(HolidayCountries(countries=found))


@Operation(tag="calendars", answers=Holidays)
async def list_holidays(_request: Request, query: HolidaysQuery) -> Response:
    """List public holidays of a country or region, to be looked through."""
    years = _years(query.from_year, query.to_year)
    return _listed(holidays_of(query.country, query.region, years, query.language))


@Operation(
    tag="calendars",
    answers=Holidays,
    roles=ADMINISTRATORS,
    takes_bytes=True,
    problems=(413, 422),
)
async def read_holiday_file(request: Request, query: ImportQuery) -> Response:
    """Read holidays out of an iCalendar file, to be looked through. Nothing is saved."""
    content = await read_body(request, LARGEST_FILE_BYTES)
    return _listed(read_icalendar(content, _years(query.from_year, query.to_year)))


@Operation(tag="calendars", media_type=ICALENDAR)
async def download_holidays(request: Request) -> Response:
    """Download a calendar's holidays as an iCalendar file."""
    sql = services(request).database.sql
    found = await CALENDARS.get(sql, request.path_params["calendar_id"])
    days = [
        Holiday(datetime.fromisoformat(day).date(), found.names.get(day, found.name))
        for day in found.document.holidays
    ]
    disposition = content_disposition(f"{found.name}.ics", inline=False)
    return Response(
        write_icalendar(days),
        media_type=ICALENDAR,
        headers={"Content-Disposition": disposition, "Cache-Control": "no-store"},
    )


def _years(first: int, last: int) -> range:
    if not first <= last <= first + 30:
        raise BadInput("Ask for at most 30 years, the first one first.", path="to_year")
    return range(first, last + 1)


def _listed(found: list[Holiday]) -> Response:
    values = [HolidayValue(day=one.day.isoformat(), name=one.name) for one in found]
    return answer(Holidays(holidays=values))


async def _answer(
    request: Request, calendar_id: UUID, position: Position, status: int = 200
) -> Response:
    found = await CALENDARS.get(services(request).database.sql, calendar_id)
    return answer(found, status=status, position=position, version=found.version)


ROUTES = [
    Route("/api/calendars", list_calendars, methods=["GET"]),
    Route("/api/calendars", add_calendar, methods=["POST"]),
    Route("/api/calendars/{calendar_id:uuid}", save_calendar, methods=["PATCH"]),
    Route("/api/calendars/{calendar_id:uuid}", remove_calendar, methods=["DELETE"]),
    Route("/api/calendars/{calendar_id:uuid}/windows", list_windows, methods=["GET"]),
    Route("/api/calendars/{calendar_id:uuid}/holidays.ics", download_holidays, methods=["GET"]),
    Route("/api/calendar-questions", ask_calendar, methods=["POST"]),
    Route("/api/holiday-countries", list_holiday_countries, methods=["GET"]),
    Route("/api/holidays", list_holidays, methods=["GET"]),
    Route("/api/holiday-files", read_holiday_file, methods=["POST"]),
]
