"""The loops of a process: a fault is logged and survived, and the work goes on."""

import asyncio
from datetime import datetime

import pytest
from structlog.testing import capture_logs

from servicedesk.app.roles.due import act_when_due
from servicedesk.domain.errors import Unavailable
from servicedesk.kernel.bus import LocalBus, Topic
from servicedesk.kernel.database import Database


@pytest.mark.parametrize("fault", [ValueError("one odd row"), Unavailable("away")])
async def test_role_goes_on_after_a_fault(
    sqlite_database: Database, bus: LocalBus, fault: Exception
) -> None:
    faults = [fault]
    went_on = asyncio.Event()

    async def act() -> None:
        if faults:
            raise faults.pop()
        went_on.set()

    async def nothing_due() -> datetime | None:
        return None

    with capture_logs() as logs:
        role = asyncio.create_task(
            act_when_due(sqlite_database, bus, Topic.OUTBOX, act, nothing_due)
        )
        await asyncio.wait_for(went_on.wait(), 5)
        role.cancel()
    assert [(line["event"], line["error"]) for line in logs] == [
        ("role_waits", type(fault).__name__)
    ]
