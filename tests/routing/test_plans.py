"""Hot queries use their indexes on PostgreSQL, with enough rows that the planner has a choice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
import pytest_asyncio

from servicedesk.kernel.database import Database
from servicedesk.kernel.sql import Row, Sql, as_uuid
from servicedesk.routing import offer_rows, orders, presence, presence_rows, views, views_facts
from tests.routing.rows import Desk, small_desk

OLD = 20_000
"""Orders that are over, each with its ticket, an offer, and a user with a row of presence."""

FILL = (
    """INSERT INTO app_user (id, email, name, role, password_hash, active, created_at)
    SELECT gen_random_uuid(), number || '@old.example', 'Old', 'agent', '', false, now()
    FROM generate_series(1, {old}) AS number""",
    """INSERT INTO presence (id, user_id, state, since, idle_since, capacity)
    SELECT gen_random_uuid(), id, 'offline', now(), now(), '{{}}' FROM app_user
    ON CONFLICT DO NOTHING""",
    """INSERT INTO ticket (id, number, subject, status, channel, brand_id, inbox_id, queue_id,
        team_id, contact_id, created_at, updated_at)
    SELECT gen_random_uuid(), 100000 + place, '', 'closed', 'email', brand_id, inbox_id, queue_id,
        team_id, contact_id, now(), now() FROM ticket, generate_series(1, {old}) AS place""",
    """INSERT INTO work_order (id, ticket_id, queue_id, channel, state, priority, skills, excluded,
        virtual_start, entered_at, owner_id)
    SELECT gen_random_uuid(), ticket.id, queue_id, 'email', 'done', 2, '{{}}', '[]', now(), now(),
        (SELECT id FROM app_user WHERE app_user.email = (ticket.number - 100000) || '@old.example')
    FROM ticket WHERE status = 'closed'""",
    """INSERT INTO offer (id, order_id, ticket_id, user_id, state, created_at, deadline, why,
        fencing_token)
    SELECT gen_random_uuid(), id, ticket_id, owner_id, 'accepted', now(), now(), '[]', 1
    FROM work_order WHERE state = 'done' AND owner_id IS NOT NULL""",
    "ANALYZE",
)


class Explaining(Sql):
    """Runs every statement and keeps the plan that it ran by."""

    def __init__(self, sql: Sql) -> None:
        super().__init__(sql._client, sql.dialect)
        self.plan = ""

    async def fetch(self, statement: str, *values: object) -> list[Row]:
        for row in await super().fetch(f"EXPLAIN {statement}", *values):
            self.plan += f"{row['QUERY PLAN']}\n"
        return await super().fetch(statement, *values)

    async def execute(self, statement: str, *values: object) -> int:
        for row in await super().fetch(f"EXPLAIN {statement}", *values):
            self.plan += f"{row['QUERY PLAN']}\n"
        return await super().execute(statement, *values)


@pytest_asyncio.fixture
async def full_desk(postgres_database: Database) -> Desk:
    desk = await small_desk(postgres_database)
    ana = await desk.agent()
    await desk.offer(await desk.order(), ana)
    for statement in FILL:
        await desk.database.sql.execute(statement.format(old=OLD))
    return desk


async def _ids(desk: Desk) -> Row:
    row = await desk.database.sql.fetch_one(
        "SELECT order_id, ticket_id, user_id FROM offer WHERE state = 'open'"
    )
    assert row is not None
    return {name: as_uuid(value) for name, value in row.items()}


Query = Callable[[Sql, Row, Desk], Awaitable[object]]
QUERIES: dict[str, Query] = {
    "live order of a ticket": lambda sql, ids, _: orders.live_order(sql, ids["ticket_id"]),
    "open offer of an order": lambda sql, ids, _: offer_rows.open_offer_of_order(
        sql, ids["order_id"]
    ),
    "open offers of an agent": lambda sql, ids, _: offer_rows.open_offers_of_agent(
        sql, ids["user_id"]
    ),
    "orders for the engine": lambda sql, ids, _: views_facts.load_orders(sql, [ids["order_id"]]),
    "orders of tickets for the engine": lambda sql, ids, _: views_facts.live_order_ids_of(
        sql, [ids["ticket_id"]]
    ),
    "all live orders": lambda sql, _, __: anext(views_facts.live_orders(sql, 100)),
    "agents for the engine": lambda sql, ids, _: views_facts.load_agents(sql, [ids["user_id"]]),
    "queues with counts": lambda sql, _, desk: views.load_queues(sql, [desk.queue_id]),
    "presence with what is used": lambda sql, ids, _: views.load_presences(sql, [ids["user_id"]]),
    "consoles that are lost": lambda sql, _, __: presence.next_lost_at(sql),
}


async def test_no_hot_query_reads_a_whole_table(full_desk: Desk, subtests: pytest.Subtests) -> None:
    ids = await _ids(full_desk)
    for name, query in QUERIES.items():
        with subtests.test(name):
            sql = Explaining(full_desk.database.sql)
            await query(sql, ids, full_desk)
            assert sql.plan
            for table in ("work_order", "offer", "presence", "ticket", "app_user"):
                assert f"Seq Scan on {table}" not in sql.plan, sql.plan


async def test_presence_row_is_locked_by_its_index(full_desk: Desk) -> None:
    ids = await _ids(full_desk)
    now = await full_desk.database.now()
    async with full_desk.database.transaction() as transaction:
        sql = Explaining(transaction)
        await presence_rows.lock_presence(sql, ids["user_id"], now)
    assert "Index Scan" in sql.plan
