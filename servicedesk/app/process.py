"""One process: HTTP, roles, or both, from start to a clean stop."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from typing import Any

import structlog
import uvicorn

from servicedesk.app.api.application import make_application
from servicedesk.app.roles import (
    admission,
    carriers,
    effects,
    jobs,
    mailboxes,
    senders,
    sent_copies,
    smtp,
    timers,
)
from servicedesk.app.roles.admission import Admission
from servicedesk.app.roles.names import Role, in_words
from servicedesk.app.router import run_router
from servicedesk.app.wiring import Services

GRACEFUL_SECONDS = 10
log = structlog.get_logger(__name__)


def process_name() -> str:
    """A name for claims and leases: of this host and process, never used twice at a time."""
    return f"{socket.gethostname()[:40]}-{os.getpid()}"


@asynccontextmanager
async def roles_running(services: Services, roles: Iterable[Role]) -> AsyncIterator[None]:
    """Run the roles while the block runs. A role that ends by a fault ends the process."""
    wanted = frozenset(roles)
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work) for work in _work_of(services, wanted)]
            log.info("roles_started", roles=in_words(wanted))
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
    except BaseExceptionGroup as group_of_faults:
        raise _first(group_of_faults) from None


def _first(fault: BaseException) -> BaseException:
    """Return the fault itself: with one cause, a group around it says nothing more."""
    while isinstance(fault, BaseExceptionGroup):
        fault = fault.exceptions[0]
    return fault


def _work_of(services: Services, roles: frozenset[Role]) -> Iterable[Coroutine[Any, Any, None]]:
    name = process_name()
    if Role.ROUTER in roles:
        yield run_router(services.database, services.bus, name)
    if Role.SENDERS in roles:
        yield senders.run(services, name)
        yield carriers.run(services, name)
        yield sent_copies.run(services, name)
    if Role.TIMERS in roles:
        yield timers.run(services)
    if Role.EFFECTS in roles:
        yield effects.run(services)
    if Role.JOBS in roles:
        yield jobs.run(services)
    if Role.MAIL_IN in roles:
        yield admission.sweep(services.database, services.intake)
    if Role.MAILBOXES in roles:
        yield mailboxes.run(services, name)
    if Role.SMTP in roles:
        line = Admission(services.intake)
        yield line.run()
        yield smtp.run(services, line)


def say_nothing() -> None:
    """Nobody waits to hear that the desk is up."""


async def run_web(
    services: Services, roles: Iterable[Role] = (), announce: Callable[[], None] = say_nothing
) -> None:
    """Serve HTTP and WebSockets, and the roles beside it, until told to stop.

    `announce` is called once the port is ours. Raises OSError when it is somebody else's.
    """
    settings = services.settings
    config = uvicorn.Config(
        make_application(services),
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        proxy_headers=False,  # the guard believes trusted proxies only
        server_header=False,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
    )
    with socket.create_server(
        (settings.host, settings.port), family=_family(settings.host)
    ) as http:
        async with roles_running(services, roles):
            announce()
            await uvicorn.Server(config).serve(sockets=[http])


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


async def run_worker(services: Services, roles: Iterable[Role]) -> None:
    """Run the roles until told to stop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with roles_running(services, roles):
        await stop.wait()
