"""Agents at work: take, answer, note, change, hand over; and who may not."""

import asyncio
from datetime import timedelta

import pytest

from servicedesk.app.wiring import Services
from servicedesk.desk.lifecycle import TicketChanges, change_ticket
from servicedesk.desk.messages import StoredFile
from servicedesk.desk.note import note
from servicedesk.desk.open import FirstWord, open_ticket
from servicedesk.desk.outgoing import load_outbound
from servicedesk.desk.reply import NewReply, Written, reply
from servicedesk.desk.take import take_ticket
from servicedesk.desk.uploads import add_upload, sweep_uploads
from servicedesk.domain.errors import (
    AlreadyTaken,
    BadInput,
    Conflict,
    Forbidden,
    NewerMessage,
    NotFound,
    VersionMismatch,
    WrongStep,
)
from servicedesk.domain.ids import AttachmentId, TicketId
from servicedesk.domain.messages import Address, ChannelKind
from servicedesk.domain.orders import OrderState
from servicedesk.domain.people import Viewer
from servicedesk.domain.tickets import Priority, TicketStatus
from servicedesk.kernel import journal
from servicedesk.kernel.sql import as_uuid
from servicedesk.routing.orders import live_order
from tests.stories.company import Company, letter, open_by_mail, post
from tests.stories.test_receive import ticket_of


async def answer(services: Services, viewer: Viewer, ticket_id: TicketId, new: NewReply) -> Written:
    email = services.channels[ChannelKind.EMAIL]
    return await reply(services.database, email, viewer, ticket_id, new)


async def change(
    services: Services, viewer: Viewer, ticket_id: TicketId, changes: TicketChanges
) -> None:
    version = (await ticket_of(services, ticket_id)).version
    await change_ticket(services.database, viewer, ticket_id, version, changes)


async def upload(services: Services, viewer: Viewer, content: bytes) -> AttachmentId:
    sha256 = await services.blobs.put(content)
    file = StoredFile(sha256, "notes.txt", "text/plain", len(content))
    return await add_upload(services.database, viewer.user_id, file)


async def test_taking_a_ticket_makes_it_mine_and_open(services: Services, company: Company) -> None:
    ticket_id = await open_by_mail(services, company)
    await take_ticket(services.database, ticket_id, company.ana)
    ticket = await ticket_of(services, ticket_id)
    order = await live_order(services.database.sql, ticket_id)
    assert (ticket.assignee_id, ticket.status) == (company.ana.user_id, TicketStatus.OPEN)
    assert order is not None
    assert (order.state, order.owner_id) == (OrderState.ACTIVE, company.ana.user_id)


async def test_of_two_who_take_at_once_one_gets_it(services: Services, company: Company) -> None:
    ticket_id = await open_by_mail(services, company)
    outcomes = await asyncio.gather(
        take_ticket(services.database, ticket_id, company.ana),
        take_ticket(services.database, ticket_id, company.ben),
        return_exceptions=True,
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, AlreadyTaken)]
    assert len(refused) == 1


async def test_an_answer_is_queued_for_the_contact_with_its_file(
    services: Services, company: Company
) -> None:
    ticket_id = await open_by_mail(services, company, letter(Message_ID="<first@contact.example>"))
    file_id = await upload(services, company.ana, b"42")
    new = NewReply("Here it is.", seen_seq=1, attachment_ids=(file_id,))
    written = await answer(services, company.ana, ticket_id, new)
    row = await services.database.sql.fetch_one("SELECT external_id, state FROM outbox")
    assert row is not None
    _, outbound = await load_outbound(services.database.sql, written.message_id, row["external_id"])
    assert row["state"] == "queued"
    assert [address.value for address in outbound.to] == ["lin@contact.example"]
    assert outbound.subject == "Re: Refund"
    assert outbound.in_reply_to == "first@contact.example"
    assert [file.filename for file in outbound.attachments] == ["notes.txt"]


async def test_who_answers_an_unowned_ticket_owns_it(services: Services, company: Company) -> None:
    ticket_id = await open_by_mail(services, company)
    await answer(services, company.ben, ticket_id, NewReply("Hello.", seen_seq=1))
    ticket = await ticket_of(services, ticket_id)
    assert (ticket.assignee_id, ticket.waiting_since) == (company.ben.user_id, None)


