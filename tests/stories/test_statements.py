"""How much a mail may ask of the database: everything is named, so that more is a decision.

On PostgreSQL every round trip counts, BEGIN, COMMIT and the stamp included; on SQLite, which has no
round trips, every statement of the transaction.
"""

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from servicedesk.app.wiring import Services
from servicedesk.intake.arrivals import ArrivalState
from servicedesk.kernel.database import Database
from tests.stories.company import Company, letter, post
from tests.stories.mail_rows import settle_inbox

MOST = 20
MOST_TOGETHER = 3
MOST_FOR_ACKNOWLEDGEMENT = 12
CLIENT_LOG = "tortoise.db_client"
AFTER_COMMIT = "UPDATE journal SET position"  # the stamp, which SQLite writes before it
BEFORE_BEGIN = "FROM inbox"  # the inbox, read before the mail is understood


@asynccontextmanager
async def counted(database: Database, caplog: pytest.LogCaptureFixture) -> AsyncIterator[list[str]]:
    """Yield the statements that go to the database meanwhile, in order."""
    statements: list[str] = []
    if not database.on_sqlite:
        async with logged(database, statements):
            yield statements
        return
    caplog.clear()
    with caplog.at_level(logging.DEBUG, logger=CLIENT_LOG):
        yield statements
    statements += [record.getMessage() for record in caplog.records if record.name == CLIENT_LOG]


@asynccontextmanager
async def logged(database: Database, statements: list[str]) -> AsyncIterator[None]:
    """Let each open connection of the pool tell what it sends."""

    def note(query: Any) -> None:
        statements.append(query.query)

    pool: Any = database._client._pool  # it is told nowhere else
    async with AsyncExitStack() as held:
        for _ in range(pool.get_size()):
            connection = await held.enter_async_context(pool.acquire())
            connection.add_query_logger(note)
    try:
        yield
    finally:
        async with AsyncExitStack() as held:
            for _ in range(pool.get_size()):
                connection = await held.enter_async_context(pool.acquire())
                connection.remove_query_logger(note)


async def statements_of(
    services: Services, company: Company, caplog: pytest.LogCaptureFixture, **headers: str
) -> list[str]:
    """Return what a stored mail asks of the database until it is a ticket with its work order."""
    await post(services, company.inbox, letter("Warm", sender="kim@contact.example"))
    raw = letter(**headers).as_bytes()
    (arrival_id,) = await services.intake.store([company.inbox], raw, {})
    async with counted(services.database, caplog) as statements:
        state = await services.intake.admit(arrival_id)
    assert state.value == "accepted"
    if services.database.on_sqlite:
        outside = (BEFORE_BEGIN, AFTER_COMMIT)
        return [one for one in statements if not any(mark in one for mark in outside)]
    return statements


def named(statements: list[str]) -> str:
    return "\n".join(f"{place}: {text[:300]}" for place, text in enumerate(statements, 1))


async def test_a_mail_becomes_a_ticket_in_few_statements(
    services: Services, company: Company, caplog: pytest.LogCaptureFixture
) -> None:
    statements = await statements_of(services, company, caplog)
    least, most = (5, MOST) if services.database.on_sqlite else (2, MOST_TOGETHER)
    assert least <= len(statements) <= most, named(statements)


async def test_a_mail_that_another_process_stored_becomes_one_in_few_statements(
    services: Services, company: Company, caplog: pytest.LogCaptureFixture
) -> None:
    """The careful way, which every mail may have to go."""
    (arrival_id,) = await services.intake.store([company.inbox], letter().as_bytes(), {})
    services.intake.forget()
    async with counted(services.database, caplog) as statements:
        assert await services.intake.admit(arrival_id) is ArrivalState.ACCEPTED
    assert 5 < len(statements) <= MOST + 3, named(statements)


async def test_its_acknowledgement_costs_few_more(
    services: Services, company: Company, caplog: pytest.LogCaptureFixture
) -> None:
    plain = await statements_of(services, company, caplog)
    await settle_inbox(services, company.inbox, acknowledge=True)
    both = await statements_of(services, company, caplog, sender="joe@contact.example")
    assert 0 < len(both) - len(plain) <= MOST_FOR_ACKNOWLEDGEMENT, named(both)
