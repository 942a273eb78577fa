"""The API behind a real HTTP server, in a thread with an event loop of its own."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Queue
from typing import Any, TypeVar

import uvicorn

from servicedesk.app.schema import MIGRATIONS, TABLES
from servicedesk.app.wiring import make_services
from servicedesk.domain.actors import system_actor
from servicedesk.kernel.bus import LocalBus
from servicedesk.kernel.config import Settings
from servicedesk.kernel.database import open_database
from servicedesk.people.sessions import Origin, start_session
from tests.api.offices import SESSION_SECONDS, Office, open_office

STARTS_WITHIN_SECONDS = 30
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Served:
    """`address` is http://127.0.0.1:port. Everything of `office` belongs to the thread's loop."""

    address: str
    office: Office
    loop: asyncio.AbstractEventLoop

    def run(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(STARTS_WITHIN_SECONDS)

    def new_session(self, name: str) -> str:
        """Open one more session of the person; return its token."""
        return self.run(self._new_session(name))

    async def _new_session(self, name: str) -> str:
        async with self.office.database.work(system_actor("test")) as work:
            person = self.office.people[name]
            return await start_session(work, person.id, Origin("", "test"), SESSION_SECONDS)


@contextmanager
def served_office(settings: Settings) -> Iterator[Served]:
    """Serve an office on the database of the settings until the block ends."""
    ready: Queue[Served | BaseException] = Queue()
    stop = threading.Event()
    thread = threading.Thread(target=_run, args=(settings, ready, stop), daemon=True)
    thread.start()
    found = ready.get(timeout=STARTS_WITHIN_SECONDS)
    if isinstance(found, BaseException):
        raise found
    try:
        yield found
    finally:
        stop.set()
        thread.join(STARTS_WITHIN_SECONDS)


def _run(settings: Settings, ready: "Queue[Served | BaseException]", stop: threading.Event) -> None:
    try:
        asyncio.run(_serve(settings, ready, stop))
    except BaseException as error:  # handed to the thread that waits
        ready.put(error)
        raise


async def _serve(
    settings: Settings, ready: "Queue[Served | BaseException]", stop: threading.Event
) -> None:
    bus = LocalBus()
    database = await open_database(settings, TABLES, MIGRATIONS, bus=bus)
    try:
        async with open_office(make_services(settings, database, bus)) as office:
            config = uvicorn.Config(
                office.app, host="127.0.0.1", port=0, log_config=None, lifespan="off"
            )
            server = _Server(config, office, ready)
            task = asyncio.create_task(server.serve())
            await asyncio.to_thread(stop.wait)
            server.should_exit = True
            await task
    finally:
        await database.close()


class _Server(uvicorn.Server):
    """Says when it listens, and where."""

    def __init__(
        self, config: uvicorn.Config, office: Office, ready: "Queue[Served | BaseException]"
    ) -> None:
        super().__init__(config)
        self._office = office
        self._ready = ready

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        port = self.servers[0].sockets[0].getsockname()[1]
        address = f"http://127.0.0.1:{port}"
        self._ready.put(Served(address, self._office, asyncio.get_running_loop()))

    def install_signal_handlers(self) -> None:
        return None
