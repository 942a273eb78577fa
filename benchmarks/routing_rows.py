"""A router as many write it: a table of orders, and SKIP LOCKED for whoever becomes free."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import asyncpg

from servicedesk.routing.facts import AgentFacts, OrderFacts
from tests.services.missing import ServiceMissing
from tests.services.postgresql import (
    create_database,
    drop_database,
    postgres_server_for_tests,
)

TABLE = """
    DROP TABLE IF EXISTS bench_order;
    CREATE TABLE bench_order (
        id uuid PRIMARY KEY, queue_id uuid NOT NULL, needs text[] NOT NULL,
        priority smallint NOT NULL, virtual_start timestamptz NOT NULL, owner_id uuid
    );
    CREATE INDEX bench_order_line ON bench_order (priority DESC, virtual_start)
        WHERE owner_id IS NULL;
"""
TAKE = """
    UPDATE bench_order SET owner_id = $1 WHERE id = (
        SELECT id FROM bench_order
        WHERE owner_id IS NULL AND queue_id = ANY($2) AND needs <@ $3
        ORDER BY priority DESC, virtual_start LIMIT 1 FOR UPDATE SKIP LOCKED
    ) RETURNING id
"""


class SkipLocked:
    def __init__(self, loop: asyncio.AbstractEventLoop, connection: asyncpg.Connection) -> None:
        self._loop = loop
        self._connection = connection

    def fill(self, orders: Iterable[OrderFacts]) -> None:
        rows = [
            (order.id, order.queue_id, _needs(order), order.priority, order.virtual_start)
            for order in orders
        ]
        columns = ["id", "queue_id", "needs", "priority", "virtual_start"]
        self._run(self._connection.execute(TABLE))
        self._run(
            self._connection.copy_records_to_table("bench_order", records=rows, columns=columns)
        )
        self._run(self._connection.execute("ANALYZE bench_order"))

    def take_best(self, agent: AgentFacts) -> float:
        """Give the agent the best order, committed; return the seconds that took."""
        queues = [each.queue_id for each in agent.serves]
        has = [
            f"{skill}:{least}" for skill, most in agent.skills.items() for least in range(most + 1)
        ]
        started = time.perf_counter()
        self._run(self._connection.fetch(TAKE, agent.user_id, queues, has))
        return time.perf_counter() - started

    def _run(self, asked: object) -> None:
        self._loop.run_until_complete(asked)  # type: ignore[arg-type]


@contextmanager
def skip_locked_router() -> Iterator[SkipLocked | None]:
    """None, with a word why, where there is no PostgreSQL."""
    loop = asyncio.new_event_loop()
    try:
        with postgres_server_for_tests() as server:
            url = loop.run_until_complete(create_database(server))
            connection = loop.run_until_complete(asyncpg.connect(url))
            try:
                yield SkipLocked(loop, connection)
            finally:
                loop.run_until_complete(connection.close())
                loop.run_until_complete(drop_database(server, url))
    except ServiceMissing as missing:
        print(f"SKIP LOCKED skipped: {missing}")
        yield None
    finally:
        loop.close()


def _needs(order: OrderFacts) -> list[str]:
    return [f"{skill}:{level}" for skill, level in order.skills.items()]
