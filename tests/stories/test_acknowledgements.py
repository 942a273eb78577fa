"""A new ticket is acknowledged once, within brakes that no number of mails opens."""

import asyncio

import pytest

from servicedesk.app.wiring import Services, make_services
from servicedesk.desk import brakes
from servicedesk.desk.brakes import close_breaker
from servicedesk.desk.outgoing import load_outbound
from servicedesk.desk.reply import NewReply
from servicedesk.domain.actors import user_actor
from servicedesk.domain.ids import MessageId
from servicedesk.domain.people import Viewer
from servicedesk.intake.quarantine import retry
from servicedesk.kernel.bus import LocalBus
from servicedesk.kernel.config import Settings
from servicedesk.kernel.database import Database
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import as_dict, as_uuid
from servicedesk.routing.orders import live_order
from tests.fakes.clock import FakeClock
from tests.stories.company import Company, found_company, letter, open_by_mail, post
from tests.stories.mail_rows import count, journaled, settle_inbox, timeline
from tests.stories.test_receive import ticket_of
from tests.stories.test_work import answer


async def reasons(services: Services) -> list[object]:
    return [payload["reason"] for payload in await journaled(services, "acknowledgement.withheld")]


async def test_a_new_ticket_is_acknowledged_in_the_same_breath(
    services: Services, company: Company
) -> None:
    await settle_inbox(services, company.inbox, acknowledge=True)
    ticket_id = await open_by_mail(services, company)
    ours = (await timeline(services, ticket_id))[1]
    ticket = await ticket_of(services, ticket_id)
    assert (ours["kind"], ours["author_kind"], ours["delivery_state"]) == (
        "outbound",
        "system",
        "queued",
    )
    assert ours["subject"] == f"[#{ticket.number}] We have received your message: Refund"
    assert ours["text"].startswith("Hello Lin Wei,\n")
    assert as_dict(ours["marks"]) == {"automatic": True, "hops": 0}
    assert ticket.waiting_since is not None, "it answers nothing"
    assert await live_order(services.database.sql, ticket_id) is not None
    assert await count(services, "outbox") == 1


async def test_dead_address_to_answer_to_is_not_acknowledged(
    services: Services, company: Company
) -> None:
    await open_by_mail(services, company, letter(sender="kim@contact.example"))
    await services.database.sql.execute("UPDATE contact_identity SET undeliverable_at = created_at")
    await settle_inbox(services, company.inbox, acknowledge=True)
    await open_by_mail(services, company, letter(Reply_To="kim@contact.example"))
    assert await count(services, "outbox") == 0
    assert len(await reasons(services)) == 1


async def test_it_goes_out_marked_as_automatic(services: Services, company: Company) -> None:
    await settle_inbox(services, company.inbox, acknowledge=True)
    ticket_id = await open_by_mail(services, company, letter(Message_ID="<first@contact.example>"))
    ours = (await timeline(services, ticket_id))[1]
    _, outbound = await load_outbound(services.database.sql, as_uuid(ours["id"]), "x@acme.example")
    assert outbound.automatic
    assert outbound.in_reply_to == "first@contact.example"
    assert outbound.message_id == MessageId(as_uuid(ours["id"]))


@pytest.mark.parametrize("setting", [{}, {"acknowledge": False}])
async def test_an_inbox_that_does_not_acknowledge_writes_nothing(
    services: Services, company: Company, setting: dict[str, object]
) -> None:
    await settle_inbox(services, company.inbox, **setting)
    await open_by_mail(services, company)
    assert await count(services, "outbox") == 0


async def test_what_continues_a_ticket_is_not_acknowledged(
    services: Services, company: Company
) -> None:
    await settle_inbox(services, company.inbox, acknowledge=True)
    await open_by_mail(services, company, letter(Message_ID="<first@contact.example>"))
    await post(services, company.inbox, letter(In_Reply_To="<first@contact.example>"))
    assert await count(services, "outbox") == 1


