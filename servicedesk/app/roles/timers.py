"""Deadlines that rows name: consoles that stayed away, promises, steps of ladders; certificates;
and the sweep that stamps the journal."""

import asyncio
from datetime import datetime

import structlog

from servicedesk.app.roles.due import act_when_due
from servicedesk.app.wiring import Services
from servicedesk.domain.errors import ServicedeskError
from servicedesk.kernel.bus import Topic
from servicedesk.routing import presence
from servicedesk.sla import escalate
from servicedesk.sla.certificates import sign_finished

SWEEP_SECONDS = 1.0
log = structlog.get_logger(__name__)


async def run(services: Services) -> None:
    """Fire what is due, until cancelled."""

    async def expire() -> None:
        await presence.expire_lost(services.database)

    async def next_due() -> datetime | None:
        return await presence.next_lost_at(services.database.sql)

    async with asyncio.TaskGroup() as group:
        group.create_task(
            act_when_due(services.database, services.bus, Topic.TIMERS, expire, next_due)
        )
        group.create_task(_escalate(services))
        group.create_task(_certify(services))
        if not services.database.on_sqlite:
            group.create_task(_stamp_what_was_left(services))


async def _escalate(services: Services) -> None:
    """Fire breaches and the steps of ladders at their instants."""

    async def fire() -> None:
        await escalate.fire_due(services.database)

    async def next_due() -> datetime | None:
        return await escalate.next_due(services.database.sql)

    await act_when_due(services.database, services.bus, Topic.TIMERS, fire, next_due)


async def _certify(services: Services) -> None:
    """Sign what became of each clock, soon after it ended."""

    async def sign() -> None:
        await sign_finished(services.database, services.secrets)

    async def never() -> datetime | None:
        return None

    await act_when_due(services.database, services.bus, Topic.TIMERS, sign, never)


async def _stamp_what_was_left(services: Services) -> None:
    """Entries whose writer died between commit and stamp get their positions here."""
    last = await _stamp(services, 0)
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        last = await _stamp(services, last)


async def _stamp(services: Services, last: int) -> int:
    """Stamp, ring if there was anything; return the head, or `last` after a fault."""
    try:
        head = await services.database.stamp()
        if head != last:
            await services.bus.ring(Topic.JOURNAL)
        return head
    except Exception as error:
        fault = None if isinstance(error, ServicedeskError | OSError) else error
        log.warning("stamping_waits", error=type(error).__name__, exc_info=fault)
        return last
