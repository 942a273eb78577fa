"""Mail comes in: what it opens, continues, reopens, and what it must not touch."""

from servicedesk.app.wiring import Services
from servicedesk.desk.lifecycle import TicketChanges, change_ticket
from servicedesk.desk.reply import NewReply, reply
from servicedesk.desk.tickets import TicketFacts, find_tickets
from servicedesk.domain.ids import TicketId
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.orders import OrderState
from servicedesk.domain.tickets import TicketStatus
from servicedesk.intake.arrivals import ArrivalState
from servicedesk.intake.quarantine import retry
from servicedesk.kernel import journal
from servicedesk.kernel.sql import Row, as_uuid
from servicedesk.routing.orders import live_order
from tests.stories.company import SALES, Company, letter, open_by_mail, post


async def ticket_of(services: Services, ticket_id: TicketId) -> TicketFacts:
    return (await find_tickets(services.database.sql, [ticket_id]))[ticket_id]


async def messages_of(services: Services, ticket_id: TicketId) -> list[Row]:
    return await services.database.sql.fetch(
        "SELECT seq, kind, text, unverified FROM message WHERE ticket_id = $1 ORDER BY seq",
        ticket_id,
    )


async def message_id_of(services: Services, ticket_id: TicketId, seq: int) -> str:
    row = await services.database.sql.fetch_one(
        "SELECT r.external_id FROM message m JOIN message_reference r ON r.message_id = m.id "
        "WHERE m.ticket_id = $1 AND m.seq = $2",
        ticket_id,
        seq,
    )
    assert row is not None
    return str(row["external_id"])


async def set_status(
    services: Services, company: Company, ticket_id: TicketId, status: TicketStatus
) -> None:
    facts = await ticket_of(services, ticket_id)
    changes = TicketChanges(status=status)
    await change_ticket(services.database, company.ana, ticket_id, facts.version, changes)


async def test_a_mail_opens_a_ticket_with_a_waiting_order(
    services: Services, company: Company
) -> None:
    ticket_id = await open_by_mail(services, company)
    ticket = await ticket_of(services, ticket_id)
    order = await live_order(services.database.sql, ticket_id)
    assert (ticket.status, ticket.subject, ticket.team_id) == (
        TicketStatus.NEW,
        "Refund",
        company.support,
    )
    assert ticket.waiting_since is not None
    assert order is not None
    assert (order.state, order.queue_id) == (OrderState.WAITING, company.support_queue)


async def test_opening_is_journaled_in_one_breath(services: Services, company: Company) -> None:
    before = await journal.head(services.database.sql)
    ticket_id = await open_by_mail(services, company)
    entries = await journal.read_after(services.database.sql, before, 20)
    kinds = [entry.kind for entry in entries if not entry.kind.startswith("clock")]
    assert kinds == [
        "contact.created",
        "ticket.opened",
        "message.received",
        "order.opened",
    ]
    assert {entry.ticket_id for entry in entries if entry.ticket_id} == {ticket_id}
    assert len({entry.at for entry in entries}) == 1


async def test_the_journal_holds_no_words_of_the_contact(
    services: Services, company: Company
) -> None:
    await open_by_mail(services, company, letter("Zebra subject", "Zebra text"))
    entries = await journal.read_after(services.database.sql, 0, 100)
    assert "zebra" not in str([(e.payload, e.trace) for e in entries]).lower()
    assert "lin@contact.example" not in str([(e.payload, e.trace) for e in entries])


async def test_ticket_numbers_rise_and_are_never_shared(
    services: Services, company: Company
) -> None:
    numbers = [
        (await ticket_of(services, await open_by_mail(services, company))).number for _ in range(3)
    ]
    assert numbers == sorted(set(numbers))


async def test_the_same_mail_twice_is_one_message(services: Services, company: Company) -> None:
    mail = letter()
    first = await post(services, company.inbox, mail)
    second = await post(services, company.inbox, mail)
    assert (first.state, second.state) == (ArrivalState.ACCEPTED, ArrivalState.DUPLICATE)
    assert first.ticket_id is not None
    assert len(await messages_of(services, TicketId(first.ticket_id))) == 1


