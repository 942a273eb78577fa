"""How connections to PostgreSQL are made: what Tortoise's URL cannot say."""

from typing import Any

import asyncpg
from tortoise.backends.base.config_generator import expand_db_url

STATEMENTS_KEPT = 500
"""Prepared statements kept on each connection; asyncpg's 100 are fewer than the desk has."""


class PlainConnection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg has no types
    """A connection without session state of ours: it goes back to the pool as it is.

    asyncpg sends three statements each time to undo what nobody here does (advisory locks, LISTEN,
    SET, cursors); that was one round trip in six. Open transactions are rolled back all the same.
    """

    def get_reset_query(self) -> str:
        return ""


def postgresql_connection(url: str) -> dict[str, Any]:
    """Return Tortoise's description of the connections that the URL names."""
    described: dict[str, Any] = expand_db_url(url)
    described["credentials"] |= {
        "connection_class": PlainConnection,
        "statement_cache_size": STATEMENTS_KEPT,
    }
    return described
