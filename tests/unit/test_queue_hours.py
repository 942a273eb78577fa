"""When a queue opens and closes, as the router follows a calendar from one answer to the next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from servicedesk.domain.orders import DivertCause
from servicedesk.routing.engine.decisions import Decision, Divert, LookUpHours
from servicedesk.routing.engine.events import OrderChanged, Preloaded, QueueChanged, TimePassed
from servicedesk.routing.engine.machine import Engine
from servicedesk.routing.facts import Elsewhere, Hours
from servicedesk.routing.queue_hours import hours_at
from tests.unit.engine_facts import SUPPORT, only, order, queue

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NEVER_CLOSES = {"time_zone": "Etc/UTC", "week": {day: [["00:00", "24:00"]] for day in DAYS}}
ONE_HOLIDAY = {**NEVER_CLOSES, "holidays": ["2027-03-20"]}
START = datetime(2027, 3, 2, 12, 0, tzinfo=UTC)
TOLD = Elsewhere(tell="still_waiting")


def test_calendar_that_never_closes_says_when_to_ask_again_and_no_closing() -> None:
    found = hours_at(NEVER_CLOSES, START)
    assert found.is_open
    assert found.changes_at is None
    assert found.ask_again_at is not None
    assert found.ask_again_at > START


def test_closing_is_an_instant_of_the_calendar() -> None:
    almost = datetime(2027, 3, 19, 12, 0, tzinfo=UTC)
    assert hours_at(ONE_HOLIDAY, almost) == Hours(
        is_open=True, changes_at=datetime(2027, 3, 20, tzinfo=UTC)
    )


def test_queue_that_never_closes_keeps_its_work_for_a_month() -> None:
    assert only(Divert, _lead(NEVER_CLOSES, days=30)) == []


def test_queue_with_one_holiday_closes_once() -> None:
    decisions = _lead(ONE_HOLIDAY, days=30)
    assert only(Divert, decisions) == [Divert(order(1).id, DivertCause.CLOSED, 0, TOLD)]
    assert LookUpHours(SUPPORT) in decisions


def _lead(document: object, *, days: int) -> list[Decision]:
    """Let a router lead that long with one order waiting, and return what it decided."""
    settings = queue(hours=hours_at(document, START), outside=TOLD)
    engine = Engine()
    engine.apply(Preloaded((QueueChanged(settings),)), START)
    decided = engine.apply(OrderChanged(order(1)), START)
    while (now := engine.next_wake()) is not None and now < START + timedelta(days=days):
        found = engine.apply(TimePassed(), now)
        if LookUpHours(SUPPORT) in found:
            settings = queue(hours=hours_at(document, now), outside=TOLD)
            found += engine.apply(QueueChanged(settings), now)
        decided += found
    return decided
