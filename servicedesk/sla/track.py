"""The clocks of a ticket follow a story, in its transaction: one statement read by the caller (what
the ticket is now and what its clocks remember), one written here; more only when a clock ends or a
step is overdue.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from servicedesk.domain.tickets import Priority, TicketStatus
from servicedesk.kernel.bus import Topic
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import Sql
from servicedesk.kernel.work import NewEffect, Work
from servicedesk.sla import clock_rows, telling
from servicedesk.sla.clock.climbing import DueStep, LadderOf, next_instant
from servicedesk.sla.clock.following import Followed, Kept, Seen, follow
from servicedesk.sla.clock.machine import Turn
from servicedesk.sla.clock.states import Calendars, Clock, ClockSet
from servicedesk.sla.clock_rows import KeptRow, NewEscalation
from servicedesk.sla.events import Event
from servicedesk.sla.policy.conditions import Facts
from servicedesk.sla.policy.ladders import Ladder
from servicedesk.sla.policy.matching import Look, match_policies, promises_of
from servicedesk.sla.promises import Promise
from servicedesk.sla.records import read_kept
from servicedesk.sla.setup import (
    Mark,
    PolicyVersion,
    Setup,
    load_calendars,
    load_ladders,
    load_setup,
)

ESCALATED = "sla.escalated"
"""The effect that does what a step says; its argument names the escalation."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A locked ticket as its story leaves it. `facts` are what policies may ask for.

    `record` is what its clocks remember, None if they have never seen it.
    """

    ticket_id: UUID
    status: TicketStatus
    priority: Priority
    team_id: UUID
    waiting_since: datetime | None
    calendar_id: UUID | None
    facts: Facts
    record: str | None
    mark: Mark


async def follow_story(work: Work, ticket: Measured, told: Sequence[Event]) -> datetime | None:
    """Let the clocks follow what the story did, and return the earliest due instant of those alive.

    `told`: who wrote, and what else cannot be seen by looking at the ticket, in order.
    """
    (due_at,) = await _follow(work, [(ticket, told)])
    return due_at


async def follow_all(work: Work, tickets: Sequence[Measured]) -> list[datetime | None]:
    """Let the clocks of several tickets, read together, follow what can be seen of them; return
    the earliest due instant of each. As many statements as for one ticket."""
    return await _follow(work, [(ticket, ()) for ticket in tickets]) if tickets else []


async def _follow(
    work: Work, tickets: Sequence[tuple[Measured, Sequence[Event]]]
) -> list[datetime | None]:
    setup = await load_setup(work.sql, tickets[0][0].mark)
    before = [_remembered(ticket) for ticket, _ in tickets]
    matched = [_match(setup, ticket, work.now) for ticket, _ in tickets]
    promised = [promise for promises, _ in matched for promise in promises]
    world = await load_world(work.sql, [kept.clock_set for kept in before if kept], promised)
    rows, turned = list[KeptRow](), list[tuple[UUID, Followed]]()
    for (ticket, told), kept, (promises, trace) in zip(tickets, before, matched, strict=True):
        seen = Seen(ticket.status, ticket.team_id, ticket.waiting_since, promises)
        followed = follow(kept, seen, told, work.now, world)
        looks = trace if _has_new_promises(kept, promises) else ()
        telling.tell_events(work, ticket.ticket_id, followed.events, looks)
        turned.append((ticket.ticket_id, followed))
        rows.append(row_of(ticket.ticket_id, followed.kept, world, setup.mark))
    await _write_turns(work, turned)
    await clock_rows.save_kept(work.sql, rows)
    if any(_is_sooner(row, kept, world) for row, kept in zip(rows, before, strict=True)):
        work.ring(Topic.TIMERS)
    return [row.due_at for row in rows]


def _is_sooner(row: KeptRow, before: Kept | None, world: tuple[Calendars, LadderOf]) -> bool:
    """Must the timers wake earlier than they knew? Else ringing for each story would cost them two
    transactions for nothing."""
    if row.next_at is None:
        return False
    known = None if before is None else next_instant(before.clock_set, before.fired, world)
    return known is None or row.next_at < known


def _remembered(ticket: Measured) -> Kept | None:
    return None if ticket.record is None else read_kept(ticket.record)


def _match(
    setup: Setup, ticket: Measured, now: datetime
) -> tuple[tuple[Promise, ...], tuple[Look, ...]]:
    """Return what is promised on the ticket as it is now, and which policies were looked at."""
    match = match_policies(setup.policies, ticket.facts, now)
    calendar = setup.calendar_of(ticket.calendar_id)
    return promises_of(match, ticket.priority, calendar), match.trace


async def load_world(
    sql: Sql, clock_sets: Sequence[ClockSet], promises: Sequence[Promise] = ()
) -> tuple[Calendars, LadderOf]:
    """Return every calendar and ladder that live clocks and promises name.

    Those that held so far count as well: what somebody wrote may start a clock by them, just before
    the new ones hold.
    """
    live = [clock for clock_set in clock_sets for clock in clock_set.live()]
    named = [
        *promises,
        *(promise for clock_set in clock_sets for promise in clock_set.promises),
        *(clock.promise for clock in live),
    ]
    versions = {promise.calendar for promise in named}
    versions |= {part.calendar for clock in live for part in clock.stretches}
    policies = {(promise.policy_id, promise.policy_version) for promise in named}
    calendars = await load_calendars(sql, (one for one in versions if one is not None))
    return calendars, _ladder_of(await load_ladders(sql, policies))


def _ladder_of(ladders: Mapping[PolicyVersion, Ladder]) -> LadderOf:
    return lambda policy_id, version: ladders.get((policy_id, version), ())


def row_of(ticket_id: UUID, kept: Kept, world: tuple[Calendars, LadderOf], mark: Mark) -> KeptRow:
    """Return what is to be kept, with the instant at which it is to be looked at next."""
    next_at = next_instant(kept.clock_set, kept.fired, world)
    return KeptRow(ticket_id, kept, next_at, mark.revision)


async def _write_turns(work: Work, turned: Sequence[tuple[UUID, Followed]]) -> None:
    """Write and journal how clocks changed, and the steps that fire with it."""
    ended = list[tuple[UUID, Clock]]()
    for ticket_id, followed in turned:
        telling.tell_changes(work, ticket_id, followed.changes)
        turns = (change.clock for change in followed.changes if change.turn is Turn.ENDED)
        ended += [(ticket_id, clock) for clock in turns]
    await clock_rows.add_finished(work, ended)
    await fire(work, [(ticket_id, due) for ticket_id, followed in turned for due in followed.due])


async def fire(work: Work, due: Iterable[tuple[UUID, DueStep]]) -> None:
    """Write down that the steps fired, and ask for what they do, in the same transaction."""
    escalations = [NewEscalation(new_id(), ticket_id, step) for ticket_id, step in due]
    await clock_rows.add_escalations(work, escalations)
    telling.tell_escalations(work, escalations)
    await work.ask_all(
        [
            NewEffect(
                ESCALATED,
                f"{ESCALATED}:{new.id}",
                ticket_id=new.ticket_id,
                arguments={"escalation_id": str(new.id)},
            )
            for new in escalations
        ]
    )


def _has_new_promises(before: Kept | None, promises: Sequence[Promise]) -> bool:
    return before is None or before.clock_set.promises != tuple(promises)
