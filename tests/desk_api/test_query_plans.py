"""The hot reads go by an index on PostgreSQL, however many tickets there are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest_asyncio

from servicedesk.app.wiring import make_services
from servicedesk.desk.views_contacts import get_contact, load_contact_sights
from servicedesk.desk.views_lists import (
    TicketPlace,
    TicketQuery,
    TicketSort,
    TicketView,
    list_tickets,
    place_of,
)
from servicedesk.desk.views_offers import open_offers, open_offers_of_tickets
from servicedesk.desk.views_summaries import load_read_seqs
from servicedesk.desk.views_ticket_page import get_page, load_values, read_activity
from servicedesk.domain.people import Viewer
from servicedesk.domain.tickets import TicketStatus
from servicedesk.kernel.bus import LocalBus
from servicedesk.kernel.config import Settings
from servicedesk.kernel.database import Database
from servicedesk.kernel.sql import Row, Sql, as_json
from servicedesk.realtime.views import load_sights
from tests.realtime.scenes import Scene, open_scene

LARGE = {
    "ticket",
    "message",
    "message_recipient",
    "attachment",
    "work_order",
    "contact",
    "contact_identity",
    "participant",
    "ticket_read",
    "offer",
    "journal",
}
FILL = """
INSERT INTO team (id, name, version, created_at)
    SELECT gen_random_uuid(), 'Team ' || n, 1, now() FROM generate_series(1, 40) n;
INSERT INTO queue (id, name, team_id, created_at)
    SELECT gen_random_uuid(), name, id, now() FROM team WHERE name LIKE 'Team %';
INSERT INTO contact (id, name, created_at)
    SELECT gen_random_uuid(), 'C ' || n, now() FROM generate_series(1, 5000) n;
INSERT INTO contact_identity (id, contact_id, kind, value, created_at)
    SELECT gen_random_uuid(), id, 'email', id || '@c.example', now() FROM contact
    WHERE name LIKE 'C %';
INSERT INTO ticket (id, number, subject, status, channel, brand_id, inbox_id, queue_id, team_id,
        contact_id, last_seq, last_message_from, waiting_since, created_at, updated_at)
    SELECT gen_random_uuid(), 1000000 + n, 'Filler ' || n,
        (ARRAY['new', 'open', 'pending', 'solved', 'closed', 'closed', 'closed'])[1 + n % 7],
        'email', i.brand_id, i.id, q.id, q.team_id, c.id, 2, 'contact',
        CASE WHEN n % 7 < 2 THEN now() - n * interval '1 minute' END,
        now() - n * interval '1 minute', now() - n * interval '1 minute'
    FROM generate_series(1, 20000) n
    JOIN (SELECT id, team_id, row_number() OVER (ORDER BY id) AS k FROM queue) q
        ON q.k = 1 + n % (SELECT count(*) FROM queue)
    JOIN (SELECT id, row_number() OVER (ORDER BY id) AS k FROM contact) c
        ON c.k = 1 + n % (SELECT count(*) FROM contact)
    CROSS JOIN (SELECT id, brand_id FROM inbox ORDER BY id LIMIT 1) i;
INSERT INTO work_order (id, ticket_id, queue_id, channel, state, priority, skills, excluded,
        virtual_start, entered_at)
    SELECT gen_random_uuid(), id, queue_id, 'email',
        CASE WHEN status = 'new' THEN 'waiting' ELSE 'done' END, 2, '{}', '[]', now(), created_at
    FROM ticket WHERE subject LIKE 'Filler %';
INSERT INTO message (id, ticket_id, seq, kind, channel, author_kind, text, quoted_text, created_at)
    SELECT gen_random_uuid(), id, n, 'inbound', 'email', 'contact', 'Words', '', created_at
    FROM ticket, generate_series(1, 2) n WHERE subject LIKE 'Filler %';
INSERT INTO message_recipient (id, message_id, kind, address, name)
    SELECT gen_random_uuid(), id, 'to', 'a@b.example', '' FROM message;
INSERT INTO attachment (id, message_id, ticket_id, filename, content_type, size_bytes, sha256,
        inline, created_at)
    SELECT gen_random_uuid(), id, ticket_id, 'a', 'b', 1, 'c', false, now() FROM message;
INSERT INTO participant (id, ticket_id, role, contact_id)
    SELECT gen_random_uuid(), id, 'requester', contact_id FROM ticket
    WHERE subject LIKE 'Filler %';
INSERT INTO ticket_read (id, ticket_id, user_id, seq)
    SELECT gen_random_uuid(), t.id, u.id, 1
    FROM ticket t, (SELECT id FROM app_user ORDER BY id LIMIT 2) u;