async def test_two_mails_with_one_message_id_are_both_kept(
    services: Services, company: Company
) -> None:
    first = await post(services, company.inbox, letter(text="one", Message_ID="<same@x>"))
    second = await post(services, company.inbox, letter(text="two", Message_ID="<same@x>"))
    assert (first.state, second.state) == (ArrivalState.ACCEPTED, ArrivalState.ACCEPTED)


async def test_an_answer_continues_its_ticket_and_says_why(
    services: Services, company: Company
) -> None:
    ticket_id = await open_by_mail(services, company)
    email = services.channels[ChannelKind.EMAIL]
    await reply(services.database, email, company.ana, ticket_id, NewReply("Done.", seen_seq=1))
    ours = await message_id_of(services, ticket_id, 2)
    answer = await post(services, company.inbox, letter("Re: Refund", In_Reply_To=f"<{ours}>"))
    assert answer.ticket_id == ticket_id
    row = await services.database.sql.fetch_one(
        "SELECT why_here FROM message WHERE id = $1", answer.message_id
    )
    assert row is not None
    assert "signed_message_id" in str(row["why_here"])


async def test_reply_from_contact_reopens_solved_ticket(
    services: Services, company: Company
) -> None:
    ticket_id = await open_by_mail(services, company)
    email = services.channels[ChannelKind.EMAIL]
    solving = NewReply("Done.", seen_seq=1, set_status=TicketStatus.SOLVED)
    await reply(services.database, email, company.ana, ticket_id, solving)
    assert (await ticket_of(services, ticket_id)).status is TicketStatus.SOLVED
    assert await live_order(services.database.sql, ticket_id) is None
    ours = await message_id_of(services, ticket_id, 2)
    await post(services, company.inbox, letter("Re: Refund", In_Reply_To=f"<{ours}>"))
    ticket = await ticket_of(services, ticket_id)
    order = await live_order(services.database.sql, ticket_id)
    assert ticket.status is TicketStatus.OPEN
    assert order is not None
    assert order.state is OrderState.WAITING


async def test_an_answer_to_a_closed_ticket_opens_a_follow_up(
    services: Services, company: Company
) -> None:
    mail = letter(Message_ID="<first@contact.example>")
    ticket_id = await open_by_mail(services, company, mail)
    for status in (TicketStatus.SOLVED, TicketStatus.CLOSED):
        await set_status(services, company, ticket_id, status)
    later = await post(
        services,
        company.inbox,
        letter("Re: Refund", "Again!", In_Reply_To="<first@contact.example>"),
    )
    assert later.ticket_id not in (None, ticket_id)
    row = await services.database.sql.fetch_one(
        "SELECT follows_up_id FROM ticket WHERE id = $1", later.ticket_id
    )
    assert row is not None
    assert as_uuid(row["follows_up_id"]) == ticket_id


async def test_a_stranger_who_answers_is_kept_apart_and_nobody_waits_for_an_answer(
    services: Services, company: Company
) -> None:
    mail = letter(Message_ID="<first@contact.example>")
    ticket_id = await open_by_mail(services, company, mail)
    await set_status(services, company, ticket_id, TicketStatus.SOLVED)
    stranger = letter(
        "Re: Refund",
        "Me too!",
        sender="eve@elsewhere.example",
        In_Reply_To="<first@contact.example>",
    )
    await post(services, company.inbox, stranger)
    rows = await messages_of(services, ticket_id)
    assert [bool(row["unverified"]) for row in rows] == [False, True]
    assert (await ticket_of(services, ticket_id)).waiting_since is None


