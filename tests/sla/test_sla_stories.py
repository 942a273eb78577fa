"""Clocks follow stories: mail in, answers, changes, and what becomes of each promise."""

from datetime import timedelta

from servicedesk.desk.clocks import follow
from servicedesk.desk.lifecycle import TicketChanges
from servicedesk.desk.note import note
from servicedesk.domain.actors import system_actor, user_actor
from servicedesk.domain.tickets import Priority, TicketStatus
from servicedesk.kernel.bus import Topic
from servicedesk.routing.orders import live_order
from servicedesk.sla.clock.states import ClockState, Outcome, Reason
from servicedesk.sla.events import ContactWrote, StatusSet
from tests.fakes.clock import START
from tests.sla.promising import HOUR, Promising, target

REPLIES = (target("first_reply", HOUR), target("next_reply", 2 * HOUR))


async def test_a_mail_starts_what_is_promised(desk: Promising) -> None:
    await desk.promise(*REPLIES)
    ticket_id = await desk.open()
    (clock,) = (await desk.clocks(ticket_id)).values()
    assert clock.due_at == START + timedelta(hours=1)
    assert await desk.kinds(ticket_id) == {"clock.started": 1}


async def test_the_work_order_knows_when_the_first_promise_is_due(desk: Promising) -> None:
    await desk.promise(target("total_resolution", 8 * HOUR), *REPLIES)
    ticket_id = await desk.open()
    order = await live_order(desk.services.database.sql, ticket_id)
    assert order is not None
    assert order.due_at == START + timedelta(hours=1)
    await desk.answer(ticket_id)
    order = await live_order(desk.services.database.sql, ticket_id)
    assert order is not None
    assert order.due_at == START + timedelta(hours=8)


async def test_timers_are_woken_only_for_what_is_due_sooner(desk: Promising) -> None:
    await desk.promise(target("total_resolution", 8 * HOUR), *REPLIES)
    ticket_id = await desk.open()
    actor = user_actor(desk.company.ana.user_id)
    async with desk.services.database.work(actor) as work:
        await follow(work, ticket_id, ContactWrote(work.now))
        assert Topic.TIMERS not in work.bells
    other = await desk.open("Lamp")
    await desk.answer(other)
    async with desk.services.database.work(actor) as work:
        await follow(work, other, ContactWrote(work.now))
        assert Topic.TIMERS in work.bells


async def test_an_answer_in_time_keeps_the_promise(desk: Promising) -> None:
    await desk.promise(*REPLIES)
    ticket_id = await desk.open()
    desk.clock.advance(HOUR)
    await desk.answer(ticket_id)
    clock = (await desk.clocks(ticket_id))["first_reply"]
    assert (clock.outcome, clock.reason) == (Outcome.MET, Reason.REPLIED)
    row = await desk.row("SELECT outcome, counted_us FROM finished_clock")
    assert (row["outcome"], row["counted_us"]) == ("met", HOUR * 10**6)


async def test_a_note_keeps_no_promise(desk: Promising) -> None:
    await desk.promise(*REPLIES)
    ticket_id = await desk.open()
    await note(desk.services.database, desk.company.ana, ticket_id, "Look at this.")
    assert (await desk.clocks(ticket_id))["first_reply"].is_live


async def test_each_turn_of_the_contact_is_a_promise_of_its_own(desk: Promising) -> None:
    await desk.promise(*REPLIES)
    ticket_id = await desk.open()
    for _ in range(3):
        await desk.answer(ticket_id)
        desk.clock.advance(60)
        await desk.contact_writes(ticket_id)
        desk.clock.advance(60)
        await desk.contact_writes(ticket_id)
    clock = (await desk.clocks(ticket_id))["next_reply"]
    assert (clock.instance, clock.started_at) == (3, desk.clock.time - timedelta(seconds=60))
    rows = await desk.services.database.sql.fetch(
        "SELECT metric, instance FROM finished_clock ORDER BY ended_at, metric, instance"
    )
    assert [(row["metric"], row["instance"]) for row in rows] == [
        ("first_reply", 1),
        ("next_reply", 1),
        ("next_reply", 2),
    ]


async def test_pending_stops_the_clock_and_the_contact_starts_it_again(desk: Promising) -> None:
    await desk.promise(target("requester_wait", 4 * HOUR))
    ticket_id = await desk.open()
    desk.clock.advance(HOUR)
    await desk.answer(ticket_id)
    await desk.change(ticket_id, TicketChanges(status=TicketStatus.PENDING))
    paused = (await desk.clocks(ticket_id))["requester_wait"]
    assert (paused.state, paused.due_at) == (ClockState.PAUSED, None)
    desk.clock.advance(48 * HOUR)
    await desk.contact_writes(ticket_id)
    running = (await desk.clocks(ticket_id))["requester_wait"]
    assert running.due_at == desk.clock.time + timedelta(hours=3)
    assert not any(stretch.dodges for stretch in running.stretches)


async def test_pending_while_the_contact_waits_is_marked(desk: Promising) -> None:
    await desk.promise(target("requester_wait", 4 * HOUR))
    ticket_id = await desk.open()
    await desk.change(ticket_id, TicketChanges(status=TicketStatus.PENDING))
    clock = (await desk.clocks(ticket_id))["requester_wait"]
    assert clock.stretches[0].dodges


