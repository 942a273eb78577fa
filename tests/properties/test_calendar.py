"""The laws of working time, over every zone and the years 1970 to 2060.

`SERVICEDESK_TEST_EFFORT` multiplies how many cases are tried (the soak run sets it to ten).
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from servicedesk.sla.calendar.arithmetic import Calendar
from servicedesk.sla.verifier.open_time import OpenTime
from servicedesk.sla.zones import find_zone
from tests.properties.calendar_cases import INSTANTS, ZoneChange, hours, within_reach, zone_changes
from tests.properties.calendar_oracle import Walk, walk

EFFORT = int(os.environ.get("SERVICEDESK_TEST_EFFORT", "1"))
CASES = 10_000 * EFFORT  # each is one start with two lengths, under all laws
CASES_PER_CALENDAR = 10
MINUTE_CASES = 300 * EFFORT
SECOND_CASES = 30 * EFFORT
ALL_ZONES_FROM = 10
YEAR = 366 * 86_400
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)

LENGTHS = st.one_of(st.integers(1, 100_000), st.integers(1, 3_000_000))
TRIPLES = st.tuples(st.integers(-YEAR, YEAR), LENGTHS, LENGTHS)


@settings(max_examples=CASES // CASES_PER_CALENDAR, deadline=None, suppress_health_check=SLOW)
@given(st.data())
def test_working_time_obeys_its_laws(data: st.DataObject) -> None:
    near = data.draw(INSTANTS)
    drawn = data.draw(hours(near.date()))
    calendar, exactly = Calendar(drawn), CASES_PER_CALENDAR
    for shift, m, n in data.draw(st.lists(TRIPLES, min_size=exactly, max_size=exactly)):
        start = near + timedelta(seconds=shift)
        obeys_the_laws(calendar, start, within_reach(drawn, m), within_reach(drawn, n))


def obeys_the_laws(calendar: Calendar, start: datetime, m: int, n: int) -> None:
    after_m = calendar.add(start, m)
    assert calendar.between(start, after_m) == timedelta(seconds=m)
    assert calendar.add(after_m, n) == calendar.add(start, m + n)
    assert calendar.between(calendar.add(start, -n), start) == timedelta(seconds=n)
    assert after_m <= calendar.add(start + timedelta(seconds=n), m)
    assert after_m < calendar.add(start, m + 1)
    opened = calendar.next_open(start)
    assert opened == calendar.add(start, 0)
    assert opened >= start
    assert calendar.is_open(opened)
    assert calendar.between(start, opened) == timedelta()
    assert calendar.add(calendar.add(opened, n), -n) == opened
    if calendar.is_open(start):
        assert opened == start
    parts = [ends - begins for begins, ends in calendar.windows(start, after_m)]
    assert sum(parts, timedelta()) == timedelta(seconds=m)


@settings(max_examples=MINUTE_CASES, deadline=None, suppress_health_check=SLOW)
@given(st.data())
def test_a_walk_by_minutes_finds_the_same_working_time(data: st.DataObject) -> None:
    near = data.draw(INSTANTS).replace(second=0, microsecond=0)
    drawn = data.draw(hours(near.date(), unit_seconds=60))
    offset = near.astimezone(find_zone(drawn.time_zone)).utcoffset()
    assume(offset is not None and offset % MINUTE == timedelta())
    steps = data.draw(st.integers(0, 7 * 1_440))
    agree(Calendar(drawn), walk(drawn, near, near + (steps + 1_440) * MINUTE, MINUTE), data)


@settings(max_examples=SECOND_CASES, deadline=None, suppress_health_check=SLOW)
@given(st.data())
def test_a_walk_by_seconds_around_zone_changes_finds_the_same(data: st.DataObject) -> None:
    changes = zone_changes(1 if EFFORT >= ALL_ZONES_FROM else 12)
    change: ZoneChange = data.draw(st.sampled_from(changes))
    drawn = data.draw(hours(change.at.date(), zone=change.zone))
    start = change.at - timedelta(seconds=data.draw(st.integers(0, 86_400)))
    end = change.at + timedelta(seconds=data.draw(st.integers(3_600, 100_000)))
    agree(Calendar(drawn), walk(drawn, start, end, SECOND), data)


@settings(max_examples=SECOND_CASES * 10, deadline=None, suppress_health_check=SLOW)
@given(st.data())
def test_the_verifier_adds_up_the_same_around_zone_changes(data: st.DataObject) -> None:
    change: ZoneChange = data.draw(st.sampled_from(zone_changes(12)))
    drawn = data.draw(hours(change.at.date(), unit_seconds=900, zone=change.zone))
    calendar, open_time = Calendar(drawn), OpenTime(drawn)
    for _ in range(3):
        start = change.at + timedelta(seconds=data.draw(st.integers(-100_000, 100_000)))
        end = start + timedelta(seconds=data.draw(st.integers(0, 1_000_000)))
        length = within_reach(drawn, data.draw(st.integers(1, 100_000)))
        assert open_time.length(start, end) == calendar.between(start, end)
        assert open_time.when(start, timedelta(seconds=length)) == calendar.add(start, length)


def agree(calendar: Calendar, walked: Walk, data: st.DataObject) -> None:
    """Ask both about whole steps of the walk; the walk knows nothing beyond its end."""
    last = len(walked.is_open)
    for _ in range(5):
        begin = data.draw(st.integers(0, last - 1))
        end = data.draw(st.integers(0, last))
        steps = data.draw(st.integers(1, last))
        start, seconds = walked.at(begin), int(steps * walked.step.total_seconds())
        assert calendar.is_open(start) == walked.is_open[begin]
        if begin <= end:
            assert calendar.between(start, walked.at(end)) == walked.worked(begin, end)
            assert calendar.between(walked.at(end), start) == -walked.worked(begin, end)
        if (later := walked.add(begin, steps)) is not None:
            assert calendar.add(start, seconds) == later
        if (earlier := walked.subtract(begin, steps)) is not None:
            assert calendar.add(start, -seconds) == earlier
        if (opened := walked.next_open(begin)) is not None:
            assert calendar.next_open(start) == opened


@settings(max_examples=50 * EFFORT, deadline=None, suppress_health_check=SLOW)
@given(st.data(), INSTANTS, INSTANTS)
def test_answers_do_not_depend_on_what_was_asked_before(
    data: st.DataObject, first: datetime, start: datetime
) -> None:
    drawn = data.draw(hours(start.date()))
    asked_elsewhere, fresh = Calendar(drawn), Calendar(drawn)
    asked_elsewhere.is_open(first)
    for seconds in (1, 100_000, YEAR):
        length = within_reach(drawn, seconds)
        assert asked_elsewhere.add(start, length) == fresh.add(start, length)
        assert asked_elsewhere.add(start, -length) == fresh.add(start, -length)
    there, back = fresh.between(first, start), asked_elsewhere.between(start, first)
    assert there == -back
