"""Runs a server of the test run's own, in a temporary folder, and ends it with the run."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.services.missing import ServiceMissing

PR_SET_PDEATHSIG = 1
START_SECONDS = 60.0
STOP_SECONDS = 10.0


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def accepts_connections(port: int, host: str = "127.0.0.1") -> bool:
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False


@contextlib.contextmanager
def running_process(
    service: str, command: Sequence[str], log: Path, is_ready: Callable[[], bool]
) -> Iterator[subprocess.Popen[bytes]]:
    """Start the command, yield it once it is ready, and end it at the end of the block.

    Raises ServiceMissing, with the end of the log, if it does not get ready.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=_end_with_parent,  # noqa: PLW1509  (one thread: pytest has started none yet)
            start_new_session=True,
        )
    try:
        _wait_until_ready(service, process, log, is_ready)
        yield process
    finally:
        _end(process)


def _end_with_parent() -> None:
    """Also a test run that is killed leaves no server behind."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _wait_until_ready(
    service: str, process: subprocess.Popen[bytes], log: Path, is_ready: Callable[[], bool]
) -> None:
    give_up_at = time.monotonic() + START_SECONDS
    while not is_ready():
        status = process.poll()
        if status is not None or time.monotonic() > give_up_at:
            found = (
                f"is not ready after {START_SECONDS:.0f} s"
                if status is None
                else f"ended with status {status}"
            )
            last = log.read_text(errors="replace").strip().splitlines()[-3:]
            raise ServiceMissing(service, f"its server {found}: {' / '.join(last)}")
        time.sleep(0.05)


def _end(process: subprocess.Popen[bytes]) -> None:
    """First kindly, as a shutdown with clients: then the whole process group at once."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
