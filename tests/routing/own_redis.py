"""A Redis of the run's own, so that it can be taken away from under the routers."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from tests.services.debian import install_packages
from tests.services.processes import accepts_connections, free_port, running_process


class Redis:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = free_port()
        self._running = contextlib.ExitStack()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        if shutil.which("redis-server") is None:
            install_packages("Redis", "redis-server")
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        command += ["--dir", str(self._folder)]
        log = self._folder / "redis.log"
        ready = running_process("Redis", command, log, lambda: accepts_connections(self.port))
        self._running.enter_context(ready)

    def stop(self) -> None:
        self._running.close()
        self._running = contextlib.ExitStack()


@contextlib.contextmanager
def own_redis(folder: Path) -> Iterator[Redis]:
    """Yield one that runs. Raises ServiceMissing."""
    redis = Redis(folder)
    redis.start()
    try:
        yield redis
    finally:
        redis.stop()
