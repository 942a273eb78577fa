"""A month of made-up traffic through the stories and the database: every verb, and all is edited.
The independent verifier must agree on every instance.

SERVICEDESK_TEST_EFFORT=10 makes ten times as much of it; SERVICEDESK_TEST_SEED tells one again.
"""

from __future__ import annotations

import os
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta

from servicedesk.desk.lifecycle import TicketChanges
from servicedesk.desk.merge import merge
from servicedesk.desk.note import note
from servicedesk.desk.tickets import TicketFacts, find_tickets
from servicedesk.domain.actors import user_actor
from servicedesk.domain.errors import ServicedeskError
from servicedesk.domain.ids import TicketId
from servicedesk.domain.tickets import Priority, TicketStatus
from servicedesk.sla.audit import verify_tickets
from servicedesk.sla.calendar.reading import CalendarDocument
from servicedesk.sla.calendars import CALENDARS, CalendarChanges, change_calendar
from servicedesk.sla.events import Answered, Event, Left, Queued
from servicedesk.sla.policies import POLICIES, PolicyChanges, change_policy
from servicedesk.sla.policy.documents import PolicyDocument, read_document
from servicedesk.sla.promises import Metric
from tests.fakes.clock import START
from tests.sla.promising import HOUR, OFFICE_HOURS, Promising

STEPS = 120 * int(os.environ.get("SERVICEDESK_TEST_EFFORT", "1"))
SEED = int(os.environ.get("SERVICEDESK_TEST_SEED", "4"))
MOST_OF_THE_METRICS = 6  # a short run may not come to the end of each
MONTH = (START - timedelta(days=1), START + timedelta(days=400))
OTHER_HOURS = CalendarDocument(
    time_zone="America/New_York",
    week={day: [("00:00", "06:00"), ("22:00", "24:00")] for day in OFFICE_HOURS.week},
    holidays=["2027-03-15", "2027-04-01"],
)
ALL_STATUSES = (
    TicketStatus.OPEN,
    TicketStatus.PENDING,
    TicketStatus.ON_HOLD,
    TicketStatus.SOLVED,
    TicketStatus.SOLVED,
    TicketStatus.CLOSED,
)


def made_up_policy(dice: random.Random, audience: str) -> PolicyDocument:
    targets = [
        {
            "metric": metric.value,
            "priority": priority,
            "seconds": dice.choice([900, HOUR, 4 * HOUR, 30 * HOUR]),
            "counting": dice.choice(["business_time", "calendar_time"]),
            "reopening": dice.choice(["carry", "afresh"]),
        }
        for metric in Metric
        for priority in (1, 2, 3, 4)
        if dice.random() < 0.9
    ]
    tell = {"do": "notify", "groups": ["supervisors"], "ways": ["console"]}
    ladder = [
        {"id": "half", "at_percent": 50, "actions": [{"do": "tag", "tag": "soon"}]},
        {"id": "due", "offset_seconds": 0, "actions": [{"do": "raise_priority"}, tell]},
    ]
    return read_document({"audience": audience, "targets": targets, "ladder": ladder})


class Traffic:
    """Somebody who does anything to any ticket. What the desk refuses is refused."""

    def __init__(self, desk: Promising, seed: int) -> None:
        self.desk, self.dice = desk, random.Random(seed)
        self.ticket_ids: list[TicketId] = []
        self.refused = 0

    async def begin(self) -> None:
        await self.desk.keep_hours()
        for audience in ("customer", "internal"):
            document = made_up_policy(self.dice, audience)
            await self.desk.promise(*[], name=audience, **document.model_dump(mode="json"))
        for number in range(8):
            self.ticket_ids.append(await self.desk.open(f"Matter {number}"))

    async def step(self) -> None:
        self.desk.clock.advance(self.dice.choice([0, 1, 60, 1_800, self.dice.random() * 90_000]))
        verb = self.dice.choices(list(VERBS), list(VERBS.values()))[0]
        try:
            await verb(self)
        except ServicedeskError:
            self.refused += 1
        if self.dice.random() < 0.4:
            await self.desk.fire()
        if self.dice.random() < 0.3:
            await self.desk.run_effects()

    def any_ticket(self) -> TicketId:
        return self.dice.choice(self.ticket_ids)

    async def facts(self, ticket_id: TicketId) -> TicketFacts:
        return (await find_tickets(self.desk.services.database.sql, [ticket_id]))[ticket_id]

    async def open(self) -> None:
        self.ticket_ids.append(await self.desk.open(f"Matter {len(self.ticket_ids)}"))

    async def write(self) -> None:
        await self.desk.contact_writes(self.any_ticket())

    async def answer(self) -> None:
        await self.desk.answer(self.any_ticket(), self.desk.company.sam)

    async def remark(self) -> None:
        await note(self.desk.services.database, self.desk.company.sam, self.any_ticket(), "Hm.")

    async def set_status(self) -> None:
        status = self.dice.choice(ALL_STATUSES)
        await self.desk.change(self.any_ticket(), TicketChanges(status=status))

    async def set_priority(self) -> None:
        priority = self.dice.choice(list(Priority))
        await self.desk.change(self.any_ticket(), TicketChanges(priority=priority))

    async def merge(self) -> None:
        source, target = self.any_ticket(), self.any_ticket()
        if source != target:
            database, sam = self.desk.services.database, self.desk.company.sam
            await merge(database, sam, source, target)

    async def ring(self) -> None:
        """Calls come with a later channel; their clocks are told directly."""
        kinds: list[Callable[..., Event]] = [Queued, Queued, Answered, Left]
        await self.desk.tell(self.any_ticket(), self.dice.choice(kinds)(self.desk.clock.time))

    async def edit_policy(self) -> None:
        database = self.desk.services.database
        policy = self.dice.choice(await POLICIES.load_all(database.sql))
        document = made_up_policy(self.dice, policy.document.audience.value)
        active = self.dice.random() < 0.8
        changes = PolicyChanges(document=document, active=active)
        actor = user_actor(self.desk.company.ada.user_id)
        await change_policy(database, actor, policy.id, policy.version, changes)

    async def edit_calendar(self) -> None:
        database = self.desk.services.database
        (calendar,) = await CALENDARS.load_all(database.sql)
        changes = CalendarChanges(document=self.dice.choice([OFFICE_HOURS, OTHER_HOURS]))
        actor = user_actor(self.desk.company.ada.user_id)
        await change_calendar(database, actor, calendar.id, calendar.version, changes)


VERBS: dict[Callable[[Traffic], Awaitable[None]], int] = {
    Traffic.open: 8,
    Traffic.write: 20,
    Traffic.answer: 18,
    Traffic.remark: 4,
    Traffic.set_status: 22,
    Traffic.set_priority: 8,
    Traffic.merge: 2,
    Traffic.ring: 10,
    Traffic.edit_policy: 2,
    Traffic.edit_calendar: 2,
}


async def test_clocks_and_verifier_agree_on_a_month_of_traffic(desk: Promising) -> None:
    traffic = Traffic(desk, SEED)
    await traffic.begin()
    for _ in range(STEPS):
        await traffic.step()
    await desk.certify()
    services = desk.services
    found = await verify_tickets(services.database.sql, services.secrets, traffic.ticket_ids, MONTH)
    assert found.disagreements == ()
    assert found.clocks > STEPS // 5
    rows = await services.database.sql.fetch("SELECT DISTINCT metric, outcome FROM finished_clock")
    assert len({row["metric"] for row in rows}) >= MOST_OF_THE_METRICS
    assert {row["outcome"] for row in rows} == {"met", "late", "cancelled"}
    assert traffic.refused < STEPS // 2
