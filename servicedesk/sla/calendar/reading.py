"""A calendar as JSON: what files, the API and the database hold, read into `Hours` and back."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
)

from servicedesk.sla.calendar.hours import (
    DAY_SECONDS,
    WEEKDAYS,
    DayHours,
    Hours,
    OpenPeriod,
    Weekday,
    clock_text,
    in_order,
)
from servicedesk.sla.errors import CalendarInvalid

MOST_PERIODS_A_DAY = 24
MOST_HOLIDAYS = 5_000
MOST_SPECIAL_DAYS = 1_000
CLOCK_TIME = r"^(([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?|24:00)$"
DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


def _a_clock_time(text: str) -> str:
    if not re.fullmatch(CLOCK_TIME, text):
        raise ValueError(f"{text!r} is not a time of the day: write HH:MM, 24:00 for its end")
    return text


def _a_date(text: str) -> str:
    try:
        date.fromisoformat(text if re.fullmatch(DATE, text) else "")
    except ValueError:
        raise ValueError(f"{text!r} is not a date: write YYYY-MM-DD") from None
    return text


ClockTime = Annotated[
    str, AfterValidator(_a_clock_time), WithJsonSchema({"type": "string", "pattern": CLOCK_TIME})
]
DateText = Annotated[
    str, AfterValidator(_a_date), WithJsonSchema({"type": "string", "pattern": DATE})
]
DayDocument = Annotated[list[tuple[ClockTime, ClockTime]], Field(max_length=MOST_PERIODS_A_DAY)]


class CalendarDocument(BaseModel):
    """`{"time_zone", "week": {"mon": [["09:00", "17:00"]], ...}, "holidays", "special_days"}`.

    A weekday that is not named is closed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    time_zone: str
    week: dict[Weekday, DayDocument]
    holidays: Annotated[list[DateText], Field(max_length=MOST_HOLIDAYS)] = []
    special_days: Annotated[dict[DateText, DayDocument], Field(max_length=MOST_SPECIAL_DAYS)] = {}


def read_hours(text: str | bytes) -> Hours:
    """Read a calendar from JSON; raise CalendarInvalid saying in one line where the fault is."""
    try:
        document = CalendarDocument.model_validate_json(text)
    except ValidationError as error:
        raise CalendarInvalid(first_fault(error)) from None
    return hours_of(document)


def hours_of(document: CalendarDocument) -> Hours:
    """Return what the document means; raise CalendarInvalid if it contradicts itself."""
    special_days = {date.fromisoformat(day): hours for day, hours in document.special_days.items()}
    return Hours(
        time_zone=document.time_zone,
        week=tuple(_periods(document.week.get(weekday, [])) for weekday in WEEKDAYS),
        holidays=frozenset(date.fromisoformat(day) for day in document.holidays),
        special_days=tuple((day, _periods(hours)) for day, hours in sorted(special_days.items())),
    )


def document_of(hours: Hours) -> CalendarDocument:
    """Return the one document for these hours: sorted, closed weekdays left out."""
    return CalendarDocument(
        time_zone=hours.time_zone,
        week={
            weekday: _texts(periods)
            for weekday, periods in zip(WEEKDAYS, hours.week, strict=True)
            if periods
        },
        holidays=sorted(day.isoformat() for day in hours.holidays),
        special_days={
            day.isoformat(): _texts(periods) for day, periods in sorted(hours.special_days)
        },
    )


def first_fault(error: ValidationError) -> str:
    """Say the first fault of the document in one line, with the path to it."""
    fault = error.errors(include_url=False)[0]
    path = ".".join(str(part) for part in fault["loc"]) or "the document"
    more = error.error_count() - 1
    words = str(fault["msg"]).removeprefix("Value error, ")
    return f"{path}: {words}" + (f" (and {more} more faults)" if more else "")


def _periods(document: DayDocument) -> DayHours:
    return in_order(OpenPeriod(_second(opens), _second(closes)) for opens, closes in document)


def _second(text: str) -> int:
    if text == "24:00":
        return DAY_SECONDS
    hours, minutes, *seconds = (int(part) for part in text.split(":"))
    return hours * 3_600 + minutes * 60 + sum(seconds)


def _texts(periods: Sequence[OpenPeriod]) -> DayDocument:
    return [(clock_text(period.opens), clock_text(period.closes)) for period in periods]
