"""Who only looks like an agent or a contact: nothing goes out, and nothing is led away.

`TRUSTED` is a mail server of ours whose Authentication-Results are believed.
"""

from email.message import EmailMessage

import pytest

from servicedesk.app.wiring import Services
from servicedesk.domain.ids import TicketId
from servicedesk.domain.tickets import TicketStatus
from servicedesk.kernel.sql import as_dict
from tests.stories.company import SUPPORT, Company, letter, open_by_mail, post
from tests.stories.mail_rows import answer, count, kinds, recipients, settle_inbox, timeline
from tests.stories.test_receive import set_status, ticket_of

TRUSTED = "mx.acme.example"
FAILED = f"{TRUSTED}; dmarc=fail header.from=contact.example"
BEN = "Ben <ben@acme.example>"
LIN = "lin@contact.example"
EVIL = "evil@attacker.example"


async def answered_ticket(services: Services, company: Company) -> tuple[TicketId, str]:
    """A ticket of Lin's that was answered; with the signed Message-ID of the answer."""
    ticket_id = await open_by_mail(services, company)
    _, named = await answer(services, company.ana, ticket_id)
    return ticket_id, named


async def recipients_of_next_answer(
    services: Services, company: Company, ticket_id: TicketId
) -> list[str]:
    written, _ = await answer(services, company.ana, ticket_id)
    return list(await recipients(services, written.message_id))


async def test_who_had_a_mail_of_ours_does_not_write_as_an_agent(
    services: Services, company: Company
) -> None:
    ticket_id, named = await answered_ticket(services, company)
    sent = await count(services, "outbox")
    forged = letter("Re: Refund", "Pay here.", sender=BEN, In_Reply_To=f"<{named}>")
    assert (await post(services, company.inbox, forged)).ticket_id == ticket_id
    message = (await timeline(services, ticket_id))[-1]
    assert (message["kind"], message["author_kind"]) == ("inbound", "contact")
    assert message["unverified"]
    assert as_dict(message["why_here"])["looks_like_user"] == str(company.ben.user_id)
    assert await count(services, "outbox") == sent


async def test_who_looks_like_an_agent_in_copy_waits_for_no_answer(
    services: Services, company: Company
) -> None:
    first = letter(Message_ID="<a@contact.example>", Cc="ben@acme.example")
    ticket_id = await open_by_mail(services, company, first)
    await set_status(services, company, ticket_id, TicketStatus.SOLVED)
    mail = letter("Re: Refund", "And?", sender=BEN, In_Reply_To="<a@contact.example>")
    await post(services, company.inbox, mail)
    assert (await timeline(services, ticket_id))[-1]["unverified"]
    assert (await ticket_of(services, ticket_id)).waiting_since is None


async def test_mail_that_failed_authentication_joins_apart_and_says_so(
    services: Services, company: Company
) -> None:
    await settle_inbox(services, company.inbox, trusted_hosts=[TRUSTED])
    ticket_id, named = await answered_ticket(services, company)
    await set_status(services, company, ticket_id, TicketStatus.SOLVED)
    forged = letter(
        "Re: Refund", "Hello?", In_Reply_To=f"<{named}>", Reply_To=EVIL,
        Authentication_Results=FAILED,
    )  # fmt: skip
    await post(services, company.inbox, forged)
    message = (await timeline(services, ticket_id))[-1]
    assert message["unverified"]
    assert as_dict(message["marks"])["not_proven"] is True
    assert (await ticket_of(services, ticket_id)).waiting_since is None
    assert await recipients_of_next_answer(services, company, ticket_id) == [LIN]


async def test_number_in_the_subject_of_a_mail_that_failed_opens_a_ticket_of_its_own(
    services: Services, company: Company
) -> None:
    await settle_inbox(services, company.inbox, trusted_hosts=[TRUSTED], acknowledge=True)
    ticket_id, _ = await answered_ticket(services, company)
    number = (await ticket_of(services, ticket_id)).number
    sent = await count(services, "outbox")
    forged = letter(f"[#{number}] Refund", "Hello?", Authentication_Results=FAILED)
    arrival = await post(services, company.inbox, forged)
    assert arrival.ticket_id not in (None, ticket_id)
    assert await count(services, "outbox") == sent  # whose name it bears gets no mail of ours


def again(**headers: str) -> EmailMessage:
    return letter("Re: Refund", "And?", In_Reply_To="<a@contact.example>", **headers)


@pytest.mark.parametrize(
    ("first", "then", "expected"),
    [
        ({}, {"Reply_To": EVIL}, LIN),
        ({}, {"Reply_To": "refunds@contact.example"}, "refunds@contact.example"),
        ({"Reply_To": "lin@home.example"}, {"Reply_To": "lin@home.example"}, "lin@home.example"),
        ({"Reply_To": "lin@home.example"}, {}, LIN),
        ({"Reply_To": "lin@home.example"}, {"Reply_To": EVIL}, LIN),
        ({"Reply_To": SUPPORT}, {"Reply_To": SUPPORT}, LIN),
    ],
)
async def test_answers_are_not_led_away_by_a_reply_to_that_comes_later(
    services: Services,
    company: Company,
    first: dict[str, str],
    then: dict[str, str],
    expected: str,
) -> None:
    opening = letter(Message_ID="<a@contact.example>", **first)
    ticket_id = await open_by_mail(services, company, opening)
    assert (await post(services, company.inbox, again(**then))).ticket_id == ticket_id
    assert await recipients_of_next_answer(services, company, ticket_id) == [expected]


@pytest.mark.parametrize("author", [SUPPORT, "ben@acme.example"])
async def test_what_we_wrote_ourselves_and_an_agent_forwards_is_nobody_s_question(
    services: Services, company: Company, author: str
) -> None:
    text = (
        "Look.\n\n---------- Forwarded message ---------\n"
        f"From: Acme <{author}>\nDate: Mon, 2 Mar 2026 at 10:00\n"
        "Subject: Refund\nTo: <lin@contact.example>\n\nIt is on its way.\n"
    )
    mail = letter("Fwd: Refund", text, sender="Ana <ana@acme.example>")
    arrival = await post(services, company.inbox, mail)
    (message,) = await timeline(services, arrival.ticket_id)
    assert message["from_address"] == "ana@acme.example"
    assert await kinds(services, arrival.ticket_id) == ["inbound"]
