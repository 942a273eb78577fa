"""Working time at its bounds: closings, closures, zone changes, and hours that are refused."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from servicedesk.sla.calendar.arithmetic import Calendar
from servicedesk.sla.calendar.hours import (
    ALL_DAY,
    Hours,
    OpenPeriod,
    Weekday,
    around_the_clock,
    over_midnight,
    refuse_if_never_opens,
)
from servicedesk.sla.calendar.reading import document_of, read_hours
from servicedesk.sla.errors import CalendarInvalid, NeverOpens, TimeOutOfRange
from servicedesk.sla.zones import ZONE_DATA_VERSION, find_zone, zone_names


def period(text: str) -> OpenPeriod:
    opens, closes = text.split("-")
    return OpenPeriod(_second(opens), _second(closes))


def _second(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 3_600 + int(minutes) * 60


def week(*periods: str) -> tuple[tuple[OpenPeriod, ...], ...]:
    """The same hours from Monday to Friday."""
    return (tuple(period(text) for text in periods),) * 5 + ((), ())


def only_on(day: date, zone: str, *periods: OpenPeriod) -> Calendar:
    return Calendar(Hours(zone, ((),) * 7, frozenset(), ((day, periods),)))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


# Monday to Friday 09:00-12:00 and 13:00-17:00 in UTC; 2026-11-26 is a holiday, 2026-11-28 (a
# Saturday) is open 10:00-11:00. The days: 25 Wednesday, 26 Thursday, 27 Friday.
OFFICE = Calendar(
    Hours(
        "Etc/UTC",
        week("09:00-12:00", "13:00-17:00"),
        frozenset({date(2026, 11, 26)}),
        ((date(2026, 11, 28), (period("10:00-11:00"),)),),
    )
)
ADD = [
    ("2026-11-25T09:00:00Z", 3_600, "2026-11-25T10:00:00Z", "inside a period"),
    ("2026-11-25T11:00:00Z", 3_600, "2026-11-25T12:00:00Z", "ends at the closing instant"),
    ("2026-11-25T11:00:00Z", 3_601, "2026-11-25T13:00:01Z", "goes over the break"),
    ("2026-11-25T12:30:00Z", 60, "2026-11-25T13:01:00Z", "starts in the break"),
    ("2026-11-25T16:00:00Z", 7_200, "2026-11-27T10:00:00Z", "goes over the holiday"),
    ("2026-11-27T16:30:00Z", 1_801, "2026-11-28T10:00:01Z", "uses the special day"),
    ("2026-11-28T10:30:00Z", 3_600, "2026-11-30T09:30:00Z", "goes over the weekend"),
    ("2026-11-25T09:00:00.000001Z", 10_800, "2026-11-25T13:00:00.000001Z", "to the microsecond"),
    ("2026-11-25T10:00:00Z", 0, "2026-11-25T10:00:00Z", "zero, while open"),
    ("2026-11-25T12:00:00Z", 0, "2026-11-25T13:00:00Z", "zero, at the closing instant"),
    ("2026-11-26T10:00:00Z", 0, "2026-11-27T09:00:00Z", "zero, on a holiday"),
    ("2026-11-25T10:00:00Z", -3_600, "2026-11-25T09:00:00Z", "back to the opening instant"),
    ("2026-11-25T10:00:00Z", -3_601, "2026-11-24T16:59:59Z", "back over a night"),
    ("2026-11-27T09:00:00Z", -1, "2026-11-25T16:59:59Z", "back over the holiday"),
    ("2026-11-25T13:00:00Z", -10_800, "2026-11-25T09:00:00Z", "back over the break"),
]
IS_OPEN = [
    ("2026-11-25T08:59:59.999999Z", False),
    ("2026-11-25T09:00:00Z", True),
    ("2026-11-25T11:59:59.999999Z", True),
    ("2026-11-25T12:00:00Z", False),
    ("2026-11-26T10:00:00Z", False),
    ("2026-11-28T10:00:00Z", True),
    ("2026-11-28T11:00:00Z", False),
    ("2026-11-29T10:00:00Z", False),
]
# A zone, wall-clock hours, the only day that has them: the working hours there are, and why.
ZONE_CHANGES = [
    ("Europe/Berlin", "00:00-24:00", "2026-03-29", 23, "spring day has 23 hours"),
    ("Europe/Berlin", "00:00-24:00", "2026-10-25", 25, "autumn day has 25 hours"),
    ("Europe/Berlin", "09:00-17:00", "2026-03-29", 8, "a working day is not touched"),
    ("Europe/Berlin", "00:00-06:00", "2026-03-29", 5, "a night loses the hour"),
    ("Europe/Berlin", "00:00-06:00", "2026-10-25", 7, "a night gains the hour"),
    ("Europe/Berlin", "02:30-04:00", "2026-03-29", 1, "a skipped opening moves to 03:00"),
    ("Europe/Berlin", "01:00-02:30", "2026-03-29", 1, "a skipped closing moves to 03:00"),
    ("Europe/Berlin", "02:00-03:00", "2026-03-29", 0, "a skipped hour is no time at all"),
    ("Europe/Berlin", "01:00-02:30", "2026-10-25", 1.5, "closes at the first 02:30"),
    ("Europe/Berlin", "02:30-04:00", "2026-10-25", 2.5, "opens at the first 02:30"),
    ("Australia/Lord_Howe", "00:00-24:00", "2026-10-04", 23.5, "half an hour of change"),
    ("America/Sao_Paulo", "22:00-24:00", "2018-02-17", 3, "the last hour comes twice"),
    ("Africa/Casablanca", "00:00-24:00", "2026-02-15", 25, "leaves and enters Ramadan"),
]


@pytest.mark.parametrize(("start", "seconds", "expected", "why"), ADD)
def test_adding_working_time_ends_where_it_says(
    start: str, seconds: int, expected: str, why: str
) -> None:
    assert OFFICE.add(at(start), seconds) == at(expected), why


@pytest.mark.parametrize(("instant", "expected"), IS_OPEN)
def test_the_opening_instant_is_working_time_and_the_closing_instant_is_not(
    instant: str, expected: bool
) -> None:
    assert OFFICE.is_open(at(instant)) is expected


def test_between_is_negative_backwards_and_zero_over_a_closure() -> None:
    assert OFFICE.between(at("2026-11-25T10:00Z"), at("2026-11-27T10:00Z")) == timedelta(hours=7)
    assert OFFICE.between(at("2026-11-27T10:00Z"), at("2026-11-25T10:00Z")) == timedelta(hours=-7)
    assert OFFICE.between(at("2026-11-25T17:00Z"), at("2026-11-27T09:00Z")) == timedelta()


@pytest.mark.parametrize(("zone", "hours", "day", "expected", "why"), ZONE_CHANGES)
def test_a_day_on_which_the_clock_changes_has_the_hours_that_passed(
    zone: str, hours: str, day: str, expected: float, why: str
) -> None:
    calendar = only_on(date.fromisoformat(day), zone, period(hours))
    around = at(f"{day}T12:00Z")
    found = calendar.between(around - timedelta(days=3), around + timedelta(days=3))
    assert found == timedelta(hours=expected), why


def test_a_day_that_a_zone_skipped_has_no_working_time() -> None:
    calendar = only_on(date(2011, 12, 30), "Pacific/Apia", *ALL_DAY)
    start = datetime(2011, 12, 25, tzinfo=UTC)
    assert calendar.between(start, start + timedelta(days=14)) == timedelta()


def test_around_the_clock_is_plain_time() -> None:
    start = at("2026-03-29T00:30:00.5Z")
    assert Calendar(around_the_clock("Europe/Berlin")).add(start, 10**7) == start + timedelta(
        seconds=10**7
    )


def test_a_holiday_wins_over_a_special_day() -> None:
    day = date(2026, 11, 25)
    hours = Hours("Etc/UTC", week("09:00-17:00"), frozenset({day}), ((day, ALL_DAY),))
    assert not Calendar(hours).is_open(at("2026-11-25T10:00Z"))


def test_windows_are_cut_to_what_was_asked() -> None:
    found = OFFICE.windows(at("2026-11-25T11:00Z"), at("2026-11-25T13:30Z"))
    assert found == [
        (at("2026-11-25T11:00Z"), at("2026-11-25T12:00Z")),
        (at("2026-11-25T13:00Z"), at("2026-11-25T13:30Z")),
    ]


@pytest.mark.parametrize("seconds", [1, 0, -1])
def test_a_calendar_that_never_opens_says_so_instead_of_searching(seconds: int) -> None:
    never = Hours("Etc/UTC", ((),) * 7)
    with pytest.raises(NeverOpens, match="no working time"):
        Calendar(never).add(at("2026-11-25T10:00Z"), seconds)
    assert Calendar(never).between(at("1990-01-01T00:00Z"), at("2060-01-01T00:00Z")) == timedelta()
    with pytest.raises(NeverOpens, match="calendar time"):
        refuse_if_never_opens(never)


def test_special_days_alone_hold_what_they_hold_and_no_more() -> None:
    twice = ((date(2026, 12, 1), ALL_DAY), (date(2031, 12, 1), ALL_DAY))
    calendar = Calendar(Hours("Etc/UTC", ((),) * 7, frozenset(), twice))
    start = at("2026-11-25T10:00Z")
    assert calendar.add(start, 2 * 86_400) == at("2031-12-02T00:00Z")
    with pytest.raises(NeverOpens, match="after 2031-12-01"):
        calendar.add(start, 2 * 86_400 + 1)


def test_a_question_beyond_all_zone_rules_is_refused() -> None:
    with pytest.raises(TimeOutOfRange, match="2499"):
        Calendar(OFFICE.hours).add(at("2499-11-25T10:00Z"), 10**7)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"week": {"mon": [["09:00", "12:00"], ["11:59", "13:00"]]}}, "on mon .* overlap"),
        ({"week": {"mon": [["22:00", "06:00"]]}}, "22:00 to 06:00"),
        ({"week": {"mon": [["09:00", "09:00"]]}}, "09:00 to 09:00"),
        ({"week": {"mon": [["09:00", "24:01"]]}}, "week.mon.0.1.*'24:01'"),
        ({"week": {"mon": [["9:00", "12:00"]]}}, "'9:00' is not a time of the day"),
        ({"week": {"monday": []}}, "week.monday"),
        ({"week": {"mon": [["09:00"]]}}, "week.mon.0"),
        ({"time_zone": "Europe/Atlantis"}, "no time zone 'Europe/Atlantis'"),
        ({"time_zone": "../../etc/passwd"}, "no time zone"),
        ({"holidays": ["2026-02-30"]}, "holidays.0"),
        ({"holidays": ["20261225"]}, "YYYY-MM-DD"),
        ({"holiday": []}, "holiday: Extra"),
        ({"special_days": {"2026-12-24": [["10:00", "12:00"], ["09:00", "11:00"]]}}, "2026-12-24"),
    ],
)
def test_hours_that_contradict_themselves_are_refused_in_one_line(
    change: dict[str, Any], fault: str
) -> None:
    document = {"time_zone": "Etc/UTC", "week": {"mon": [["09:00", "17:00"]]}, **change}
    with pytest.raises(CalendarInvalid, match=f"(?i){fault}") as refused:
        read_hours(json.dumps(document))
    assert "\n" not in str(refused.value)


def test_a_calendar_that_is_no_json_is_refused() -> None:
    with pytest.raises(CalendarInvalid, match="the document"):
        read_hours("{")


def test_hours_come_back_from_their_document() -> None:
    hours = OFFICE.hours
    assert read_hours(document_of(hours).model_dump_json()) == hours


def test_periods_may_touch_and_come_in_any_order() -> None:
    text = '{"time_zone": "Etc/UTC", "week": {"mon": [["12:00", "24:00"], ["09:00", "12:00"]]}}'
    monday = Calendar(read_hours(text))
    assert monday.add(at("2026-11-23T09:00Z"), 15 * 3_600) == at("2026-11-24T00:00Z")


@pytest.mark.parametrize(
    ("weekday", "opens", "closes", "expected"),
    [
        (Weekday.MONDAY, "09:00", "17:00", [("mon", "09:00-17:00")]),
        (Weekday.MONDAY, "22:00", "06:00", [("mon", "22:00-24:00"), ("tue", "00:00-06:00")]),
        (Weekday.SUNDAY, "22:00", "06:00", [("sun", "22:00-24:00"), ("mon", "00:00-06:00")]),
        (Weekday.FRIDAY, "22:00", "00:00", [("fri", "22:00-24:00")]),
        (Weekday.FRIDAY, "08:00", "08:00", [("fri", "08:00-24:00"), ("sat", "00:00-08:00")]),
    ],
)
def test_a_shift_over_midnight_is_split_between_its_days(
    weekday: Weekday, opens: str, closes: str, expected: list[tuple[str, str]]
) -> None:
    found = over_midnight(weekday, _second(opens), _second(closes))
    assert [(day.value, str(part)) for day, part in found] == expected


def test_zones_come_with_the_dependencies() -> None:
    assert len(zone_names()) > 500
    assert find_zone("Asia/Shanghai").key == "Asia/Shanghai"
    assert ZONE_DATA_VERSION[:2] == "20"
