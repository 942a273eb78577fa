"""Breaches and ladders: each step once, at its instant, unless its clock ended meanwhile."""

from datetime import timedelta

import pytest

from servicedesk.desk.lifecycle import TicketChanges
from servicedesk.desk.tickets import find_tickets
from servicedesk.domain.errors import NotFound
from servicedesk.domain.ids import TicketId
from servicedesk.domain.people import Viewer
from servicedesk.domain.tickets import Priority, TicketStatus
from servicedesk.kernel.sql import as_time, as_uuid
from servicedesk.sla import escalate
from servicedesk.sla.escalations import acknowledge
from tests.fakes.clock import START
from tests.sla.promising import HOUR, Promising, target

FIRST_REPLY = target("first_reply", HOUR)


def step(name: str, *actions: object, **place: int) -> dict[str, object]:
    return {"id": name, "actions": list(actions), **(place or {"offset_seconds": 0})}


def tell(*groups: str, ways: tuple[str, ...] = ("console",)) -> dict[str, object]:
    return {"do": "notify", "groups": list(groups), "ways": list(ways)}


SUPERVISORS = tell("supervisors")


async def steps_of(desk: Promising, ticket_id: TicketId) -> list[str]:
    return [
        str(entry.payload["step"]) for entry in await desk.entries(ticket_id, "clock.escalated")
    ]


async def test_a_breach_is_told_once_at_its_instant(desk: Promising) -> None:
    await desk.promise(FIRST_REPLY)
    ticket_id = await desk.open()
    assert await escalate.next_due(desk.services.database.sql) == START + timedelta(hours=1)
    desk.clock.advance(HOUR)
    assert await desk.fire() == 0  # reaching it at the very instant would still be in time
    desk.clock.advance(0.001)
    assert [await desk.fire(), await desk.fire()] == [1, 0]
    clock = (await desk.clocks(ticket_id))["first_reply"]
    assert clock.breached_at == START + timedelta(hours=1)
    assert await desk.kinds(ticket_id, "clock.breached") == {"clock.breached": 1}
    assert await escalate.next_due(desk.services.database.sql) is None


async def test_a_record_that_cannot_be_read_stops_no_other_ticket(desk: Promising) -> None:
    await desk.promise(FIRST_REPLY)
    broken, other = await desk.open("One"), await desk.open("Two")
    await desk.services.database.sql.execute(
        "UPDATE ticket_clocks SET record = '{}' WHERE ticket_id = $1", broken
    )
    desk.clock.advance(2 * HOUR)
    await desk.fire()
    assert (await desk.kinds(other))["clock.breached"] == 1
    assert (await desk.kinds(broken))["clock.parked"] == 1
    row = await desk.row("SELECT next_at FROM ticket_clocks WHERE ticket_id = $1", broken)
    assert as_time(row["next_at"]) == desk.clock.time + timedelta(hours=1)
    assert await desk.fire() == 0


async def test_an_answer_after_the_breach_is_late(desk: Promising) -> None:
    await desk.promise(FIRST_REPLY)
    ticket_id = await desk.open()
    desk.clock.advance(2 * HOUR)
    await desk.answer(ticket_id)
    assert await desk.kinds(ticket_id) == {
        "clock.started": 1,
        "clock.breached": 1,
        "clock.late": 1,
    }


async def test_each_step_of_a_ladder_fires_once(desk: Promising) -> None:
    ladder = [
        step("half", SUPERVISORS, at_percent=50),
        step("warn", SUPERVISORS, offset_seconds=-600),
        step("due", SUPERVISORS),
        step("after", SUPERVISORS, offset_seconds=HOUR),
    ]
    await desk.promise(FIRST_REPLY, ladder=ladder)
    ticket_id = await desk.open()
    for _ in range(30):
        desk.clock.advance(300)
        await desk.fire()
    assert await steps_of(desk, ticket_id) == ["half", "warn", "due", "after"]


async def test_after_a_downtime_all_fires_and_says_how_late(desk: Promising) -> None:
    ladder = [step("half", SUPERVISORS, at_percent=50), step("due", SUPERVISORS)]
    await desk.promise(FIRST_REPLY, ladder=ladder)
    ticket_id = await desk.open()
    desk.clock.advance(3 * HOUR)
    await desk.fire()
    entries = await desk.entries(ticket_id, "clock.escalated")
    late = [entry.payload["late_ms"] for entry in entries]
    assert late == [2.5 * HOUR * 1_000, 2 * HOUR * 1_000]


async def test_what_was_answered_escalates_no_more(desk: Promising) -> None:
    await desk.promise(FIRST_REPLY, ladder=[step("half", SUPERVISORS, at_percent=50)])
    ticket_id = await desk.open()
    desk.clock.advance(HOUR)  # the timers were away
    await desk.answer(ticket_id)
    await desk.fire()
    assert await steps_of(desk, ticket_id) == []