async def test_an_answer_does_not_overtake_a_newer_message(
    services: Services, company: Company
) -> None:
    ticket_id = await open_by_mail(services, company, letter(Message_ID="<a@contact.example>"))
    await post(
        services, company.inbox, letter("Re: Refund", "More.", In_Reply_To="<a@contact.example>")
    )
    with pytest.raises(NewerMessage) as stale:
        await answer(services, company.ana, ticket_id, NewReply("Hello.", seen_seq=1))
    assert stale.value.facts["seq"] == 2
    await answer(services, company.ana, ticket_id, NewReply("Hello.", seen_seq=2))


async def test_a_file_goes_with_one_message_only(services: Services, company: Company) -> None:
    ticket_id = await open_by_mail(services, company)
    file_id = await upload(services, company.ana, b"42")
    new = NewReply("Here.", seen_seq=1, attachment_ids=(file_id,))
    await answer(services, company.ana, ticket_id, new)
    with pytest.raises(BadInput):
        await answer(services, company.ana, ticket_id, new)


async def test_nobody_sends_the_upload_of_another(services: Services, company: Company) -> None:
    ticket_id = await open_by_mail(services, company)
    file_id = await upload(services, company.ben, b"42")
    with pytest.raises(BadInput):
        await answer(
            services, company.ana, ticket_id, NewReply("Hi.", 1, attachment_ids=(file_id,))
        )
    assert (await ticket_of(services, ticket_id)).last_seq == 1


async def test_copies_take_part_from_then_on(services: Services, company: Company) -> None:
    ticket_id = await open_by_mail(services, company)
    new = NewReply("Hello.", seen_seq=1, cc=(Address("kim@contact.example"),))
    await answer(services, company.ana, ticket_id, new)
    rows = await services.database.sql.fetch(
        "SELECT p.role, i.value FROM participant p "
        "JOIN contact_identity i ON i.contact_id = p.contact_id "
        "WHERE p.ticket_id = $1 ORDER BY p.role",
        ticket_id,
    )
    assert [(row["role"], row["value"]) for row in rows] == [
        ("cc", "kim@contact.example"),
        ("requester", "lin@contact.example"),
    ]


async def test_a_note_answers_nobody(services: Services, company: Company) -> None:
    ticket_id = await open_by_mail(services, company)
    await note(services.database, company.ana, ticket_id, "Look at invoice 12.")
    ticket = await ticket_of(services, ticket_id)
    assert ticket.waiting_since is not None
    assert await services.database.sql.fetch("SELECT id FROM outbox") == []


@pytest.mark.parametrize(
    "status", [TicketStatus.PENDING, TicketStatus.ON_HOLD, TicketStatus.SOLVED]
)
async def test_a_ticket_that_waits_for_others_needs_nobody(
    services: Services, company: Company, status: TicketStatus
) -> None:
    ticket_id = await open_by_mail(services, company)
    await change(services, company.ana, ticket_id, TicketChanges(status=status))
    assert await live_order(services.database.sql, ticket_id) is None


async def test_who_solves_an_unowned_ticket_owns_it(services: Services, company: Company) -> None:
    ticket_id = await open_by_mail(services, company)
    await change(services, company.ana, ticket_id, TicketChanges(status=TicketStatus.SOLVED))
    assert (await ticket_of(services, ticket_id)).assignee_id == company.ana.user_id


async def test_opening_again_gives_its_owner_work_again(
    services: Services, company: Company
) -> None:
    ticket_id = await open_by_mail(services, company)
    await change(services, company.ana, ticket_id, TicketChanges(status=TicketStatus.SOLVED))
    await change(services, company.ana, ticket_id, TicketChanges(status=TicketStatus.OPEN))
    order = await live_order(services.database.sql, ticket_id)
    assert order is not None
    assert (order.state, order.owner_id) == (OrderState.ACTIVE, company.ana.user_id)


async def test_nothing_goes_back_to_new(services: Services, company: Company) -> None:
    ticket_id = await open_by_mail(services, company)
    await take_ticket(services.database, ticket_id, company.ana)
    with pytest.raises(WrongStep):
        await change(services, company.ana, ticket_id, TicketChanges(status=TicketStatus.NEW))


async def test_a_closed_ticket_takes_no_answer(services: Services, company: Company) -> None:
    ticket_id = await open_by_mail(services, company)
    for status in (TicketStatus.SOLVED, TicketStatus.CLOSED):
        await change(services, company.ana, ticket_id, TicketChanges(status=status))
    with pytest.raises(Conflict):
        await answer(services, company.ana, ticket_id, NewReply("Hello.", seen_seq=1))


