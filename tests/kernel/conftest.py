"""Servers that only tests of the kernel need."""

from collections.abc import Iterator

import pytest

from tests.services.missing import ServiceMissing
from tests.services.postgresql import PostgresServer, fresh_server


@pytest.fixture
def fresh_postgres_server() -> Iterator[PostgresServer]:
    """Another cluster, which has never seen a transaction of ours."""
    try:
        with fresh_server() as server:
            yield server
    except ServiceMissing as missing:
        pytest.skip(str(missing))
