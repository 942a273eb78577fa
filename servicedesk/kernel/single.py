"""One process per data folder on SQLite: a second one would serve stale presences and offers."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from servicedesk.domain.errors import ConfigurationError
from servicedesk.kernel.config import Settings

LOCK_FILE = "servicedesk.lock"


@contextmanager
def claim_data_dir(settings: Settings) -> Iterator[None]:
    """Hold the data folder while the block runs; raise ConfigurationError if another process does.

    The lock ends with the process, however that ends (flock(2)), so none is ever left behind.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with (settings.data_dir / LOCK_FILE).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigurationError(
                f"Process {_holder(file)} already runs the desk in {settings.data_dir.resolve()}. "
                "Stop it, or give this one another SERVICEDESK_DATA_DIR. For several processes, "
                "set DATABASE_URL and REDIS_URL and start web and worker."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _holder(file: TextIO) -> str:
    file.seek(0)
    return file.read(20).strip() or "unknown"
