"""Reading foreign bytes holds nobody up: a large input off the event loop, a small one for seconds.

A thread does not help against one regular expression that never ends, because `re` keeps the
interpreter to itself; but in the main thread it looks for signals. So what is small is read there,
and a timer of the process's own CPU ends it: an honest mail on a loaded machine is not cut short.
That every pattern ends in time on large input is what tests/properties/test_mail_bounds shows.
"""

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

LARGE_BYTES = 50_000
MOST_CPU_SECONDS = 2.0
AGAIN_SECONDS = 0.1
T = TypeVar("T")


class ReadTooLong(Exception):
    """The input was made to cost much, or we read its kind badly."""


async def read_apart(read: Callable[[], T], size_bytes: int) -> T:
    """Call `read` so that others go on. Raises what it raises, and ReadTooLong for a small input
    that takes more than two seconds of CPU."""
    if size_bytes >= LARGE_BYTES:
        return await asyncio.to_thread(read)
    with within_cpu(MOST_CPU_SECONDS):
        return read()


@contextmanager
def within_cpu(seconds: float) -> Iterator[None]:
    """Raise ReadTooLong in the block once the process has used so much CPU in it; only in the main
    thread, elsewhere there is no bound. It is raised again should the block catch it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    is_reading = True

    def stop(_signal: int, _frame: object) -> None:
        if is_reading:
            raise ReadTooLong(
                f"Reading it took more than {seconds:g} seconds. Look at the raw mail; if a person "
                "wrote it, answer them and discard it here."
            )

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds, AGAIN_SECONDS)
    try:
        yield
    finally:
        is_reading = False
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
