"""What tests of promises say and do: a desk whose clock they move."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from servicedesk.app.wiring import Services
from servicedesk.desk.clocks import follow
from servicedesk.desk.effects import run_next
from servicedesk.desk.lifecycle import TicketChanges, change_ticket
from servicedesk.desk.merge import merge
from servicedesk.desk.reply import NewReply, reply
from servicedesk.desk.tickets import find_tickets
from servicedesk.domain.actors import user_actor
from servicedesk.domain.ids import TicketId
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.people import Viewer
from servicedesk.kernel import journal
from servicedesk.kernel.journal import Entry
from servicedesk.kernel.sql import Row
from servicedesk.sla import escalate
from servicedesk.sla.calendar.hours import WEEKDAYS
from servicedesk.sla.calendar.reading import CalendarDocument
from servicedesk.sla.calendars import (
    CALENDARS,
    CalendarChanges,
    NewCalendar,
    change_calendar,
    create_calendar,
)
from servicedesk.sla.certificates import sign_finished
from servicedesk.sla.clock.following import Kept
from servicedesk.sla.clock.states import Clock
from servicedesk.sla.events import Event
from servicedesk.sla.policies import create_policy
from servicedesk.sla.policy.documents import read_document
from servicedesk.sla.records import read_kept
from tests.fakes.clock import FakeClock
from tests.stories.company import Company, letter, open_by_mail, post

HOUR = 3_600
OFFICE_HOURS = CalendarDocument(
    time_zone="Etc/UTC",
    week={day: [("09:00", "17:00")] for day in WEEKDAYS[:5]},
)
ALL_PRIORITIES = (1, 2, 3, 4)


def target(metric: str, seconds: int, *, business: bool = False, **more: object) -> list[object]:
    """The same target at each priority."""
    counting = "business_time" if business else "calendar_time"
    return [
        {"metric": metric, "priority": priority, "seconds": seconds, "counting": counting, **more}
        for priority in ALL_PRIORITIES
    ]


@dataclass(frozen=True, slots=True)
class Promising:
    services: Services
    company: Company
    clock: FakeClock
    marks: dict[TicketId, str] = field(default_factory=dict)

    async def promise(self, *targets: Sequence[object], name: str = "Gold", **more: object) -> UUID:
        """Add a policy with these targets."""
        document = {"targets": [one for group in targets for one in group], **more}
        actor = user_actor(self.company.ada.user_id)
        policy_id, _ = await create_policy(
            self.services.database, actor, name, read_document(document)
        )
        return policy_id

    async def keep_hours(self, document: CalendarDocument = OFFICE_HOURS) -> UUID:
        """Make a calendar the default one."""
        new = NewCalendar("Office", document, is_default=True)
        actor = user_actor(self.company.ada.user_id)
        calendar_id, _ = await create_calendar(self.services.database, actor, new)
        return calendar_id

    async def close_calendar_until_noon(self) -> None:
        """Edit the one calendar there is: work begins at noon from now on."""
        sql = self.services.database.sql
        (calendar,) = await CALENDARS.load_all(sql)
        week = {day: [("12:00", "17:00")] for day in calendar.document.week}
        changes = CalendarChanges(document=CalendarDocument(time_zone="Etc/UTC", week=week))
        actor = user_actor(self.company.ada.user_id)
        await change_calendar(self.services.database, actor, calendar.id, calendar.version, changes)

    async def open(self, subject: str = "Refund") -> TicketId:
        mark = f"<{subject.lower()}-{len(self.marks)}@contact.example>"
        ticket_id = await open_by_mail(
            self.services, self.company, letter(subject, Message_ID=mark)
        )
        self.marks[ticket_id] = mark
        return ticket_id

    async def contact_writes(self, ticket_id: TicketId) -> None:
        again = letter("Re: Refund", "More.", In_Reply_To=self.marks[ticket_id])
        await post(self.services, self.company.inbox, again)

    async def answer(self, ticket_id: TicketId, viewer: Viewer | None = None) -> None:
        email = self.services.channels[ChannelKind.EMAIL]
        new = NewReply("Done.", seen_seq=10_000)
        who = viewer or self.company.ana
        await reply(self.services.database, email, who, ticket_id, new)

    async def change(self, ticket_id: TicketId, changes: TicketChanges) -> None:
        found = (await find_tickets(self.services.database.sql, [ticket_id]))[ticket_id]
        await change_ticket(
            self.services.database, self.company.sam, ticket_id, found.version, changes
        )

    async def merge(self, source: TicketId, target: TicketId) -> None:
        await merge(self.services.database, self.company.sam, source, target)

    async def tell(self, ticket_id: TicketId, *told: Event) -> None:
        async with self.services.database.work(user_actor(self.company.ana.user_id)) as work:
            await follow(work, ticket_id, *told)

    async def fire(self) -> int:
        """What the timers do when they wake."""
        return await escalate.fire_due(self.services.database)

    async def run_effects(self) -> int:
        ran = 0
        while await run_next(self.services.database, self.services.channels):
            ran += 1
        return ran

    async def certify(self) -> int:
        return await sign_finished(self.services.database, self.services.secrets)

    async def kept(self, ticket_id: TicketId) -> Kept:
        row = await self.row("SELECT record FROM ticket_clocks WHERE ticket_id = $1", ticket_id)
        return read_kept(row["record"])

    async def clocks(self, ticket_id: TicketId) -> Mapping[str, Clock]:
        """The clocks that the ticket remembers, the last of each metric."""
        kept = await self.kept(ticket_id)
        return {clock.promise.metric.value: clock for clock in kept.clock_set.clocks}

    async def row(self, statement: str, *values: object) -> Row:
        row = await self.services.database.sql.fetch_one(statement, *values)
        assert row is not None, statement
        return row

    async def entries(self, ticket_id: TicketId, kind: str = "clock.") -> list[Entry]:
        found = await journal.read_ticket(self.services.database.sql, ticket_id, 10**9, 500)
        return [entry for entry in reversed(found) if entry.kind.startswith(kind)]

    async def kinds(self, ticket_id: TicketId, kind: str = "clock.") -> Counter[str]:
        return Counter(entry.kind for entry in await self.entries(ticket_id, kind))
