"""A step of a queue writes to the contact, offers to call them, sends work on with its ticket."""

from __future__ import annotations

from dataclasses import replace

from servicedesk.app.wiring import Services
from servicedesk.desk.sent_on import divert
from servicedesk.desk.tags import add_tag
from servicedesk.desk.take import take_ticket
from servicedesk.domain.actors import system_actor, user_actor
from servicedesk.domain.ids import TicketId
from servicedesk.domain.orders import DivertCause, OrderState
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import as_dict, as_uuid, json_text
from servicedesk.routing.engine.decisions import Divert
from servicedesk.routing.facts import Elsewhere
from servicedesk.routing.orders import finish_order, live_order
from servicedesk.routing.rule_store import save_table
from servicedesk.routing.rules.written import WrittenRule
from tests.stories.company import SUPPORT, Company, letter, open_by_mail, post
from tests.stories.mail_rows import count, settle_inbox, timeline
from tests.stories.test_acknowledgements import reasons
from tests.stories.test_effects import run_all
from tests.stories.test_receive import ticket_of

TELL = Elsewhere(tell="still_waiting")
CALL = Elsewhere(offer_callback=True)


async def step(
    services: Services, ticket_id: TicketId, elsewhere: Elsewhere, number: int = 1
) -> bool:
    """Let the router act upon a step of the queue that the ticket's work waits in."""
    order = await live_order(services.database.sql, ticket_id)
    assert order is not None
    decision = Divert(order.id, DivertCause.STEP, number, elsewhere)
    async with services.database.work(system_actor("router")) as work:
        return await divert(work, decision)


async def test_a_contact_is_told_in_their_language_that_they_still_wait(
    services: Services, company: Company
) -> None:
    mail = letter(Content_Language="zh-CN")
    ticket_id = await open_by_mail(services, company, mail)
    await services.database.sql.execute("UPDATE contact SET locale = 'zh-CN'")
    assert await step(services, ticket_id, TELL)
    assert await run_all(services) == 1
    ours = (await timeline(services, ticket_id))[-1]
    ticket = await ticket_of(services, ticket_id)
    assert ours["subject"] == f"[#{ticket.number}] 您的来信仍在排队：Refund"
    assert (ours["author_kind"], ours["delivery_state"]) == ("system", "queued")
    assert as_dict(ours["marks"])["automatic"]
    assert ticket.waiting_since is not None, "it answers nothing"
    order = await live_order(services.database.sql, ticket_id)
    assert order is not None
    assert (order.state, order.step) == (OrderState.WAITING, 1)


async def test_they_are_told_once_for_the_order_and_step(
    services: Services, company: Company
) -> None:
    ticket_id = await open_by_mail(services, company)
    assert await step(services, ticket_id, TELL)
    assert await step(services, ticket_id, TELL)
    assert await run_all(services) == 1
    assert await step(services, ticket_id, TELL, number=2)
    assert await run_all(services) == 1
    assert await reasons(services) == ["same_subject"], "not twice the same in a day"
    assert await count(services, "outbox") == 1


async def test_the_acknowledgement_does_not_keep_them_from_being_told(
    services: Services, company: Company
) -> None:
    await settle_inbox(services, company.inbox, acknowledge=True)
    ticket_id = await open_by_mail(services, company)
    await step(services, ticket_id, TELL)
    await run_all(services)
    assert [row["author_kind"] for row in await timeline(services, ticket_id)] == [
        "contact",
        "system",
        "system",
    ]


async def test_nobody_is_told_once_somebody_has_the_ticket(
    services: Services, company: Company
) -> None:
    ticket_id = await open_by_mail(services, company)
    await step(services, ticket_id, TELL)
    await take_ticket(services.database, ticket_id, company.ana)
    assert await run_all(services) == 1
    assert await count(services, "outbox") == 0


async def test_a_program_or_one_of_us_is_told_nothing(services: Services, company: Company) -> None:
    for sender, reason in (("noreply@contact.example", "nobody_reads"), (SUPPORT, "own_address")):
        ticket_id = await open_by_mail(services, company)
        await services.database.sql.execute(
            "UPDATE message SET from_address = $2 WHERE ticket_id = $1", ticket_id, sender
        )
        await step(services, ticket_id, TELL)
        await run_all(services)
        assert (await reasons(services))[-1] == reason
    ticket_id = await open_by_mail(services, company)
    await services.database.sql.execute(
        "UPDATE message SET mail_class = 'bulk' WHERE ticket_id = $1", ticket_id
    )
    await step(services, ticket_id, TELL)
    await run_all(services)
    assert await count(services, "outbox") == 0