async def test_a_stale_change_is_refused(services: Services, company: Company) -> None:
    ticket_id = await open_by_mail(services, company)
    version = (await ticket_of(services, ticket_id)).version
    high = TicketChanges(priority=Priority.HIGH)
    await change_ticket(services.database, company.ana, ticket_id, version, high)
    with pytest.raises(VersionMismatch):
        await change_ticket(services.database, company.ben, ticket_id, version, high)


async def test_priority_reaches_the_waiting_order(services: Services, company: Company) -> None:
    ticket_id = await open_by_mail(services, company)
    await change(services, company.ana, ticket_id, TicketChanges(priority=Priority.URGENT))
    order = await live_order(services.database.sql, ticket_id)
    assert order is not None
    assert order.priority == Priority.URGENT


async def test_another_queue_brings_its_team_and_keeps_the_place_in_line(
    services: Services, company: Company
) -> None:
    ticket_id = await open_by_mail(services, company)
    before = await live_order(services.database.sql, ticket_id)
    await take_ticket(services.database, ticket_id, company.ana)
    await change(services, company.ana, ticket_id, TicketChanges(queue_id=company.sales_queue))
    ticket = await ticket_of(services, ticket_id)
    after = await live_order(services.database.sql, ticket_id)
    assert (ticket.team_id, ticket.assignee_id) == (company.sales, None)
    assert before is not None
    assert after is not None
    assert (after.state, after.queue_id) == (OrderState.WAITING, company.sales_queue)
    assert after.virtual_start == before.virtual_start


async def test_a_released_ticket_waits_in_its_old_place(
    services: Services, company: Company
) -> None:
    ticket_id = await open_by_mail(services, company)
    before = await live_order(services.database.sql, ticket_id)
    await take_ticket(services.database, ticket_id, company.ana)
    await change(services, company.ana, ticket_id, TicketChanges(assignee_id=None))
    after = await live_order(services.database.sql, ticket_id)
    assert before is not None
    assert after is not None
    assert (after.state, after.owner_id) == (OrderState.WAITING, None)
    assert after.virtual_start == before.virtual_start


async def test_an_agent_cannot_take_away_what_another_holds(
    services: Services, company: Company
) -> None:
    ticket_id = await open_by_mail(services, company)
    await take_ticket(services.database, ticket_id, company.ana)
    with pytest.raises(Forbidden):
        await change(
            services, company.ben, ticket_id, TicketChanges(assignee_id=company.ben.user_id)
        )
    await change(services, company.sam, ticket_id, TicketChanges(assignee_id=company.ben.user_id))
    assert (await ticket_of(services, ticket_id)).assignee_id == company.ben.user_id


async def test_an_observer_cannot_hold_a_ticket(services: Services, company: Company) -> None:
    ticket_id = await open_by_mail(services, company)
    with pytest.raises(BadInput):
        await change(
            services, company.sam, ticket_id, TicketChanges(assignee_id=company.olga.user_id)
        )


async def test_an_observer_changes_nothing(services: Services, company: Company) -> None:
    ticket_id = await open_by_mail(services, company)
    head = await journal.head(services.database.sql)
    with pytest.raises(Forbidden):
        await note(services.database, company.olga, ticket_id, "Hm.")
    with pytest.raises(Forbidden):
        await take_ticket(services.database, ticket_id, company.olga)
    assert await journal.head(services.database.sql) == head


async def test_another_team_finds_no_such_ticket(services: Services, company: Company) -> None:
    ticket_id = await open_by_mail(services, company)
    with pytest.raises(NotFound):
        await take_ticket(services.database, ticket_id, company.zoe)
    with pytest.raises(NotFound):
        await answer(services, company.zoe, ticket_id, NewReply("Hello.", seen_seq=1))
    with pytest.raises(NotFound):
        await change(services, company.zoe, ticket_id, TicketChanges(status=TicketStatus.SOLVED))


async def test_who_was_handed_a_ticket_sees_it_whatever_their_team(
    services: Services, company: Company
) -> None:
    ticket_id = await open_by_mail(services, company)
    await change(services, company.sam, ticket_id, TicketChanges(assignee_id=company.zoe.user_id))
    await note(services.database, company.zoe, ticket_id, "I see it.")
    await change(services, company.sam, ticket_id, TicketChanges(assignee_id=company.ana.user_id))
    with pytest.raises(NotFound):
        await note(services.database, company.zoe, ticket_id, "No more.")


