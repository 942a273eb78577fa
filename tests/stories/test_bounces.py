"""What did not arrive marks its message and its address, opens nothing and is never answered."""

from dataclasses import replace

import pytest

from servicedesk.app.wiring import Services
from servicedesk.desk.delivery import record_receipt
from servicedesk.desk.open import FirstWord, open_ticket
from servicedesk.desk.reply import NewReply, UndeliverableAddress, reply
from servicedesk.domain.messages import Address, ChannelKind, DeliveryState, Receipt
from servicedesk.intake.arrivals import ArrivalState
from servicedesk.kernel.outbox import claim_due
from tests.stories.company import Company, letter, open_by_mail, post
from tests.stories.mail_rows import (
    answer,
    count,
    identity,
    journaled,
    kinds,
    recipients,
    settle_inbox,
    timeline,
)
from tests.stories.notices import bounce, complaint

LIN = "lin@contact.example"


async def test_a_bounce_marks_message_recipient_and_address(
    services: Services, company: Company
) -> None:
    ticket_id = await open_by_mail(services, company)
    written, named = await answer(services, company.ana, ticket_id)
    arrival = await post(services, company.inbox, bounce(named, LIN))
    assert (arrival.state, arrival.message_id) == (ArrivalState.ACCEPTED, written.message_id)
    message = (await timeline(services, ticket_id))[-1]
    recipient = (await recipients(services, written.message_id))[LIN]
    assert message["delivery_state"] == recipient["delivery_state"] == "bounced"
    assert "no such user here" in message["delivery_error"]
    address = await identity(services, LIN)
    assert address["undeliverable_at"] is not None
    assert address["undeliverable_reason"] == "user-unknown"
    assert await kinds(services, ticket_id) == ["inbound", "outbound"]
    assert len(await journaled(services, "message.bounced")) == 1
    assert len(await journaled(services, "contact.undeliverable")) == 1


async def test_an_agent_is_warned_before_writing_to_a_dead_address(
    services: Services, company: Company
) -> None:
    ticket_id = await open_by_mail(services, company)
    _, named = await answer(services, company.ana, ticket_id)
    await post(services, company.inbox, bounce(named, LIN))
    email = services.channels[ChannelKind.EMAIL]
    new = NewReply("Are you there?", seen_seq=9)
    with pytest.raises(UndeliverableAddress):
        await reply(services.database, email, company.ana, ticket_id, new)
    anyway = NewReply("Are you there?", seen_seq=9, even_if_undeliverable=True)
    await reply(services.database, email, company.ana, ticket_id, anyway)
    assert await kinds(services, ticket_id) == ["inbound", "outbound", "outbound"]


async def test_an_agent_who_writes_first_is_warned_too(
    services: Services, company: Company
) -> None:
    ticket_id = await open_by_mail(services, company)
    _, named = await answer(services, company.ana, ticket_id)
    await post(services, company.inbox, bounce(named, LIN))
    email = services.channels[ChannelKind.EMAIL]
    first = FirstWord(company.inbox.id, Address(LIN), "News", "Your refund is on its way.")
    with pytest.raises(UndeliverableAddress):
        await open_ticket(services.database, email, company.ana, first)
    assert await count(services, "ticket") == 1
    anyway = replace(first, even_if_undeliverable=True)
    opened = await open_ticket(services.database, email, company.ana, anyway)
    assert await kinds(services, opened.ticket_id) == ["outbound"]


async def test_mail_from_a_dead_address_makes_it_live_again(
    services: Services, company: Company
) -> None:
    ticket_id = await open_by_mail(services, company)
    _, named = await answer(services, company.ana, ticket_id)
    await post(services, company.inbox, bounce(named, LIN))
    await post(services, company.inbox, letter("Re: Refund", In_Reply_To=f"<{named}>"))
    address = await identity(services, LIN)
    assert (address["undeliverable_at"], address["soft_bounces"]) == (None, 0)
    assert len(await journaled(services, "contact.deliverable")) == 1