async def test_an_offered_callback_stays_with_the_work(
    services: Services, company: Company
) -> None:
    ticket_id = await open_by_mail(services, company)
    assert await step(services, ticket_id, CALL)
    await run_all(services)
    assert "Shall we call you?" in (await timeline(services, ticket_id))[-1]["subject"]
    order = await live_order(services.database.sql, ticket_id)
    assert order is not None
    row = await services.database.sql.fetch_one(
        "SELECT attributes FROM work_order WHERE id = $1", order.id
    )
    assert row is not None
    assert as_dict(row["attributes"]) == {"callback": "offered"}


async def test_work_that_is_sent_on_takes_its_ticket_along(
    services: Services, company: Company
) -> None:
    ticket_id = await open_by_mail(services, company)
    onwards = replace(TELL, overflow_to=company.sales_queue)
    assert await step(services, ticket_id, onwards)
    ticket = await ticket_of(services, ticket_id)
    order = await live_order(services.database.sql, ticket_id)
    assert order is not None
    assert order.queue_id == ticket.queue_id == company.sales_queue
    assert ticket.team_id == company.sales
    moved = await services.database.sql.fetch(
        "SELECT kind FROM journal WHERE ticket_id = $1 AND kind = 'ticket.moved'", ticket_id
    )
    assert len(moved) == 1
    assert await run_all(services) == 1, "and the contact is told"


async def test_what_does_not_wait_any_more_is_left_alone(
    services: Services, company: Company
) -> None:
    ticket_id = await open_by_mail(services, company)
    await take_ticket(services.database, ticket_id, company.ana)
    assert not await step(services, ticket_id, replace(TELL, overflow_to=company.sales_queue))
    row = await services.database.sql.fetch_one("SELECT queue_id FROM ticket")
    assert row is not None
    assert as_uuid(row["queue_id"]) == company.support_queue
    assert await run_all(services) == 0


async def test_rules_see_the_tags_of_a_ticket_whose_work_begins_again(
    services: Services, company: Company
) -> None:
    written = WrittenRule.model_validate_json(
        json_text(
            {
                "id": new_id(),
                "name": "VIP",
                "conditions": [{"kind": "tags", "any_of": ["vip"]}],
                "outcome": {"attributes": {"customer": "important"}},
                "stops": False,
            }
        )
    )
    await save_table(services.database, user_actor(company.ada.user_id), 0, [written])
    ticket_id = await open_by_mail(services, company)
    order = await live_order(services.database.sql, ticket_id)
    assert order is not None
    async with services.database.work(system_actor("test")) as work:
        await add_tag(work, ticket_id, "VIP")
        await finish_order(work, order.id, "done")
    ticket = await ticket_of(services, ticket_id)
    await post(services, company.inbox, letter(subject=f"Re: [#{ticket.number}] Refund"))
    rows = await services.database.sql.fetch(
        "SELECT attributes FROM work_order WHERE ticket_id = $1 ORDER BY entered_at", ticket_id
    )
    assert [as_dict(row["attributes"]) for row in rows] == [{}, {"customer": "important"}]


async def test_work_that_is_sent_on_leaves_who_held_its_ticket(
    services: Services, company: Company
) -> None:
    ticket_id = await open_by_mail(services, company)
    await take_ticket(services.database, ticket_id, company.ana)
    order = await live_order(services.database.sql, ticket_id)
    assert order is not None
    async with services.database.work(system_actor("test")) as work:
        await finish_order(work, order.id, "done")
    ticket = await ticket_of(services, ticket_id)
    await post(services, company.inbox, letter(f"Re: [#{ticket.number}] Refund"))
    assert await step(services, ticket_id, Elsewhere(overflow_to=company.sales_queue))
    ticket = await ticket_of(services, ticket_id)
    assert (ticket.queue_id, ticket.assignee_id) == (company.sales_queue, None)
