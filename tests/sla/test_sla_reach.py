"""Targets that no calendar reaches in a lifetime are refused, and lose nobody's message."""

from __future__ import annotations

import pytest

from servicedesk.domain.actors import user_actor
from servicedesk.sla.calendar.hours import Weekday
from servicedesk.sla.calendar.reading import CalendarDocument
from servicedesk.sla.calendars import CALENDARS, CalendarChanges, change_calendar
from servicedesk.sla.clock.states import ClockState
from servicedesk.sla.errors import TimeOutOfRange
from tests.sla.promising import HOUR, OFFICE_HOURS, Promising, target

ONE_HOUR_A_WEEK = CalendarDocument(time_zone="Etc/UTC", week={Weekday.MONDAY: [("09:00", "10:00")]})
FOUR_YEARS = 4 * 366 * 24 * HOUR
FAR_STEP = {"id": "far", "at_percent": 1_000, "actions": [{"do": "tag", "tag": "late"}]}


async def test_a_target_that_a_calendar_never_reaches_is_refused(desk: Promising) -> None:
    await desk.keep_hours(ONE_HOUR_A_WEEK)
    with pytest.raises(TimeOutOfRange, match="'Office' has 1 hours a week"):
        await desk.promise(target("first_reply", FOUR_YEARS, business=True))
    await desk.promise(target("first_reply", FOUR_YEARS))


async def test_a_step_may_not_lead_further_than_a_target(desk: Promising) -> None:
    await desk.keep_hours()
    two_years = target("first_reply", FOUR_YEARS // 2, business=True)
    await desk.promise(two_years)
    with pytest.raises(TimeOutOfRange):
        await desk.promise(two_years, ladder=[FAR_STEP])


async def test_a_calendar_that_reaches_no_target_is_refused(desk: Promising) -> None:
    await desk.keep_hours()
    await desk.promise(target("first_reply", FOUR_YEARS, business=True))
    (calendar,) = await CALENDARS.load_all(desk.services.database.sql)
    actor = user_actor(desk.company.ada.user_id)
    changes = CalendarChanges(document=ONE_HOUR_A_WEEK)
    with pytest.raises(TimeOutOfRange):
        await change_calendar(desk.services.database, actor, calendar.id, calendar.version, changes)


async def test_a_message_arrives_whatever_was_promised_before_that_was_checked(
    desk: Promising,
) -> None:
    calendar_id = await desk.keep_hours(OFFICE_HOURS)
    await desk.promise(target("first_reply", FOUR_YEARS, business=True), ladder=[])
    await desk.services.database.sql.execute(
        "UPDATE calendar_version SET document = $2 WHERE calendar_id = $1",
        calendar_id,
        ONE_HOUR_A_WEEK.model_dump_json(),
    )
    ticket_id = await desk.open()
    clock = (await desk.clocks(ticket_id))["first_reply"]
    assert (clock.state, clock.due_at) == (ClockState.RUNNING, None)
    await desk.answer(ticket_id)
    assert not (await desk.clocks(ticket_id))["first_reply"].is_live
