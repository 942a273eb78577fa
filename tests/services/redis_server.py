"""A Redis database of the run's own, on a server that runs or one that is started.

A running server may be somebody's: only an empty database is taken, marked as taken, and
emptied at the end. Publish and subscribe know no databases, so what uses them needs
`key_prefix` in its channel names.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import redis

from tests.services.debian import install_packages
from tests.services.missing import ServiceMissing
from tests.services.processes import accepts_connections, free_port, running_process

SERVICE = "Redis"
USUAL_PORT = 6379
CLAIM = "servicedesk:test-run"


@dataclass(frozen=True, slots=True)
class RedisServer:
    """`url` names the claimed database; `key_prefix` is this run's own."""

    port: int
    database: int
    key_prefix: str

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/{self.database}"


@contextlib.contextmanager
def redis_server_for_tests() -> Iterator[RedisServer]:
    """Yield an empty database; raises ServiceMissing if none can be had."""
    if _answers(USUAL_PORT):
        with contextlib.ExitStack() as claims:
            claimed = _claim_database(USUAL_PORT)
            if claimed is not None:
                claims.callback(_empty, claimed, keep_claim=False)
                yield claimed
                return
    if shutil.which("redis-server") is None:
        install_packages(SERVICE, "redis-server")
    with _own_server() as server:
        yield server


def empty_database(server: RedisServer) -> None:
    """Between two tests: everything goes but the claim."""
    _empty(server, keep_claim=True)


def _answers(port: int) -> bool:
    try:
        with redis.Redis(port=port, socket_timeout=2) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def _claim_database(port: int) -> RedisServer | None:
    """The first database that is free, marked as ours, or None if all are in use."""
    for number in range(15, 0, -1):
        with redis.Redis(port=port, db=number) as client, contextlib.suppress(redis.ResponseError):
            owner = client.get(CLAIM)
            if owner is not None and not _is_alive(int(owner)):
                client.flushdb()  # left behind by a run that was killed
            if client.dbsize() == 0 and client.set(CLAIM, os.getpid(), nx=True):
                return RedisServer(port, number, f"servicedesk-test-{os.getpid()}:")
    return None


def _is_alive(process_id: int) -> bool:
    return Path(f"/proc/{process_id}").exists()


def _empty(server: RedisServer, *, keep_claim: bool) -> None:
    with redis.Redis(port=server.port, db=server.database) as client:
        client.flushdb()
        if keep_claim:
            client.set(CLAIM, os.getpid())


@contextlib.contextmanager
def _own_server() -> Iterator[RedisServer]:
    binary = shutil.which("redis-server")
    if binary is None:
        raise ServiceMissing(SERVICE, "installed, but redis-server is not on PATH")
    with tempfile.TemporaryDirectory(prefix="servicedesk-redis-") as folder:
        port = free_port()
        options = ["--port", str(port), "--bind", "127.0.0.1", "--dir", folder, "--save", ""]
        log = Path(folder) / "redis.log"
        with running_process(
            SERVICE, [binary, *options], log, lambda: accepts_connections(port) and _answers(port)
        ):
            yield RedisServer(port, 0, f"servicedesk-test-{os.getpid()}:")