async def test_what_was_overdue_before_a_pause_still_fires(desk: Promising) -> None:
    ladder = [step("half", SUPERVISORS, at_percent=50)]
    await desk.promise(target("requester_wait", HOUR), ladder=ladder)
    ticket_id = await desk.open()
    desk.clock.advance(0.6 * HOUR)  # the timers were away
    await desk.change(ticket_id, TicketChanges(status=TicketStatus.PENDING))
    assert await steps_of(desk, ticket_id) == ["half"]
    desk.clock.advance(HOUR)
    await desk.contact_writes(ticket_id)
    desk.clock.advance(HOUR)
    await desk.fire()
    assert await steps_of(desk, ticket_id) == ["half"]


async def test_a_ladder_stands_still_with_its_clock(desk: Promising) -> None:
    ladder = [step("half", SUPERVISORS, at_percent=50)]
    await desk.promise(target("requester_wait", HOUR), ladder=ladder)
    ticket_id = await desk.open()
    desk.clock.advance(0.25 * HOUR)
    await desk.change(ticket_id, TicketChanges(status=TicketStatus.PENDING))
    desk.clock.advance(10 * HOUR)
    assert await desk.fire() == 0
    await desk.contact_writes(ticket_id)
    assert await escalate.next_due(desk.services.database.sql) == desk.clock.time + timedelta(
        seconds=0.25 * HOUR
    )


async def test_an_edited_ladder_fires_no_step_again(desk: Promising) -> None:
    ladder = [step("half", SUPERVISORS, at_percent=50)]
    await desk.promise(FIRST_REPLY, ladder=ladder)
    ticket_id = await desk.open()
    desk.clock.advance(0.6 * HOUR)
    await desk.fire()
    await desk.promise(FIRST_REPLY, name="Second", ladder=ladder)
    await desk.change(ticket_id, TicketChanges(priority=Priority.HIGH))
    desk.clock.advance(0.1 * HOUR)
    await desk.fire()
    assert await steps_of(desk, ticket_id) == ["half"]


async def test_supervisors_are_told_in_the_console_and_by_mail(desk: Promising) -> None:
    ladder = [step("due", tell("supervisors", "assignee", ways=("console", "email")))]
    await desk.promise(FIRST_REPLY, ladder=ladder)
    await desk.open()
    desk.clock.advance(HOUR + 1)
    await desk.fire()
    await desk.run_effects()
    notice = await desk.row("SELECT user_id FROM escalation_notice")
    mail = await desk.row("SELECT user_id, kind, state FROM notice")
    assert str(notice["user_id"]) == str(mail["user_id"]) == str(desk.company.sam.user_id)
    assert (mail["kind"], mail["state"]) == ("sla.escalated", "waiting")


async def test_what_ends_before_anybody_is_told_is_suppressed(desk: Promising) -> None:
    await desk.promise(FIRST_REPLY, ladder=[step("due", SUPERVISORS)])
    ticket_id = await desk.open()
    desk.clock.advance(HOUR + 1)
    await desk.fire()
    await desk.answer(ticket_id)
    await desk.run_effects()
    row = await desk.row("SELECT suppressed_at FROM escalation")
    assert row["suppressed_at"] is not None
    assert await desk.services.database.sql.fetch("SELECT id FROM escalation_notice") == []


async def test_a_step_changes_the_ticket(desk: Promising) -> None:
    ladder = [
        step(
            "due",
            {"do": "raise_priority"},
            {"do": "tag", "tag": "late"},
            {"do": "move_queue", "queue_id": str(desk.company.sales_queue)},
            {"do": "reassign", "user_id": str(desk.company.zoe.user_id)},
            {"do": "webhook", "url": "https://hooks.example/sla"},
        )
    ]
    await desk.promise(FIRST_REPLY, ladder=ladder)
    ticket_id = await desk.open()
    desk.clock.advance(HOUR + 1)
    await desk.fire()
    await desk.run_effects()
    ticket = (await find_tickets(desk.services.database.sql, [ticket_id]))[ticket_id]
    assert (ticket.priority, ticket.queue_id, ticket.assignee_id) == (
        Priority.HIGH,
        desk.company.sales_queue,
        desk.company.zoe.user_id,
    )
    assert (await desk.row("SELECT tag FROM ticket_tag"))["tag"] == "late"
    assert (await desk.row("SELECT url, state FROM webhook"))["url"] == "https://hooks.example/sla"