async def test_an_agent_writes_first(services: Services, company: Company) -> None:
    email = services.channels[ChannelKind.EMAIL]
    first = FirstWord(company.inbox.id, Address("new@contact.example", "New"), "News", "Hello.")
    opened = await open_ticket(services.database, email, company.ana, first)
    ticket = await ticket_of(services, opened.ticket_id)
    assert (ticket.assignee_id, ticket.status) == (company.ana.user_id, TicketStatus.OPEN)
    rows = await services.database.sql.fetch("SELECT destination FROM outbox")
    assert [row["destination"] for row in rows] == ["contact.example"]


async def test_what_was_uploaded_and_never_sent_is_swept_after_a_day(
    services: Services, company: Company
) -> None:
    ticket_id = await open_by_mail(services, company)
    sent = await upload(services, company.ana, b"sent")
    forgotten = await upload(services, company.ana, b"forgotten")
    fresh = await upload(services, company.ana, b"fresh")
    await answer(services, company.ana, ticket_id, NewReply("Hi.", 1, attachment_ids=(sent,)))
    sql = services.database.sql
    old = await services.database.now() - timedelta(days=2)
    await sql.execute("UPDATE attachment SET created_at = $1 WHERE id <> $2", old, fresh)
    assert await sweep_uploads(services.database) == 1
    left = {as_uuid(row["id"]) for row in await sql.fetch("SELECT id FROM attachment")}
    assert (sent in left, forgotten in left, fresh in left) == (True, False, True)
    uses = await sql.fetch("SELECT uses FROM blob WHERE size_bytes = $1", len(b"forgotten"))
    assert [row["uses"] for row in uses] == [0]


async def test_moving_away_what_another_holds_is_refused(
    services: Services, company: Company
) -> None:
    ticket_id = await open_by_mail(services, company)
    await take_ticket(services.database, ticket_id, company.ana)
    sneaky = TicketChanges(queue_id=company.sales_queue, assignee_id=company.ben.user_id)
    for changes in (sneaky, TicketChanges(queue_id=company.sales_queue)):
        with pytest.raises(Forbidden):
            await change(services, company.ben, ticket_id, changes)
    assert (await ticket_of(services, ticket_id)).assignee_id == company.ana.user_id


async def test_an_owner_who_answers_takes_the_order_that_waits(
    services: Services, company: Company
) -> None:
    ticket_id = await open_by_mail(services, company, letter(Message_ID="<a@contact.example>"))
    await change(services, company.ana, ticket_id, TicketChanges(status=TicketStatus.PENDING))
    await take_ticket(services.database, ticket_id, company.ana)
    again = letter("Re: Refund", "And?", In_Reply_To="<a@contact.example>")
    await post(services, company.inbox, again)
    waiting = await live_order(services.database.sql, ticket_id)
    assert waiting is not None
    assert waiting.state is OrderState.WAITING
    await answer(services, company.ana, ticket_id, NewReply("Soon.", seen_seq=2))
    held = await live_order(services.database.sql, ticket_id)
    assert held is not None
    assert (held.state, held.owner_id) == (OrderState.ACTIVE, company.ana.user_id)


async def test_opening_what_somebody_held_who_left_is_work_for_anybody(
    services: Services, company: Company
) -> None:
    ticket_id = await open_by_mail(services, company)
    await change(services, company.ana, ticket_id, TicketChanges(status=TicketStatus.SOLVED))
    await services.database.sql.execute(
        "UPDATE app_user SET active = $2 WHERE id = $1", company.ana.user_id, False
    )
    await change(services, company.sam, ticket_id, TicketChanges(status=TicketStatus.OPEN))
    order = await live_order(services.database.sql, ticket_id)
    assert order is not None
    assert (order.state, order.owner_id) == (OrderState.WAITING, None)
    assert (await ticket_of(services, ticket_id)).assignee_id is None


async def test_an_answer_goes_where_the_contact_asked_for_it(
    services: Services, company: Company
) -> None:
    mail = letter(sender="form@website.example", Reply_To="Lin <lin@contact.example>")
    ticket_id = await open_by_mail(services, company, mail)
    written = await answer(services, company.ana, ticket_id, NewReply("Hello.", seen_seq=1))
    _, outbound = await load_outbound(services.database.sql, written.message_id, "x")
    assert [address.value for address in outbound.to] == ["lin@contact.example"]
