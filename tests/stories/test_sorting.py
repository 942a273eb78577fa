"""Split, move, approve, merge: each once, whoever asks twice or at the same time."""

import asyncio
from uuid import UUID

import pytest

from servicedesk.app.wiring import Services
from servicedesk.desk.approve import approve
from servicedesk.desk.merge import merge
from servicedesk.desk.relocate import NothingLeft
from servicedesk.desk.split import move, split
from servicedesk.domain.errors import BadInput, Conflict, Forbidden, NotFound
from servicedesk.domain.ids import TicketId
from servicedesk.domain.orders import OrderState
from servicedesk.domain.tickets import TicketStatus
from servicedesk.kernel.sql import as_uuid
from servicedesk.routing.orders import live_order
from tests.stories.company import Company, letter, open_by_mail, post
from tests.stories.mail_rows import answer, journaled, kinds, timeline
from tests.stories.test_receive import set_status, ticket_of

FIRST = "first@contact.example"


async def opened(services: Services, company: Company) -> TicketId:
    return await open_by_mail(services, company, letter(Message_ID=f"<{FIRST}>"))


async def write(services: Services, company: Company, sender: str, text: str) -> UUID:
    """Let somebody answer the first ticket."""
    mail = letter("Broken lamp", text, sender=sender, In_Reply_To=f"<{FIRST}>")
    arrival = await post(services, company.inbox, mail)
    assert arrival.message_id is not None
    return arrival.message_id


async def stranger(services: Services, company: Company) -> UUID:
    return await write(services, company, "eve@elsewhere.example", "Me too!")


async def texts(services: Services, ticket_id: UUID) -> list[str]:
    return [row["text"].strip() for row in await timeline(services, ticket_id)]


async def test_an_approved_stranger_takes_part_and_reopens(
    services: Services, company: Company
) -> None:
    ticket_id = await opened(services, company)
    await set_status(services, company, ticket_id, TicketStatus.PENDING)
    message_id = await stranger(services, company)
    assert await approve(services.database, company.ana, message_id)
    assert (await ticket_of(services, ticket_id)).status is TicketStatus.OPEN
    assert await live_order(services.database.sql, ticket_id) is not None
    await write(services, company, "eve@elsewhere.example", "And again.")
    assert [bool(row["unverified"]) for row in await timeline(services, ticket_id)] == [False] * 3


async def test_of_two_who_approve_one_does(services: Services, company: Company) -> None:
    await opened(services, company)
    message_id = await stranger(services, company)
    positions = await asyncio.gather(
        approve(services.database, company.ana, message_id),
        approve(services.database, company.ben, message_id),
    )
    assert sorted(bool(position) for position in positions) == [False, True]
    assert len(await journaled(services, "message.approved")) == 1


async def test_a_split_takes_what_its_sender_wrote_from_there_on(
    services: Services, company: Company
) -> None:
    source = await opened(services, company)
    lamp = await write(services, company, "lin@contact.example", "My lamp is broken.")
    await answer(services, company.ana, source, "Which lamp?")
    await stranger(services, company)
    await write(services, company, "lin@contact.example", "The green one.")
    made = await split(services.database, company.ana, lamp)
    assert await texts(services, made.ticket_id) == ["My lamp is broken.", "The green one."]
    assert await texts(services, source) == ["Where is my refund?", "Which lamp?", "Me too!"]
    target = await ticket_of(services, made.ticket_id)
    order = await live_order(services.database.sql, made.ticket_id)
    assert (target.subject, target.status, target.last_seq) == ("Broken lamp", TicketStatus.NEW, 2)
    assert order is not None
    assert (order.state, order.queue_id) == (OrderState.WAITING, company.support_queue)
    lamps = await timeline(services, made.ticket_id)
    row = await services.database.sql.fetch_one(
        "SELECT waiting_since, last_words FROM ticket WHERE id = $1", made.ticket_id
    )
    assert row is not None
    assert (row["waiting_since"], row["last_words"]) == (lamps[0]["created_at"], "The green one.")
    (away,) = await journaled(services, "message.moved_away")
    assert away["to_ticket_id"] == str(made.ticket_id)


async def test_an_answer_to_what_was_split_off_finds_the_new_ticket(
    services: Services, company: Company
) -> None:
    await opened(services, company)
    mail = letter("Lamp", "Broken.", Message_ID="<lamp@x>", In_Reply_To=f"<{FIRST}>")
    arrival = await post(services, company.inbox, mail)
    assert arrival.message_id is not None
    made = await split(services.database, company.ana, arrival.message_id)
    later = await post(services, company.inbox, letter("Re: Lamp", In_Reply_To="<lamp@x>"))
    assert later.ticket_id == made.ticket_id


async def test_a_split_stranger_is_a_requester(services: Services, company: Company) -> None:
    await opened(services, company)
    made = await split(services.database, company.ana, await stranger(services, company))
    (message,) = await timeline(services, made.ticket_id)
    assert not message["unverified"]


async def test_two_splits_at_once_make_one_ticket(services: Services, company: Company) -> None:
    await opened(services, company)
    message_id = await stranger(services, company)
    outcomes = await asyncio.gather(
        split(services.database, company.ana, message_id),
        split(services.database, company.ben, message_id),
        return_exceptions=True,
    )
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 1
    row = await services.database.sql.fetch_one("SELECT count(*) AS found FROM ticket")
    assert row is not None
    assert row["found"] == 2