async def test_what_was_let_in_by_hand_is_not_acknowledged(
    services: Services, company: Company
) -> None:
    await settle_inbox(services, company.inbox, acknowledge=True)
    mail = letter("Hello from the list", List_Id="<support.groups.example>")
    arrival = await post(services, company.inbox, mail)
    await retry(services.database, services.intake, company.sam, arrival.id)
    assert await count(services, "ticket") == 1
    assert await count(services, "outbox") == 0


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"sender": "no-reply@contact.example"}, "nobody_reads"),
        ({"sender": "MAILER-DAEMON@contact.example"}, "nobody_reads"),
        ({"Reply_To": "sales@acme.example"}, "own_address"),
    ],
)
async def test_nobody_is_written_to_who_would_not_read_it(
    services: Services, company: Company, headers: dict[str, str], reason: str
) -> None:
    await settle_inbox(services, company.inbox, acknowledge=True)
    await open_by_mail(services, company, letter(**headers))
    assert await reasons(services) == [reason]
    assert await count(services, "outbox") == 0


async def test_one_for_a_subject_a_day_and_three_for_a_sender_in_three_hours(
    settings: Settings, frozen_database: Database, bus: LocalBus, clock: FakeClock
) -> None:
    services = make_services(settings, frozen_database, bus)
    company = await found_company(services)
    await settle_inbox(services, company.inbox, acknowledge=True)
    for subject in ("One", "Re: One", "Two", "Three", "Four"):
        await open_by_mail(services, company, letter(subject))
    assert await count(services, "outbox") == 3
    assert await reasons(services) == ["same_subject", "sender"]
    clock.advance(3 * 3600 + 1)
    await open_by_mail(services, company, letter("Four"))
    await open_by_mail(services, company, letter("AW: One"))
    assert await count(services, "outbox") == 4
    clock.advance(24 * 3600)
    await open_by_mail(services, company, letter("One"))
    assert await count(services, "outbox") == 5


async def test_ten_mails_of_one_sender_at_once_are_acknowledged_three_times(
    services: Services, company: Company
) -> None:
    await settle_inbox(services, company.inbox, acknowledge=True)
    await asyncio.gather(
        *(open_by_mail(services, company, letter(f"Matter {number}")) for number in range(10))
    )
    assert (await count(services, "ticket"), await count(services, "outbox")) == (10, 3)


async def wrote_much(services: Services, company: Company) -> None:
    """As many acknowledgements as an inbox may write in ten minutes."""
    now = await services.database.now()
    rows = [
        {
            "id": new_id(),
            "inbox_id": company.inbox.id,
            "ticket_id": new_id(),
            "sender": f"{number}@contact.example",
            "subject_key": "0",
            "created_at": now,
        }
        for number in range(brakes.MOST_OF_INBOX)
    ]
    await services.database.sql.insert("acknowledgement", rows)


async def test_an_inbox_that_wrote_too_much_is_silent_until_somebody_closes_its_breaker(
    services: Services, company: Company
) -> None:
    await settle_inbox(services, company.inbox, acknowledge=True)
    await wrote_much(services, company)
    for name in ("kay", "joe"):
        await open_by_mail(services, company, letter(sender=f"{name}@contact.example"))
    assert await reasons(services) == ["breaker", "breaker"]
    (opened,) = await journaled(services, "inbox.breaker_opened")
    assert opened["count"] == brakes.MOST_OF_INBOX
    ada: Viewer = company.ada
    assert await close_breaker(services.database, user_actor(ada.user_id), company.inbox.id)
    assert not await close_breaker(services.database, user_actor(ada.user_id), company.inbox.id)
    await open_by_mail(services, company, letter(sender="ray@contact.example"))
    assert await count(services, "outbox") == 1


async def test_the_breaker_closes_by_itself_after_an_hour(
    settings: Settings, frozen_database: Database, bus: LocalBus, clock: FakeClock
) -> None:
    services = make_services(settings, frozen_database, bus)
    company = await found_company(services)
    await settle_inbox(services, company.inbox, acknowledge=True)
    await wrote_much(services, company)
    await open_by_mail(services, company, letter(sender="kay@contact.example"))
    clock.advance(3600)
    await open_by_mail(services, company, letter(sender="joe@contact.example"))
    assert await reasons(services) == ["breaker"]
    assert await count(services, "outbox") == 1


async def test_an_agent_answers_the_contact_not_the_acknowledgement(
    services: Services, company: Company
) -> None:
    await settle_inbox(services, company.inbox, acknowledge=True)
    ticket_id = await open_by_mail(services, company, letter(Message_ID="<first@contact.example>"))
    new = NewReply("Here it is.", seen_seq=2)
    written = await answer(services, company.ana, ticket_id, new)
    _, outbound = await load_outbound(services.database.sql, written.message_id, "x@acme.example")
    assert outbound.in_reply_to == "first@contact.example"
    assert len(outbound.references) == 2
