"""What people see of clocks: badges in lists, why late on the ticket, previews."""

from datetime import timedelta

import pytest

from servicedesk.desk.lifecycle import TicketChanges
from servicedesk.desk.views_escalations import find_notice, load_notices
from servicedesk.desk.views_preview import preview_policy
from servicedesk.desk.views_summaries import load_summaries
from servicedesk.desk.views_ticket_clocks import get_clocks
from servicedesk.domain.errors import NotFound
from servicedesk.domain.people import Viewer
from servicedesk.domain.tickets import TicketStatus
from servicedesk.sla.policy.documents import policy_of, read_document
from tests.fakes.clock import START
from tests.sla.promising import HOUR, Promising, target


async def test_a_list_shows_live_clocks_the_most_pressing_first(desk: Promising) -> None:
    calendar_id = await desk.keep_hours()
    await desk.promise(
        target("total_resolution", 8 * HOUR, business=True), target("first_reply", HOUR)
    )
    ticket_id = await desk.open()
    summary = (await load_summaries(desk.services.database.sql, [ticket_id]))[ticket_id]
    assert [(badge.metric, badge.calendar) for badge in summary.clocks] == [
        ("first_reply", None),
        ("total_resolution", f"{calendar_id}:1"),
    ]
    assert summary.clocks[0].due_at == START + timedelta(hours=1)


async def test_a_clock_that_stands_still_says_what_is_left(desk: Promising) -> None:
    await desk.promise(target("requester_wait", 4 * HOUR))
    ticket_id = await desk.open()
    desk.clock.advance(HOUR)
    await desk.change(ticket_id, TicketChanges(status=TicketStatus.PENDING))
    summary = (await load_summaries(desk.services.database.sql, [ticket_id]))[ticket_id]
    (badge,) = summary.clocks
    assert (badge.state, badge.due_at, badge.left_seconds) == ("paused", None, 3 * HOUR)


async def test_why_late_is_told_from_start_to_end(desk: Promising) -> None:
    await desk.keep_hours()
    policy_id = await desk.promise(target("requester_wait", 2 * HOUR, business=True))
    ticket_id = await desk.open()
    desk.clock.advance(HOUR)
    await desk.change(ticket_id, TicketChanges(status=TicketStatus.PENDING))
    desk.clock.advance(HOUR)
    await desk.contact_writes(ticket_id)
    desk.clock.advance(3 * HOUR)
    await desk.fire()
    found = await get_clocks(
        desk.services.database.sql, desk.company.ana, ticket_id, desk.clock.time
    )
    (story,) = found.clocks
    assert (story.policy_id, story.policy_name) == (policy_id, "Gold")
    assert story.counted_seconds == 4 * HOUR
    assert story.breached_at == START + timedelta(hours=3)
    assert [(one.told, one.counted_seconds, one.dodges) for one in story.passages] == [
        ("ran", HOUR, False),
        ("stood_still", 0, True),
        ("ran", 3 * HOUR, False),
    ]
    assert {one.calendar_name for one in story.passages} == {"Office", None}


async def test_what_ended_stays_on_the_ticket_and_is_certified(desk: Promising) -> None:
    await desk.promise(target("first_reply", HOUR))
    ticket_id = await desk.open()
    await desk.answer(ticket_id)
    sql, ana = desk.services.database.sql, desk.company.ana
    before = await get_clocks(sql, ana, ticket_id, desk.clock.time)
    assert [(one.outcome, one.certified) for one in before.clocks] == [("met", False)]
    assert await desk.certify() == 1
    after = await get_clocks(sql, ana, ticket_id, desk.clock.time)
    assert [one.certified for one in after.clocks] == [True]


async def test_another_team_sees_no_clocks(desk: Promising) -> None:
    ticket_id = await desk.open()
    with pytest.raises(NotFound):
        await get_clocks(desk.services.database.sql, desk.company.zoe, ticket_id, desk.clock.time)


async def test_who_was_told_has_it_in_their_list(desk: Promising) -> None:
    sam = {"do": "notify", "groups": ["supervisors"], "ways": ["console"]}
    ladder = [{"id": "due", "offset_seconds": 0, "actions": [sam]}]
    await desk.promise(target("first_reply", HOUR), ladder=ladder)
    ticket_id = await desk.open()
    desk.clock.advance(HOUR + 1)
    await desk.fire()
    await desk.run_effects()
    sql = desk.services.database.sql
    (notice,) = await load_notices(sql, desk.company.sam)
    assert (notice.ticket_id, notice.metric, notice.seen_at) == (ticket_id, "first_reply", None)
    assert await load_notices(sql, desk.company.ben) == []
    sam_elsewhere = Viewer(desk.company.sam.user_id, desk.company.sam.role, frozenset())
    assert await find_notice(sql, desk.company.sam, notice.escalation_id) == notice
    assert await find_notice(sql, sam_elsewhere, notice.escalation_id) is None


async def test_a_preview_says_what_fits_and_what_would_be_late(desk: Promising) -> None:
    old = await desk.open("Old")
    desk.clock.advance(2 * HOUR)
    await desk.open("New")
    document = read_document({"targets": target("first_reply", HOUR)})
    policy = policy_of(document, str(desk.company.support), 1, "Gold")
    sql = desk.services.database.sql
    seen = await preview_policy(sql, policy, desk.clock.time)
    number = (await desk.row("SELECT number FROM ticket WHERE id = $1", old))["number"]
    assert (seen.looked_at, seen.fits, seen.late, seen.late_numbers) == (2, 2, 1, [number])
    assert await desk.clocks(old) == {}