async def test_an_out_of_office_answer_joins_its_ticket_and_reopens_nothing(
    services: Services, company: Company
) -> None:
    mail = letter(Message_ID="<first@contact.example>")
    ticket_id = await open_by_mail(services, company, mail)
    await set_status(services, company, ticket_id, TicketStatus.PENDING)
    away = letter(
        "Out of office",
        "I am away.",
        In_Reply_To="<first@contact.example>",
        Auto_Submitted="auto-replied",
    )
    arrival = await post(services, company.inbox, away)
    assert arrival.ticket_id == ticket_id
    assert (await ticket_of(services, ticket_id)).status is TicketStatus.PENDING
    assert await live_order(services.database.sql, ticket_id) is None


async def test_automatic_mail_that_answers_nothing_opens_no_ticket(
    services: Services, company: Company
) -> None:
    mail = letter("Out of office", "I am away.", Auto_Submitted="auto-replied")
    arrival = await post(services, company.inbox, mail)
    assert (arrival.state, arrival.ticket_id) == (ArrivalState.SUSPENDED, None)


async def test_a_mail_that_cannot_be_understood_waits_in_quarantine(
    services: Services, company: Company
) -> None:
    arrival = await post(services, company.inbox, b"\r\nno headers at all\r\n")
    assert arrival.state is ArrivalState.QUARANTINED
    assert arrival.reason
    assert await services.blobs.open(arrival.blob) == b"\r\nno headers at all\r\n"


async def test_another_message_on_an_owned_ticket_makes_no_second_order(
    services: Services, company: Company
) -> None:
    mail = letter(Message_ID="<first@contact.example>")
    ticket_id = await open_by_mail(services, company, mail)
    first = await live_order(services.database.sql, ticket_id)
    await post(
        services, company.inbox, letter("Re: Refund", "And?", In_Reply_To="<first@contact.example>")
    )
    second = await live_order(services.database.sql, ticket_id)
    assert first is not None
    assert second is not None
    assert first.id == second.id


async def test_somebody_in_copy_who_answers_continues_and_reopens(
    services: Services, company: Company
) -> None:
    mail = letter(Message_ID="<first@contact.example>", Cc="kim@contact.example")
    ticket_id = await open_by_mail(services, company, mail)
    await set_status(services, company, ticket_id, TicketStatus.PENDING)
    answer = letter(
        "Re: Refund", "Me too.", sender="kim@contact.example", In_Reply_To="<first@contact.example>"
    )
    await post(services, company.inbox, answer)
    rows = await messages_of(services, ticket_id)
    assert [bool(row["unverified"]) for row in rows] == [False, False]
    assert (await ticket_of(services, ticket_id)).status is TicketStatus.OPEN


async def test_suspended_mail_is_let_in_when_somebody_says_so(
    services: Services, company: Company
) -> None:
    mail = letter("Hello from the list", "Please help.", List_Id="<support.groups.example>")
    arrival = await post(services, company.inbox, mail)
    assert arrival.state is ArrivalState.SUSPENDED
    after = await retry(services.database, services.intake, company.sam, arrival.id)
    assert after.state is ArrivalState.ACCEPTED
    assert after.ticket_id is not None
    assert (await ticket_of(services, TicketId(after.ticket_id))).status is TicketStatus.NEW


async def test_mail_from_an_address_of_our_own_opens_nothing(
    services: Services, company: Company
) -> None:
    arrival = await post(services, company.inbox, letter(sender=SALES))
    assert (arrival.state, arrival.reason) == (ArrivalState.SUSPENDED, "own_loop")


async def test_a_name_that_turns_its_direction_is_shown_as_it_is(
    services: Services, company: Company
) -> None:
    mail = letter("Refund \u202efdp.exe")
    mail.add_attachment(b"MZ", "application", "octet-stream", filename="y\u202egpj.exe")
    ticket_id = await open_by_mail(services, company, mail)
    rows = await services.database.sql.fetch("SELECT filename FROM attachment")
    assert [row["filename"] for row in rows] == ["ygpj.exe"]
    assert (await ticket_of(services, ticket_id)).subject == "Refund fdp.exe"
