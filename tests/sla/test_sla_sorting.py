"""Messages change their ticket, and the promises on both follow who waits where."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from servicedesk.desk.approve import approve
from servicedesk.desk.lifecycle import TicketChanges
from servicedesk.desk.split import move, split
from servicedesk.desk.tickets import find_tickets
from servicedesk.domain.ids import TicketId
from servicedesk.domain.tickets import TicketStatus
from servicedesk.kernel.sql import as_uuid
from servicedesk.sla.clock.states import Outcome, Reason
from tests.fakes.clock import START
from tests.sla.promising import HOUR, Promising, target
from tests.stories.company import letter, post

REPLIES = (target("first_reply", HOUR), target("next_reply", HOUR))


async def answered(desk: Promising, subject: str = "Refund") -> TicketId:
    ticket_id = await desk.open(subject)
    await desk.answer(ticket_id)
    return ticket_id


async def last_written(desk: Promising, ticket_id: TicketId) -> UUID:
    row = await desk.row(
        "SELECT id FROM message WHERE ticket_id = $1 AND kind = 'inbound' "
        "ORDER BY seq DESC LIMIT 1",
        ticket_id,
    )
    return as_uuid(row["id"])


async def moved(desk: Promising, source: TicketId, target_id: TicketId) -> None:
    message_id = await last_written(desk, source)
    await move(desk.services.database, desk.company.ana, message_id, target_id)


async def waits(desk: Promising, ticket_id: TicketId) -> timedelta | None:
    """Since when after the start its contact waits, as the ticket and its clocks agree."""
    ticket = (await find_tickets(desk.services.database.sql, [ticket_id]))[ticket_id]
    heard = (await desk.kept(ticket_id)).clock_set.situation.waiting_since
    assert heard == ticket.waiting_since
    return None if heard is None else heard - START


async def test_nobody_waits_where_the_message_was_split_off(desk: Promising) -> None:
    await desk.promise(*REPLIES)
    source = await answered(desk)
    desk.clock.advance(60)
    await desk.contact_writes(source)
    desk.clock.advance(60)
    database, ana = desk.services.database, desk.company.ana
    made = await split(database, ana, await last_written(desk, source))
    ended = (await desk.clocks(source))["next_reply"]
    assert (ended.outcome, ended.reason) == (Outcome.CANCELLED, Reason.MESSAGES_MOVED)
    assert await waits(desk, source) is None
    assert await waits(desk, made.ticket_id) == timedelta(seconds=60)
    desk.clock.advance(2 * HOUR)
    await desk.fire()
    assert "clock.breached" not in await desk.kinds(source)


async def test_a_moved_message_has_waited_since_it_was_written(desk: Promising) -> None:
    await desk.promise(*REPLIES)
    source, target_id = await answered(desk), await answered(desk, "Lamp")
    await desk.contact_writes(source)
    desk.clock.advance(1_800)
    await moved(desk, source, target_id)
    clock = (await desk.clocks(target_id))["next_reply"]
    assert (clock.started_at, clock.due_at) == (START, START + timedelta(hours=1))
    assert await waits(desk, target_id) == timedelta()


async def test_the_rest_waits_since_its_own_oldest_message(desk: Promising) -> None:
    await desk.promise(*REPLIES)
    source, target_id = await answered(desk), await answered(desk, "Lamp")
    await desk.contact_writes(source)
    oldest = await last_written(desk, source)
    desk.clock.advance(600)
    await desk.contact_writes(source)
    desk.clock.advance(600)
    await move(desk.services.database, desk.company.ana, oldest, target_id)
    clock = (await desk.clocks(source))["next_reply"]
    assert (clock.started_at, clock.instance) == (START + timedelta(seconds=600), 1)
    assert clock.due_at == START + timedelta(seconds=600 + HOUR)
    assert await waits(desk, source) == timedelta(seconds=600)


async def test_who_waited_on_a_merged_ticket_still_waits_after_a_move(desk: Promising) -> None:
    await desk.promise(*REPLIES)
    source, merged, target_id = [await answered(desk, name) for name in ("A", "B", "C")]
    await desk.contact_writes(source)
    desk.clock.advance(60)
    await desk.contact_writes(merged)
    await desk.merge(merged, source)
    await moved(desk, source, target_id)
    assert await waits(desk, source) == timedelta(seconds=60)


async def test_what_was_settled_by_solving_waits_no_more(desk: Promising) -> None:

    await desk.promise(*REPLIES)
    source, target_id = await answered(desk), await answered(desk, "Lamp")
    await desk.contact_writes(source)
    await desk.change(source, TicketChanges(status=TicketStatus.SOLVED))
    desk.clock.advance(60)
    await desk.contact_writes(source)
    await moved(desk, source, target_id)
    assert await waits(desk, source) is None


async def test_an_approved_message_has_waited_since_it_was_written(desk: Promising) -> None:
    await desk.promise(*REPLIES)
    ticket_id = await answered(desk)
    again = letter("Re: Refund", sender="eve@elsewhere.example", In_Reply_To=desk.marks[ticket_id])
    arrival = await post(desk.services, desk.company.inbox, again)
    assert arrival.message_id is not None
    desk.clock.advance(1_800)
    await approve(desk.services.database, desk.company.ana, arrival.message_id)
    assert (await desk.clocks(ticket_id))["next_reply"].due_at == START + timedelta(hours=1)