async def test_a_full_mailbox_is_counted_and_stays_deliverable(
    services: Services, company: Company
) -> None:
    ticket_id = await open_by_mail(services, company)
    _, named = await answer(services, company.ana, ticket_id)
    full = bounce(named, LIN, "4.2.2", "452 4.2.2 mailbox full")
    await post(services, company.inbox, full)
    address = await identity(services, LIN)
    assert (address["undeliverable_at"], address["soft_bounces"]) == (None, 1)
    assert (await timeline(services, ticket_id))[-1]["delivery_state"] == "bounced"
    await answer(services, company.ana, ticket_id, "Again.")
    assert await kinds(services, ticket_id) == ["inbound", "outbound", "outbound"]


async def test_the_same_notice_twice_counts_once(services: Services, company: Company) -> None:
    ticket_id = await open_by_mail(services, company)
    _, named = await answer(services, company.ana, ticket_id)
    full = bounce(named, LIN, "4.2.2", "452 4.2.2 mailbox full")
    for expected in (ArrivalState.ACCEPTED, ArrivalState.DUPLICATE):
        assert (await post(services, company.inbox, full)).state is expected
    assert (await identity(services, LIN))["soft_bounces"] == 1


async def test_a_notice_without_the_original_is_found_by_the_signed_bounce_address(
    services: Services, company: Company
) -> None:
    ticket_id = await open_by_mail(services, company)
    written, _ = await answer(services, company.ana, ticket_id)
    sink = services.channels[ChannelKind.EMAIL]
    marks = sink._marks  # type: ignore[attr-defined]  # the only maker of marks
    to = marks.bounce_address(company.inbox.address, ticket_id)
    arrival = await post(services, company.inbox, bounce("", LIN, to=to))
    assert (arrival.state, arrival.message_id) == (ArrivalState.ACCEPTED, written.message_id)


@pytest.mark.parametrize("named", ["", "nobody-knows@elsewhere.example"])
async def test_a_bounce_of_an_unknown_message_is_set_aside(
    services: Services, company: Company, named: str
) -> None:
    await open_by_mail(services, company)
    arrival = await post(services, company.inbox, bounce(named, LIN))
    assert (arrival.state, arrival.reason) == (ArrivalState.SUSPENDED, "bounce_hard")
    assert await count(services, "ticket") == 1
    assert (await identity(services, LIN))["undeliverable_at"] is None


async def test_a_notice_names_only_addresses_that_the_message_went_to(
    services: Services, company: Company
) -> None:
    ticket_id = await open_by_mail(services, company)
    await open_by_mail(services, company, letter(sender="kim@contact.example"))
    _, named = await answer(services, company.ana, ticket_id)
    await post(services, company.inbox, bounce(named, "kim@contact.example"))
    assert (await identity(services, "kim@contact.example"))["undeliverable_at"] is None


async def test_a_bounce_that_is_faster_than_our_receipt_stays(
    services: Services, company: Company
) -> None:
    ticket_id = await open_by_mail(services, company)
    _, named = await answer(services, company.ana, ticket_id)
    (claimed,) = await claim_due(services.database, "test", 1, 60)
    await post(services, company.inbox, bounce(named, LIN))
    await record_receipt(services.database, claimed, Receipt(DeliveryState.SENT, "250 ok"))
    assert (await timeline(services, ticket_id))[-1]["delivery_state"] == "bounced"


async def test_a_complaint_stops_automatic_mail_and_the_message_did_arrive(
    services: Services, company: Company
) -> None:
    await settle_inbox(services, company.inbox, acknowledge=True)
    ticket_id = await open_by_mail(services, company)
    written, named = await answer(services, company.ana, ticket_id)
    arrival = await post(services, company.inbox, complaint(named, LIN))
    assert arrival.state is ArrivalState.ACCEPTED
    assert (await timeline(services, ticket_id))[-1]["delivery_state"] == "queued"
    assert (await identity(services, LIN))["undeliverable_at"] is not None
    assert (await recipients(services, written.message_id))[LIN]["delivery_error"]
