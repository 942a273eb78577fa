"""One mail to two inboxes, old mails for new matters, and agents who use their own mailbox."""

import asyncio
from email.message import EmailMessage

from servicedesk.app.wiring import Services
from servicedesk.domain.ids import TicketId
from servicedesk.domain.tickets import TicketStatus
from servicedesk.intake.arrivals import ArrivalState
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import as_dict
from tests.stories.company import SALES, SUPPORT, Company, letter, open_by_mail, post
from tests.stories.mail_rows import answer, count, journaled, kinds, settle_inbox, timeline
from tests.stories.test_receive import set_status, ticket_of

TRUSTED = "mx.acme.example"
PASSED = f"{TRUSTED}; dmarc=pass header.from=acme.example"
FAILED = f"{TRUSTED}; dmarc=fail header.from=acme.example"


async def test_one_mail_to_two_inboxes_is_one_ticket_acknowledged_once(
    services: Services, company: Company
) -> None:
    for inbox in (company.inbox, company.sales_inbox):
        await settle_inbox(services, inbox, acknowledge=True)
    mail = letter(to=f"{SUPPORT}, {SALES}", Message_ID="<both@contact.example>")
    first = await post(services, company.inbox, mail)
    second = await post(services, company.sales_inbox, mail)
    assert (second.state, second.ticket_id) == (ArrivalState.ACCEPTED, first.ticket_id)
    assert (await count(services, "ticket"), await count(services, "outbox")) == (1, 1)
    assert await kinds(services, first.ticket_id) == ["inbound", "outbound"]
    assert len(await journaled(services, "ticket.joined_inbox")) == 1
    through_sales = letter("Re: Refund", "And?", In_Reply_To="<both@contact.example>")
    assert (await post(services, company.sales_inbox, through_sales)).ticket_id == first.ticket_id


async def test_both_inboxes_at_once_make_one_ticket(services: Services, company: Company) -> None:
    mail = letter(to=f"{SUPPORT}, {SALES}")
    arrivals = await asyncio.gather(
        post(services, company.inbox, mail), post(services, company.sales_inbox, mail)
    )
    assert len({arrival.ticket_id for arrival in arrivals}) == 1
    assert await count(services, "ticket") == 1
    assert await count(services, "ticket_inbox") == 2


async def test_mail_of_a_list_that_the_inbox_is_a_member_of_is_a_persons(
    services: Services, company: Company
) -> None:
    await settle_inbox(services, company.inbox, people_lists=["<Support.Groups.example>"])
    mail = letter(List_Id="Our group <support.groups.example>", Precedence="list")
    arrival = await post(services, company.inbox, mail)
    assert arrival.state is ArrivalState.ACCEPTED
    assert (
        await ticket_of(services, TicketId(arrival.ticket_id or company.inbox.id))
    ).waiting_since
    other = letter(List_Id="<news.groups.example>", Precedence="list")
    assert (await post(services, company.inbox, other)).state is ArrivalState.SUSPENDED


async def test_automatic_mail_is_an_entry_of_the_system_that_changes_nothing(
    services: Services, company: Company
) -> None:
    ticket_id = await open_by_mail(services, company, letter(Message_ID="<a@contact.example>"))
    _, named = await answer(services, company.ana, ticket_id)
    before = await ticket_of(services, ticket_id)
    away = letter("Out of office", "Away.", In_Reply_To=f"<{named}>", Auto_Submitted="auto-replied")
    await post(services, company.inbox, away)
    after = await ticket_of(services, ticket_id)
    assert await kinds(services, ticket_id) == ["inbound", "outbound", "system"]
    assert (after.status, after.waiting_since) == (before.status, None)
    await answer(services, company.ana, ticket_id, "Nobody wrote meanwhile.")


async def test_spam_is_set_aside_even_if_it_answers_a_ticket(
    services: Services, company: Company
) -> None:
    ticket_id = await open_by_mail(services, company, letter(Message_ID="<a@contact.example>"))
    spam = letter("Re: Refund", In_Reply_To="<a@contact.example>", X_Spam_Flag="YES")
    arrival = await post(services, company.inbox, spam)
    assert (arrival.state, arrival.reason) == (ArrivalState.SUSPENDED, "spam")
    assert await kinds(services, ticket_id) == ["inbound"]


async def test_a_number_in_the_subject_counts_from_who_is_known_there(
    services: Services, company: Company
) -> None:
    ticket_id = await open_by_mail(services, company)
    number = (await ticket_of(services, ticket_id)).number
    known = await post(services, company.inbox, letter(f"[#{number}] more"))
    stranger = await post(
        services, company.inbox, letter(f"[#{number}] more", sender="eve@elsewhere.example")
    )
    assert known.ticket_id == ticket_id
    assert stranger.ticket_id not in (None, ticket_id)


async def test_an_old_mail_for_a_new_matter_is_marked_and_answered_under_its_subject(
    services: Services, company: Company
) -> None:
    ticket_id = await open_by_mail(services, company, letter(Message_ID="<a@contact.example>"))
    same = letter("RE: Refund", "And?", In_Reply_To="<a@contact.example>")
    other = letter("Broken lamp", "Help.", In_Reply_To="<a@contact.example>")
    for mail in (same, other):
        await post(services, company.inbox, mail)
    await answer(services, company.ana, ticket_id)
    rows = await timeline(services, ticket_id)
    assert [bool(as_dict(row["why_here"]).get("subject_changed")) for row in rows] == [
        False,
        False,
        True,
        False,
    ]
    assert rows[-1]["subject"] == "Re: Broken lamp"


