"""The loops of a process: a fault is logged and survived, and the work goes on."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

import pytest
from structlog.testing import capture_logs

from servicedesk.app.roles import timers
from servicedesk.app.roles.admission import Admission, sweep
from servicedesk.app.roles.due import act_when_due
from servicedesk.app.roles.smtp import MailDoor
from servicedesk.app.wiring import Services, make_services
from servicedesk.domain.actors import system_actor
from servicedesk.domain.errors import Unavailable
from servicedesk.domain.ids import ArrivalId
from servicedesk.intake.accept import Intake
from servicedesk.intake.arrivals import ArrivalState
from servicedesk.intake.lots import MOST_TOGETHER
from servicedesk.kernel.bus import LocalBus, Topic
from servicedesk.kernel.config import Settings
from servicedesk.kernel.database import Database
from tests.stories.company import SUPPORT, Company, letter
from tests.waiting import until


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


async def test_stamping_goes_on_after_a_fault(
    postgres_settings: Settings, postgres_database: Database, bus: LocalBus
) -> None:
    services = make_services(postgres_settings, postgres_database, bus)
    sql = postgres_database.sql
    await sql.execute("ALTER TABLE journal_head RENAME TO journal_head_away")
    with capture_logs() as logs:
        role = asyncio.create_task(timers.run(services))

        async def stamping_waits() -> bool:
            return any(line["event"] == "stamping_waits" for line in logs)

        await until(stamping_waits)
        await sql.execute("ALTER TABLE journal_head_away RENAME TO journal_head")
        async with postgres_database.work(system_actor("test")) as work:
            work.record("desk.set_up", payload={})
        await sql.execute("UPDATE journal SET position = NULL")

        async def is_stamped() -> bool:
            return not await sql.fetch("SELECT id FROM journal WHERE position IS NULL")

        await until(is_stamped)
        assert not role.done()
        role.cancel()


class OddIntake(Intake):
    """Meets a fault of ours with its first arrival, and lets the second in."""

    def __init__(self, services: Services) -> None:
        super().__init__(services.database, services.blobs, {}, {})
        self.asked: list[ArrivalId] = []
        self.second_came = asyncio.Event()

    async def admit_all(self, arrival_ids: Sequence[ArrivalId]) -> list[ArrivalState]:
        first_time = not self.asked
        self.asked += arrival_ids
        if first_time:
            raise ValueError("one odd row")
        self.second_came.set()
        return [ArrivalState.ACCEPTED for _ in arrival_ids]


async def test_line_of_arrivals_goes_on_after_a_fault(services: Services, company: Company) -> None:
    intake = OddIntake(services)
    line = Admission(intake)
    stored = await _stored(services, company)
    line.hand_in(stored * (MOST_TOGETHER + 1))  # more than are taken at a time
    role = asyncio.create_task(line.run())
    await asyncio.wait_for(intake.second_came.wait(), 5)
    assert not role.done()
    role.cancel()


async def test_sweep_goes_on_after_an_arrival_that_cannot_be_let_in(
    services: Services, company: Company
) -> None:
    first, second = [(await _stored(services, company))[0] for _ in range(2)]
    await services.database.sql.execute("UPDATE arrival SET received_at = '2024-01-01T00:00:00Z'")
    intake = OddIntake(services)
    role = asyncio.create_task(sweep(services.database, intake))
    await asyncio.wait_for(intake.second_came.wait(), 5)
    assert not role.done()
    role.cancel()
    assert set(intake.asked) == {first, second}


async def test_mail_is_not_acknowledged_when_its_inbox_was_switched_off_meanwhile(
    services: Services, company: Company
) -> None:
    door = MailDoor(services, Admission(services.intake))
    assert await door.knows(SUPPORT)
    await services.database.sql.execute("UPDATE inbox SET active = $1", False)
    with pytest.raises(Unavailable):
        await door([SUPPORT], letter().as_bytes(), {})


async def _stored(services: Services, company: Company) -> list[ArrivalId]:
    return await services.intake.store([company.inbox], letter().as_bytes(), {})