async def test_the_only_message_stays_where_it_is(services: Services, company: Company) -> None:
    source = await opened(services, company)
    (only,) = await timeline(services, source)
    with pytest.raises(NothingLeft):
        await split(services.database, company.ana, as_uuid(only["id"]))
    other = await open_by_mail(services, company, letter("Other"))
    with pytest.raises(NothingLeft):
        await move(services.database, company.ana, as_uuid(only["id"]), other)
    assert await kinds(services, source) == ["inbound"]


async def test_what_we_wrote_stays_where_it_is(services: Services, company: Company) -> None:
    source = await opened(services, company)
    written, _ = await answer(services, company.ana, source)
    with pytest.raises(Conflict):
        await split(services.database, company.ana, written.message_id)


async def test_a_moved_message_reopens_its_new_ticket_and_its_sender_takes_part(
    services: Services, company: Company
) -> None:
    source = await opened(services, company)
    target = await open_by_mail(services, company, letter("Lamp", sender="kim@contact.example"))
    await set_status(services, company, target, TicketStatus.SOLVED)
    message_id = await stranger(services, company)
    assert await move(services.database, company.ana, message_id, target)
    assert not await move(services.database, company.ana, message_id, target)
    assert await texts(services, source) == ["Where is my refund?"]
    assert await texts(services, target) == ["Where is my refund?", "Me too!"]
    assert (await ticket_of(services, target)).status is TicketStatus.OPEN
    assert len(await journaled(services, "message.moved")) == 1


async def test_messages_that_cross_do_not_deadlock(services: Services, company: Company) -> None:
    first = await opened(services, company)
    here = await stranger(services, company)
    mail = letter("Lamp", Message_ID="<lamp@x>", sender="kim@contact.example")
    second = await open_by_mail(services, company, mail)
    arrival = await post(
        services, company.inbox, letter(In_Reply_To="<lamp@x>", sender="joe@elsewhere.example")
    )
    assert arrival.message_id is not None
    await asyncio.gather(
        move(services.database, company.ana, here, second),
        move(services.database, company.ben, arrival.message_id, first),
    )
    assert [len(await kinds(services, ticket_id)) for ticket_id in (first, second)] == [2, 2]


async def test_nothing_moves_to_a_closed_ticket(services: Services, company: Company) -> None:
    await opened(services, company)
    message_id = await stranger(services, company)
    target = await open_by_mail(services, company, letter("Lamp"))
    for status in (TicketStatus.SOLVED, TicketStatus.CLOSED):
        await set_status(services, company, target, status)
    with pytest.raises(Conflict):
        await move(services.database, company.ana, message_id, target)


async def test_a_merged_ticket_is_closed_and_leads_to_the_other(
    services: Services, company: Company
) -> None:
    target = await opened(services, company)
    await answer(services, company.ana, target)
    await set_status(services, company, target, TicketStatus.PENDING)
    again = letter("Refund!", sender="kim@contact.example", Message_ID="<again@x>")
    source = await open_by_mail(services, company, again)
    waited_since = (await ticket_of(services, source)).waiting_since
    assert await merge(services.database, company.ana, source, target)
    assert not await merge(services.database, company.ana, source, target)
    left, kept = await ticket_of(services, source), await ticket_of(services, target)
    assert (left.status, left.merged_into_id) == (TicketStatus.CLOSED, target)
    assert (kept.status, kept.waiting_since) == (TicketStatus.OPEN, waited_since)
    assert await live_order(services.database.sql, source) is None
    assert await live_order(services.database.sql, target) is not None
    more = letter("Re: Refund!", sender="kim@contact.example", In_Reply_To="<again@x>")
    assert (await post(services, company.inbox, more)).ticket_id == target
    assert [bool(row["unverified"]) for row in await timeline(services, target)] == [False] * 3


async def test_tickets_merged_into_each_other_at_once_leave_one(
    services: Services, company: Company
) -> None:
    first = await opened(services, company)
    second = await open_by_mail(services, company, letter("Again"))
    outcomes = await asyncio.gather(
        merge(services.database, company.ana, first, second),
        merge(services.database, company.ben, second, first),
        return_exceptions=True,
    )
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 1
    statuses = {(await ticket_of(services, one)).status for one in (first, second)}
    assert len(statuses) == 2


async def test_a_ticket_is_not_merged_into_itself(services: Services, company: Company) -> None:
    ticket_id = await opened(services, company)
    with pytest.raises(BadInput):
        await merge(services.database, company.ana, ticket_id, ticket_id)


async def test_observers_and_other_teams_sort_nothing(services: Services, company: Company) -> None:
    ticket_id = await opened(services, company)
    message_id = await stranger(services, company)
    other = await open_by_mail(services, company, letter("Lamp"))
    for viewer, refusal in ((company.olga, Forbidden), (company.zoe, NotFound)):
        for attempt in (
            approve(services.database, viewer, message_id),
            split(services.database, viewer, message_id),
            move(services.database, viewer, message_id, other),
            merge(services.database, viewer, ticket_id, other),
        ):
            with pytest.raises(refusal):
                await attempt
    assert await texts(services, ticket_id) == ["Where is my refund?", "Me too!"]