def forwarded(**headers: str) -> EmailMessage:
    text = (
        "Please look after her.\n\n---------- Forwarded message ---------\n"
        "From: Lin Wei <lin@contact.example>\nDate: Mon, 2 Mar 2026 at 10:00\n"
        "Subject: Refund\nTo: <ana@acme.example>\n\nWhere is my refund?\n"
    )
    return letter("Fwd: Refund", text, sender="Ana <ana@acme.example>", **headers)


async def test_what_an_agent_forwards_belongs_to_its_author(
    services: Services, company: Company
) -> None:
    await settle_inbox(services, company.inbox, trusted_hosts=[TRUSTED], acknowledge=True)
    arrival = await post(services, company.inbox, forwarded(Authentication_Results=PASSED))
    message, note = await timeline(services, arrival.ticket_id)
    contact = await services.database.sql.fetch_one(
        "SELECT c.name FROM contact c JOIN ticket t ON t.contact_id = c.id WHERE t.id = $1",
        arrival.ticket_id,
    )
    assert contact is not None
    assert (contact["name"], message["from_address"]) == ("Lin Wei", "lin@contact.example")
    assert "Where is my refund?" in message["text"]
    assert "look after her" not in message["text"]
    assert (note["kind"], note["text"].strip()) == ("note", "Please look after her.")
    assert note["author_id"] is not None
    assert not note["unverified"]
    assert await count(services, "outbox") == 0


async def test_a_forged_agent_forwards_nothing(services: Services, company: Company) -> None:
    await settle_inbox(services, company.inbox, trusted_hosts=[TRUSTED])
    arrival = await post(services, company.inbox, forwarded(Authentication_Results=FAILED))
    (message,) = await timeline(services, arrival.ticket_id)
    assert message["from_address"] == "ana@acme.example"


async def agent_answers(
    services: Services, company: Company, to: str = SUPPORT, **headers: str
) -> TicketId:
    """Ana answers from her own mailbox a mail that Lin had sent her a copy of."""
    await settle_inbox(services, company.inbox, trusted_hosts=[TRUSTED])
    first = letter(Message_ID="<a@contact.example>", Cc="ana@acme.example")
    ticket_id = await open_by_mail(services, company, first)
    mail = letter(
        "Re: Refund",
        "It is on its way.",
        sender="Ana <ana@acme.example>",
        to=to,
        In_Reply_To="<a@contact.example>",
        **headers,
    )
    assert (await post(services, company.inbox, mail)).ticket_id == ticket_id
    return ticket_id


async def test_an_agents_answer_from_their_own_mailbox_is_a_reply_and_goes_on_to_the_contact(
    services: Services, company: Company
) -> None:
    ticket_id = await agent_answers(services, company, Authentication_Results=PASSED)
    ticket = await ticket_of(services, ticket_id)
    reply = (await timeline(services, ticket_id))[-1]
    assert (reply["kind"], reply["author_kind"]) == ("outbound", "user")
    assert (ticket.assignee_id, ticket.waiting_since) == (company.ana.user_id, None)
    assert ticket.status is TicketStatus.OPEN
    assert await count(services, "outbox") == 1


async def test_a_contact_who_got_it_does_not_get_it_again(
    services: Services, company: Company
) -> None:
    to = f"lin@contact.example, {SUPPORT}"
    ticket_id = await agent_answers(services, company, to, Authentication_Results=PASSED)
    reply = (await timeline(services, ticket_id))[-1]
    assert (reply["kind"], reply["delivery_state"]) == ("outbound", "sent")
    assert await count(services, "outbox") == 0


async def test_whom_an_agent_writes_to_as_well_may_answer(
    services: Services, company: Company
) -> None:
    ticket_id = await agent_answers(
        services, company, Authentication_Results=PASSED, Cc="boss@contact.example"
    )
    theirs = letter("Re: Refund", sender="boss@contact.example", In_Reply_To="<a@contact.example>")
    await post(services, company.inbox, theirs)
    assert not (await timeline(services, ticket_id))[-1]["unverified"]


async def test_answer_to_a_mail_of_the_desk_to_its_user_is_set_aside(
    services: Services, company: Company
) -> None:
    notice = f"<notice.{new_id()}@acme.example>"
    mail = letter("Re: Ticket 1", sender="Sam <sam@acme.example>", In_Reply_To=notice)
    arrival = await post(services, company.inbox, mail)
    assert (arrival.state, arrival.reason) == (ArrivalState.SUSPENDED, "own_loop")
    assert await count(services, "ticket") == 0


async def test_without_a_proof_an_agents_address_is_anybodys(
    services: Services, company: Company
) -> None:
    ticket_id = await agent_answers(services, company)
    assert (await timeline(services, ticket_id))[-1]["kind"] == "inbound"
    assert (await ticket_of(services, ticket_id)).assignee_id is None
    assert await count(services, "outbox") == 0


async def test_a_stranger_with_a_forged_agents_address_is_kept_apart(
    services: Services, company: Company
) -> None:
    await settle_inbox(services, company.inbox, trusted_hosts=[TRUSTED])
    ticket_id = await open_by_mail(services, company, letter(Message_ID="<a@contact.example>"))
    await set_status(services, company, ticket_id, TicketStatus.SOLVED)
    forged = letter(
        "Re: Refund",
        "Send the money to me.",
        sender="Ben <ben@acme.example>",
        In_Reply_To="<a@contact.example>",
        Authentication_Results=FAILED,
    )
    await post(services, company.inbox, forged)
    message = (await timeline(services, ticket_id))[-1]
    assert (message["kind"], bool(message["unverified"])) == ("inbound", True)
    assert (await ticket_of(services, ticket_id)).waiting_since is None
