"""Clocks stored and read again, and certificates that cannot be changed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from pydantic import TypeAdapter

from servicedesk.domain.errors import BadInput
from servicedesk.domain.tickets import TicketStatus
from servicedesk.kernel.secrets import Secrets
from servicedesk.sla.calendar.arithmetic import Calendar
from servicedesk.sla.calendar.hours import around_the_clock
from servicedesk.sla.certificate import certify, read_certificate
from servicedesk.sla.clock.climbing import Fired
from servicedesk.sla.clock.following import Kept
from servicedesk.sla.clock.machine import apply, open_ticket
from servicedesk.sla.clock.states import ClockSet
from servicedesk.sla.events import AgentReplied, ContactWrote, Event, Opened, StatusSet
from servicedesk.sla.promises import Audience, CalendarVersion, Metric, Promise
from servicedesk.sla.records import (
    EVENT_NAMES,
    event_record,
    kept_record,
    read_event,
    read_kept,
)
from servicedesk.sla.verifier.recount import recount

NOON = datetime(2026, 11, 25, 12, 0, 0, 1, tzinfo=UTC)
SECRETS = Secrets({"k1": bytes(range(32))})
OTHERS = Secrets({"k1": bytes(32)})
VERSION = CalendarVersion("always:1")
HOURS = {VERSION: around_the_clock()}
PROMISES = (Promise(Metric.FIRST_REPLY, 3_600, "gold", 2, VERSION),)
EVENTS: list[Event] = [
    Opened(NOON, TicketStatus.NEW, PROMISES, NOON),
    ContactWrote(NOON + timedelta(seconds=5)),
    StatusSet(NOON + timedelta(seconds=7), TicketStatus.PENDING, in_bulk=True),
    AgentReplied(NOON + timedelta(microseconds=61_000_001)),
]


def clocks() -> ClockSet:
    calendars = {version: Calendar(hours) for version, hours in HOURS.items()}
    opened = EVENTS[0]
    assert isinstance(opened, Opened)
    clock_set = open_ticket(opened, calendars).clock_set
    for event in EVENTS[1:]:
        clock_set = apply(clock_set, event, calendars).clock_set
    return clock_set


def line() -> str:
    return certify("ticket-1", clocks().clocks[0], EVENTS, SECRETS).as_line()


def test_clocks_come_back_to_the_microsecond() -> None:
    fired = frozenset({Fired(Metric.FIRST_REPLY, Audience.CUSTOMER, 1, "half")})
    kept = Kept(clocks(), UUID(int=7), fired)
    assert read_kept(kept_record(kept)) == kept


def test_a_record_written_in_full_is_read_as_well() -> None:
    """As records were written at first, with what stands at its default."""
    kept = Kept(clocks(), UUID(int=7))
    assert read_kept(TypeAdapter(Kept).dump_json(kept)) == kept


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_comes_back(event: Event) -> None:
    record = json.loads(json.dumps(event_record(event)))
    assert read_event(record) == event


def test_every_event_has_a_name_to_be_stored_under() -> None:
    assert set(EVENT_NAMES.values()) == set(Event.__args__)


def test_a_certificate_holds_what_is_needed_to_recount_the_clock() -> None:
    record = read_certificate(line(), SECRETS)
    assert record["outcome"] == "met"
    assert record["intervals"][0]["counted_us"] == 61_000_001
    events = [read_event(event) for event in record["events"]]
    found = recount(events, HOURS, NOON + timedelta(days=1))
    assert [(one.outcome, one.due_at) for one in found] == [
        (record["outcome"], datetime.fromisoformat(record["due_at"]))
    ]


def test_the_same_clock_has_the_same_certificate() -> None:
    assert line() == line()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace("met", "mEt"),
        lambda text: text.replace("ticket-1", "ticket-2"),
        lambda text: text.replace('"k1"', '"k2"'),
        lambda text: text[:-1],
        lambda text: text[:0],
        lambda text: f"[{text}]",
    ],
)
def test_a_certificate_that_was_changed_is_refused(spoil: object) -> None:
    assert callable(spoil)
    assert spoil(line()) != line()
    with pytest.raises(BadInput):
        read_certificate(spoil(line()), SECRETS)


def test_a_certificate_of_another_desk_is_refused() -> None:
    with pytest.raises(BadInput, match="another desk"):
        read_certificate(line(), OTHERS)


def test_a_clock_that_still_lives_has_no_certificate() -> None:
    live = open_ticket(Opened(NOON, TicketStatus.NEW, PROMISES, NOON), _calendars())
    with pytest.raises(ValueError, match="has not ended"):
        certify("ticket-1", live.clock_set.clocks[0], EVENTS, SECRETS)


def _calendars() -> dict[CalendarVersion, Calendar]:
    return {VERSION: Calendar(HOURS[VERSION])}