async def test_another_priority_is_another_promise(desk: Promising) -> None:
    urgent = {"metric": "first_reply", "priority": 4, "seconds": 600, "counting": "calendar_time"}
    normal = {**urgent, "priority": 2, "seconds": HOUR}
    await desk.promise([urgent, normal])
    ticket_id = await desk.open()
    desk.clock.advance(60)
    await desk.change(ticket_id, TicketChanges(priority=Priority.URGENT))
    clock = (await desk.clocks(ticket_id))["first_reply"]
    assert clock.due_at == START + timedelta(seconds=600)
    assert (await desk.kinds(ticket_id))["clock.retargeted"] == 1


async def test_no_promise_breaks_in_the_past(desk: Promising) -> None:
    urgent = {"metric": "first_reply", "priority": 4, "seconds": 600, "counting": "calendar_time"}
    normal = {**urgent, "priority": 2, "seconds": HOUR}
    await desk.promise([urgent, normal])
    ticket_id = await desk.open()
    desk.clock.advance(1_800)
    await desk.change(ticket_id, TicketChanges(priority=Priority.URGENT))
    assert (await desk.clocks(ticket_id))["first_reply"].due_at == desk.clock.time


async def test_another_queue_is_another_team_with_its_own_promises(desk: Promising) -> None:
    await desk.promise(target("agent_work", 4 * HOUR), audience="internal")
    ticket_id = await desk.open()
    desk.clock.advance(HOUR)
    await desk.change(ticket_id, TicketChanges(queue_id=desk.company.sales_queue))
    row = await desk.row("SELECT outcome, reason FROM finished_clock")
    assert (row["outcome"], row["reason"]) == ("met", "moved")
    clock = (await desk.clocks(ticket_id))["agent_work"]
    assert (clock.instance, clock.started_at) == (2, desk.clock.time)


async def test_solving_ends_and_opening_again_carries_on(desk: Promising) -> None:
    await desk.promise(target("total_resolution", 4 * HOUR))
    ticket_id = await desk.open()
    desk.clock.advance(HOUR)
    await desk.change(ticket_id, TicketChanges(status=TicketStatus.SOLVED))
    row = await desk.row("SELECT revision, next_at, due_at FROM ticket_clocks")
    assert (row["revision"], row["next_at"], row["due_at"]) == (None, None, None)
    desk.clock.advance(10 * HOUR)
    await desk.contact_writes(ticket_id)
    clock = (await desk.clocks(ticket_id))["total_resolution"]
    assert (clock.instance, clock.carried) == (2, timedelta(hours=1))


async def test_solved_in_bulk_is_marked(desk: Promising) -> None:
    await desk.promise(target("total_resolution", 4 * HOUR))
    ticket_id = await desk.open()
    async with desk.services.database.work(system_actor("test")) as work:
        await work.sql.execute("UPDATE ticket SET status = 'solved' WHERE id = $1", ticket_id)
    await desk.tell(ticket_id, StatusSet(desk.clock.time, TicketStatus.SOLVED, in_bulk=True))
    row = await desk.row("SELECT outcome, reason FROM finished_clock")
    assert (row["outcome"], row["reason"]) == ("met", "solved_in_bulk")


async def test_office_hours_count_and_the_night_does_not(desk: Promising) -> None:
    await desk.keep_hours()
    await desk.promise(target("first_reply", 9 * HOUR, business=True))
    ticket_id = await desk.open()
    clock = (await desk.clocks(ticket_id))["first_reply"]
    assert clock.due_at == START + timedelta(hours=25)


async def test_the_first_policy_that_fits_holds(desk: Promising) -> None:
    sales = {"field": "ticket.queue", "operator": "is", "values": [str(desk.company.sales_queue)]}
    await desk.promise(target("first_reply", 60), name="Sales", all_of=[sales])
    second = await desk.promise(target("first_reply", HOUR), name="All")
    await desk.promise(target("first_reply", 120), name="Never reached")
    ticket_id = await desk.open()
    clock = (await desk.clocks(ticket_id))["first_reply"]
    assert clock.promise.policy_id == str(second)
    told = (await desk.entries(ticket_id, "clocks.told"))[0]
    assert told.trace is not None
    verdicts = [look["verdict"] for look in told.trace["policies"]]
    assert verdicts == ["condition_failed", "holds"]


async def test_the_organization_of_the_contact_decides(desk: Promising) -> None:
    gold = {"field": "organization.tier", "operator": "is", "values": ["gold"]}
    await desk.promise(target("next_reply", 60), target("first_reply", 60), all_of=[gold])
    ticket_id = await desk.open()
    assert await desk.clocks(ticket_id) == {}
    async with desk.services.database.work(system_actor("test")) as work:
        organization = {"id": str(ticket_id), "name": "Lin", "tier": "gold", "created_at": work.now}
        await work.sql.insert("organization", [organization])
        await work.sql.execute("UPDATE contact SET organization_id = $1", ticket_id)
    await desk.contact_writes(ticket_id)
    assert list(await desk.clocks(ticket_id)) == ["first_reply"]


async def test_an_answer_right_after_an_edit_of_the_calendar_still_counts_by_the_old_one(
    desk: Promising,
) -> None:
    """No live clock named that version any more: the answer failed."""
    await desk.keep_hours()
    await desk.promise(target("periodic_update", HOUR, business=True))
    ticket_id = await desk.open()
    assert await desk.clocks(ticket_id) == {}
    await desk.close_calendar_until_noon()
    await desk.answer(ticket_id)
    clock = (await desk.clocks(ticket_id))["periodic_update"]
    assert clock.is_live
    assert str(clock.promise.calendar).endswith(":2")
