"""What lower layers asked for is done once, with its retry and its end."""

from servicedesk.app.wiring import Services
from servicedesk.desk.effects import ACTOR, move_tickets_of_queue, run_next
from servicedesk.desk.take import take_ticket
from servicedesk.domain.actors import user_actor
from servicedesk.domain.orders import OrderState
from servicedesk.kernel import effects, journal
from servicedesk.people.users import UserChanges, change_user
from servicedesk.routing.orders import live_order
from servicedesk.routing.queues import QueueChanges, change_queue
from tests.stories.company import Company, letter, open_by_mail
from tests.stories.test_receive import ticket_of


async def run_all(services: Services) -> int:
    ran = 0
    while await run_next(services.database, services.channels):
        ran += 1
    return ran


async def run_one_by_one(services: Services) -> int:
    """Move a queue's tickets as if a portion were one ticket."""
    ran = 0
    while True:
        async with services.database.work(ACTOR) as work:
            effect = await effects.take_next(work)
            if effect is None:
                return ran
            await move_tickets_of_queue(work, effect, portion=1)
            await effects.mark_done(work, effect)
        ran += 1


async def version_of(services: Services, table: str, row_id: object) -> int:
    row = await services.database.sql.fetch_one(
        f"SELECT version FROM {table} WHERE id = $1", row_id
    )
    assert row is not None
    return int(row["version"])


async def test_what_a_leaving_agent_held_waits_in_its_old_place(
    services: Services, company: Company
) -> None:
    ticket_id = await open_by_mail(services, company)
    before = await live_order(services.database.sql, ticket_id)
    await take_ticket(services.database, ticket_id, company.ana)
    version = await version_of(services, "app_user", company.ana.user_id)
    await change_user(
        services.database,
        user_actor(company.ada.user_id),
        company.ana.user_id,
        version,
        UserChanges(active=False),
    )
    assert await run_all(services) == 2
    ticket = await ticket_of(services, ticket_id)
    after = await live_order(services.database.sql, ticket_id)
    assert before is not None
    assert after is not None
    assert (ticket.assignee_id, after.state) == (None, OrderState.WAITING)
    assert after.virtual_start == before.virtual_start


async def test_a_queue_that_goes_to_another_team_takes_its_tickets_along(
    services: Services, company: Company
) -> None:
    tickets = [
        await open_by_mail(services, company, letter(f"Matter {number}")) for number in range(3)
    ]
    version = await version_of(services, "queue", company.support_queue)
    position = await change_queue(
        services.database,
        user_actor(company.ada.user_id),
        company.support_queue,
        version,
        QueueChanges(team_id=company.sales),
    )
    assert await run_all(services) == 1
    assert {(await ticket_of(services, found)).team_id for found in tickets} == {company.sales}
    entries = await journal.read_after(services.database.sql, position, 10)
    moved = [entry for entry in entries if entry.kind == "ticket.moved"]
    assert len(moved) == 3
    assert {entry.payload["from_team_id"] for entry in moved} == {str(company.support)}


async def test_a_queue_with_many_portions_of_tickets_is_moved_whole(
    services: Services, company: Company
) -> None:
    tickets = [
        await open_by_mail(services, company, letter(f"Matter {number}")) for number in range(6)
    ]
    version = await version_of(services, "queue", company.support_queue)
    actor = user_actor(company.ada.user_id)
    changes = QueueChanges(team_id=company.sales)
    await change_queue(services.database, actor, company.support_queue, version, changes)
    assert await run_one_by_one(services) == 7
    assert {(await ticket_of(services, found)).team_id for found in tickets} == {company.sales}


async def test_everything_a_leaving_agent_held_is_let_go(
    services: Services, company: Company
) -> None:
    tickets = [await open_by_mail(services, company, letter(f"M {n}")) for n in range(3)]
    for ticket_id in tickets:
        await take_ticket(services.database, ticket_id, company.ana)
    version = await version_of(services, "app_user", company.ana.user_id)
    actor = user_actor(company.ada.user_id)
    leaving = UserChanges(active=False)
    await change_user(services.database, actor, company.ana.user_id, version, leaving)
    assert await run_all(services) == 4
    assert {(await ticket_of(services, found)).assignee_id for found in tickets} == {None}
