"""Holidays of countries and of iCalendar files, as lists to review."""

from __future__ import annotations

from datetime import date

import pytest

from servicedesk.domain.errors import BadInput
from servicedesk.sla.holidays import (
    Holiday,
    countries,
    holidays_of,
    read_icalendar,
    write_icalendar,
)

CHRISTMAS = date(2026, 12, 25)


def file(*lines: str) -> bytes:
    event = "\r\n".join(lines)
    return (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:1\r\n"
        f"SUMMARY:Closed\r\n{event}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    ).encode()


def days(*texts: str) -> list[date]:
    return [date.fromisoformat(text) for text in texts]


FILES = [
    ("a day without an end", ["DTSTART;VALUE=DATE:20261225"], days("2026-12-25")),
    (
        "the end is not part of it",
        ["DTSTART;VALUE=DATE:20261224", "DTEND;VALUE=DATE:20261226"],
        days("2026-12-24", "2026-12-25"),
    ),
    (
        "a length",
        ["DTSTART;VALUE=DATE:20261224", "DURATION:P2D"],
        days("2026-12-24", "2026-12-25"),
    ),
    (
        "from noon to noon touches two days",
        ["DTSTART:20261224T120000Z", "DTEND:20261225T120000Z"],
        days("2026-12-24", "2026-12-25"),
    ),
    (
        "every year",
        ["DTSTART;VALUE=DATE:20001225", "RRULE:FREQ=YEARLY"],
        days("2026-12-25", "2027-12-25"),
    ),
    (
        "every year until",
        ["DTSTART;VALUE=DATE:20001225", "RRULE:FREQ=YEARLY;UNTIL=20261231T000000Z"],
        days("2026-12-25"),
    ),
    (
        "left out once",
        ["DTSTART;VALUE=DATE:20001225", "RRULE:FREQ=YEARLY", "EXDATE;VALUE=DATE:20261225"],
        days("2027-12-25"),
    ),
    (
        "reaches into the next year",
        ["DTSTART;VALUE=DATE:20251231", "DTEND;VALUE=DATE:20260102"],
        days("2026-01-01"),
    ),
    ("cancelled", ["DTSTART;VALUE=DATE:20261225", "STATUS:CANCELLED"], []),
    ("another year", ["DTSTART;VALUE=DATE:20301225"], []),
]


@pytest.mark.parametrize(
    ("lines", "expected"), [pytest.param(*rest, id=name) for name, *rest in FILES]
)
def test_the_days_of_an_event_are_found(lines: list[str], expected: list[date]) -> None:
    assert [found.day for found in read_icalendar(file(*lines), [2026, 2027])] == expected


@pytest.mark.parametrize("content", [b"", b"BEGIN:VCALENDAR\r\n", b"\xff\xfe", file("DTSTART:x")])
def test_what_is_no_icalendar_file_is_refused(content: bytes) -> None:
    with pytest.raises(BadInput, match="iCalendar"):
        read_icalendar(content, [2026])


def test_holidays_come_back_from_the_file_that_was_written_of_them() -> None:
    found = holidays_of("DE", "BE", [2026, 2027])
    assert read_icalendar(write_icalendar(reversed(found)), [2026, 2027]) == found
    assert write_icalendar(found) == write_icalendar(reversed(found))


def test_a_country_has_its_days_and_a_region_more() -> None:
    whole = {found.day for found in holidays_of("DE", None, [2026])}
    bavaria = {found.day for found in holidays_of("DE", "BY", [2026])}
    assert CHRISTMAS in whole < bavaria
    assert date(2026, 1, 6) in bavaria - whole
    assert Holiday(CHRISTMAS, "Christmas Day") in holidays_of("DE", None, [2026], "en_US")


def test_an_unknown_place_is_refused_with_what_there_is() -> None:
    assert "BY" in countries()["DE"]
    with pytest.raises(BadInput, match="'XX'"):
        holidays_of("XX", None, [2026])
    with pytest.raises(BadInput, match="BY"):
        holidays_of("DE", "QQ", [2026])
