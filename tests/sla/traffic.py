"""Somebody who does anything to any ticket: a month of made-up traffic through the stories."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from uuid import UUID

from servicedesk.desk.lifecycle import TicketChanges
from servicedesk.desk.note import note
from servicedesk.desk.split import move, split
from servicedesk.domain.actors import user_actor
from servicedesk.domain.errors import ServicedeskError
from servicedesk.domain.ids import TicketId
from servicedesk.domain.tickets import TRANSITIONS, Priority, TicketStatus
from servicedesk.kernel.sql import as_uuid
from servicedesk.sla.calendar.reading import CalendarDocument
from servicedesk.sla.calendars import CALENDARS, CalendarChanges, change_calendar
from servicedesk.sla.events import Answered, Event, Left, Queued
from servicedesk.sla.policies import POLICIES, PolicyChanges, change_policy
from servicedesk.sla.policy.documents import PolicyDocument, read_document
from servicedesk.sla.promises import Metric
from tests.sla.promising import HOUR, OFFICE_HOURS, Promising

EDITS_EVERY = 12
LONGEST_STEP_SECONDS = 90_000
OTHER_HOURS = CalendarDocument(
    time_zone="America/New_York",
    week={day: [("00:00", "06:00"), ("22:00", "24:00")] for day in OFFICE_HOURS.week},
    holidays=["2027-03-15", "2027-04-01"],
)
STATUS_CHANGES = sorted(
    {
        (before, after)
        for before, steps in TRANSITIONS.items()
        for after in steps.values()
        if before is not after
    }
    - {(TicketStatus.NEW, TicketStatus.SOLVED)}
)
"""Every change of status that a story can bring about. Whoever solves a new ticket takes it, which
opens it first."""
ALL_STATUSES = (
    TicketStatus.OPEN,
    TicketStatus.PENDING,
    TicketStatus.ON_HOLD,
    TicketStatus.SOLVED,
    TicketStatus.SOLVED,
    TicketStatus.CLOSED,
)


def made_up_policy(dice: random.Random, audience: str, share: float = 0.9) -> PolicyDocument:
    """Promise that share of everything that can be."""
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
        if dice.random() < share
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
            document = made_up_policy(self.dice, audience, share=1.0)
            await self.desk.promise(*[], name=audience, **document.model_dump(mode="json"))
        for _ in range(4):
            await self.open()

    async def tour(self) -> None:
        """Everything once: each change of status that there is, each metric to its end, edits of
        policies and calendars in between."""
        for number, (before, after) in enumerate(STATUS_CHANGES):
            if number % EDITS_EVERY == EDITS_EVERY - 1:
                await self.edit_policy()
                await self.edit_calendar()
                await self.desk.run_effects()
            await self.talk(await self.opened())
            await self.take_the_way(before, after)

    async def take_the_way(self, before: TicketStatus, after: TicketStatus) -> None:
        """Bring a new ticket from the one status into the other."""
        ticket_id = await self.opened()
        await self.pass_time()
        if before is not TicketStatus.NEW:
            await self.desk.change(ticket_id, TicketChanges(status=before))
        await self.pass_time()
        if after is TicketStatus.CLOSED and before is not TicketStatus.SOLVED:
            await self.desk.merge(ticket_id, await self.opened())
        else:
            await self.desk.change(ticket_id, TicketChanges(status=after))

    async def talk(self, ticket_id: TicketId) -> None:
        """Bring every metric of the ticket to its end."""
        sam = self.desk.company.sam
        await self.desk.answer(ticket_id, sam)
        await self.desk.contact_writes(ticket_id)
        await self.pass_time()
        await self.desk.answer(ticket_id, sam)
        for event in (Queued, Answered):
            await self.desk.tell(ticket_id, event(self.desk.clock.time))
            await self.pass_time()
        await self.desk.answer(ticket_id, sam)
        await self.desk.change(ticket_id, TicketChanges(status=TicketStatus.SOLVED))

    async def step(self) -> None:
        await self.pass_time()
        verb = self.dice.choices(list(VERBS), list(VERBS.values()))[0]
        try:
            await verb(self)
        except ServicedeskError:
            self.refused += 1
        if self.dice.random() < 0.3:
            await self.desk.run_effects()

    async def pass_time(self) -> None:
        longest = self.dice.random() * LONGEST_STEP_SECONDS
        self.desk.clock.advance(self.dice.choice([0, 1, 60, 1_800, longest]))
        if self.dice.random() < 0.4:
            await self.desk.fire()

    def any_ticket(self) -> TicketId:
        return self.dice.choice(self.ticket_ids)

    async def open(self) -> None:
        await self.opened()

    async def opened(self) -> TicketId:
        ticket_id = await self.desk.open(f"Matter-{len(self.ticket_ids)}")
        self.ticket_ids.append(ticket_id)
        return ticket_id

    async def write(self) -> None:
        await self.desk.contact_writes(self.dice.choice(list(self.desk.marks)))

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
            await self.desk.merge(source, target)

    async def split_off(self) -> None:
        database, sam = self.desk.services.database, self.desk.company.sam
        made = await split(database, sam, await self.any_message())
        self.ticket_ids.append(made.ticket_id)

    async def move(self) -> None:
        database, sam = self.desk.services.database, self.desk.company.sam
        await move(database, sam, await self.any_message(), self.any_ticket())

    async def any_message(self) -> UUID:
        rows = await self.desk.services.database.sql.fetch(
            "SELECT id FROM message WHERE ticket_id = $1 AND kind = 'inbound' ORDER BY seq",
            self.any_ticket(),
        )
        return as_uuid(self.dice.choice(rows)["id"])

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
    Traffic.split_off: 6,
    Traffic.move: 6,
    Traffic.ring: 10,
    Traffic.edit_policy: 2,
    Traffic.edit_calendar: 2,
}