@pytest.mark.parametrize("acknowledges", [False, True])
async def test_people_are_called_in_turn_until_one_acknowledges(
    desk: Promising, acknowledges: bool
) -> None:
    people = [desk.company.sam.user_id, desk.company.ana.user_id, desk.company.zoe.user_id]
    call = {
        "do": "call_in_turn",
        "user_ids": [str(user_id) for user_id in people],
        "wait_seconds": 300,
        "ways": ["console"],
    }
    await desk.promise(FIRST_REPLY, ladder=[step("due", call)])
    ticket_id = await desk.open()
    desk.clock.advance(HOUR + 1)
    await desk.fire()
    await desk.run_effects()
    assert await told(desk) == [people[0]]
    if acknowledges:
        escalation = await desk.row("SELECT id FROM escalation")
        for _ in range(2):
            await acknowledge(desk.services.database, desk.company.sam, escalation["id"])
    for _ in range(4):
        desk.clock.advance(301)
        await desk.run_effects()
    assert await told(desk) == people[: 1 if acknowledges else 3]
    kinds = await desk.kinds(ticket_id, "escalation.")
    assert kinds["escalation.acknowledged"] == int(acknowledges)


async def test_whoever_has_left_keeps_nobody_waiting(desk: Promising) -> None:
    people = [desk.company.ana.user_id, desk.company.sam.user_id, desk.company.zoe.user_id]
    call = {"do": "call_in_turn", "user_ids": list(map(str, people)), "wait_seconds": 300}
    await desk.promise(FIRST_REPLY, ladder=[step("due", {**call, "ways": ["console"]})])
    await desk.open()
    await leave(desk, desk.company.ana)
    desk.clock.advance(HOUR + 1)
    await desk.fire()
    await desk.run_effects()
    assert await told(desk) == people[1:2]
    desk.clock.advance(301)
    await desk.run_effects()
    assert await told(desk) == people[1:]


async def test_an_escalation_with_nobody_to_tell_goes_to_supervisors(desk: Promising) -> None:
    await desk.promise(FIRST_REPLY, ladder=[step("due", tell("assignee"))])
    ticket_id = await desk.open()
    desk.clock.advance(HOUR + 1)
    await desk.fire()
    await desk.run_effects()
    assert await told(desk) == [desk.company.sam.user_id]
    (entry,) = await desk.entries(ticket_id, "escalation.refused")
    assert entry.payload == {"reason": "nobody_to_tell"}


async def test_without_a_supervisor_administrators_are_told(desk: Promising) -> None:
    await desk.promise(FIRST_REPLY, ladder=[step("due", SUPERVISORS)])
    await desk.open()
    await leave(desk, desk.company.sam)
    desk.clock.advance(HOUR + 1)
    await desk.fire()
    await desk.run_effects()
    rows = await desk.services.database.sql.fetch("SELECT user_id FROM escalation_notice")
    assert [as_uuid(row["user_id"]) for row in rows] == [desk.company.ada.user_id]


async def leave(desk: Promising, viewer: Viewer) -> None:
    await desk.services.database.sql.execute(
        "UPDATE app_user SET active = $2 WHERE id = $1", viewer.user_id, False
    )


async def told(desk: Promising) -> list[object]:
    rows = await desk.services.database.sql.fetch(
        "SELECT user_id FROM escalation_notice ORDER BY created_at"
    )
    ids = {str(viewer): viewer for viewer in (desk.company.sam.user_id, desk.company.ana.user_id)}
    ids[str(desk.company.zoe.user_id)] = desk.company.zoe.user_id
    return [ids[str(row["user_id"])] for row in rows]


async def test_only_who_was_told_acknowledges(desk: Promising) -> None:
    await desk.promise(FIRST_REPLY, ladder=[step("due", SUPERVISORS)])
    await desk.open()
    desk.clock.advance(HOUR + 1)
    await desk.fire()
    await desk.run_effects()
    escalation = await desk.row("SELECT id FROM escalation")
    with pytest.raises(NotFound):
        await acknowledge(desk.services.database, desk.company.ben, escalation["id"])


async def test_an_edited_policy_reaches_open_tickets(desk: Promising) -> None:
    ticket_ids = [await desk.open(subject) for subject in ("One", "Two", "Three")]
    desk.clock.advance(60)
    await desk.promise(FIRST_REPLY)
    await desk.run_effects()
    for ticket_id in ticket_ids:
        clock = (await desk.clocks(ticket_id))["first_reply"]
        assert clock.due_at == START + timedelta(hours=1)  # from when the contact began to wait


async def test_an_edited_calendar_counts_from_its_edit_on(desk: Promising) -> None:
    await desk.keep_hours()
    await desk.promise(target("first_reply", 2 * HOUR, business=True))
    ticket_id = await desk.open()
    desk.clock.advance(HOUR)
    await desk.close_calendar_until_noon()
    await desk.run_effects()
    clock = (await desk.clocks(ticket_id))["first_reply"]
    assert clock.due_at == START + timedelta(hours=4)
    assert [stretch.counted for stretch in clock.stretches] == [
        timedelta(hours=1),
        timedelta(),
    ]
