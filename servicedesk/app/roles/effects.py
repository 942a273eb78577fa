"""Runs what lower layers asked for (`desk/effects` has the handlers)."""

from datetime import datetime

from servicedesk.app.roles.due import act_when_due
from servicedesk.app.wiring import Services
from servicedesk.desk.effects import run_next
from servicedesk.kernel import effects
from servicedesk.kernel.bus import Topic


async def run(services: Services) -> None:
    """Run whatever is due, until cancelled."""

    async def run_due() -> None:
        while await run_next(services.database, services.channels):
            pass

    async def next_due() -> datetime | None:
        return await effects.next_due(services.database.sql)

    await act_when_due(services.database, services.bus, Topic.EFFECTS, run_due, next_due)