INSERT INTO offer (id, order_id, ticket_id, user_id, state, created_at, deadline, why,
        fencing_token)
    SELECT gen_random_uuid(), o.id, o.ticket_id, u.id, 'declined', now(), now(), '[]', 1
    FROM work_order o, (SELECT id FROM app_user ORDER BY id LIMIT 1) u;
INSERT INTO journal (position, at, actor, kind, ticket_id, payload)
    SELECT 1000000 + row_number() OVER (), now(), 'system:test', 'ticket.changed', id, '{}'
    FROM ticket;
ANALYZE
"""


class Recording(Sql):
    """Runs statements and keeps them."""

    statements: list[tuple[str, tuple[object, ...]]]

    async def fetch(self, statement: str, *values: object) -> list[Row]:
        self.statements.append((statement, values))
        return await super().fetch(statement, *values)


def _recording(database: Database) -> Recording:
    sql = Recording(database.sql._client, database.dialect)
    sql.statements = []
    return sql


async def _scanned(sql: Recording) -> set[str]:
    """Return the large tables that one of the recorded statements would read from end to end."""
    found: set[str] = set()
    for statement, values in sql.statements:
        rows = await Sql.fetch(sql, f"EXPLAIN (FORMAT JSON) {statement}", *values)
        (plan,) = as_json(rows[0]["QUERY PLAN"])
        found |= _sequential(plan["Plan"])
    return found & LARGE


def _sequential(plan: dict[str, Any]) -> set[str]:
    here = {plan["Relation Name"]} if plan["Node Type"] == "Seq Scan" else set()
    return here.union(*map(_sequential, plan.get("Plans", [])))


@pytest_asyncio.fixture
async def filled(
    postgres_settings: Settings, postgres_database: Database, bus: LocalBus
) -> AsyncIterator[Scene]:
    async with open_scene(make_services(postgres_settings, postgres_database, bus)) as scene:
        for statement in FILL.split(";"):
            await scene.database.sql.execute(statement)
        yield scene


QUERIES = [
    TicketQuery(view=view, sort=sort, statuses=statuses)
    for view in TicketView
    for sort in TicketSort
    for statuses in ((), (TicketStatus.NEW, TicketStatus.OPEN))
]


async def test_every_list_goes_by_an_index_on_every_page(filled: Scene) -> None:
    ana: Viewer = filled.company.ana
    ada: Viewer = filled.company.ada
    queries = [
        *QUERIES,
        TicketQuery(queue_id=filled.company.support_queue),
        TicketQuery(contact_id=await filled.contact_id(), sort=TicketSort.CREATED),
    ]
    for viewer in (ana, ada):
        for query in queries:
            sql = _recording(filled.database)
            first = await list_tickets(sql, viewer, query, None, 50)
            after: TicketPlace | None = place_of(first[-1]) if first else None
            assert len(sql.statements) <= 2
            await list_tickets(sql, viewer, query, after, 50)
            assert await _scanned(sql) == set(), (viewer.role, query)


READS: dict[str, Callable[[Recording, Viewer, UUID, UUID], Awaitable[object]]] = {
    "page": lambda sql, viewer, ticket, _: get_page(sql, viewer, ticket),
    "values": lambda sql, _viewer, ticket, _contact: load_values(sql, [ticket]),
    "activity": lambda sql, viewer, ticket, _: read_activity(sql, viewer, ticket, 2**62, 50),
    "contact": lambda sql, viewer, _, contact: get_contact(sql, viewer, contact),
    "contact sights": lambda sql, _viewer, _ticket, contact: load_contact_sights(sql, [contact]),
    "ticket sights": lambda sql, _viewer, ticket, _contact: load_sights(sql, [ticket]),
    "own offers": lambda sql, viewer, _ticket, _contact: open_offers(sql, viewer.user_id),
    "offers of tickets": lambda sql, _v, ticket, _c: open_offers_of_tickets(sql, [ticket]),
    "read places": lambda sql, viewer, ticket, _: load_read_seqs(sql, [ticket], [viewer.user_id]),
}


async def test_every_read_of_one_thing_goes_by_an_index(filled: Scene) -> None:
    contact_id = await filled.contact_id()
    for name, load in READS.items():
        sql = _recording(filled.database)
        await load(sql, filled.company.ana, filled.ticket_id, contact_id)
        assert sql.statements, name
        assert await _scanned(sql) == set(), name


async def test_the_check_itself_finds_a_scan(filled: Scene) -> None:
    sql = _recording(filled.database)
    await sql.fetch("SELECT id FROM ticket WHERE subject = $1", "Filler 7")
    assert await _scanned(sql) == {"ticket"}
