"""The store of clocks: one row for what lives on each ticket, one for each clock that ended, one
for each step that fired."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from servicedesk.kernel.bulk import insert_bulk_later, update_bulk_later
from servicedesk.kernel.bus import Topic
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import Sql, as_uuid
from servicedesk.kernel.work import Work
from servicedesk.sla.clock.climbing import DueStep
from servicedesk.sla.clock.following import Kept
from servicedesk.sla.clock.states import Clock
from servicedesk.sla.events import SOLVED_STATUSES
from servicedesk.sla.records import clock_record, kept_record

_MICROSECOND = timedelta(microseconds=1)
_AS_FOLLOWED = (
    "ON CONFLICT (ticket_id) DO UPDATE SET record = excluded.record, next_at = excluded.next_at, "
    "due_at = excluded.due_at, revision = excluded.revision"
)


@dataclass(frozen=True, slots=True)
class KeptRow:
    """What is to be kept of a ticket's clocks. `next_at`: the earliest breach or step."""

    ticket_id: UUID
    kept: Kept
    next_at: datetime | None
    revision: int

    @property
    def due_at(self) -> datetime | None:
        return earliest_due(self.kept)


def earliest_due(kept: Kept) -> datetime | None:
    """Return the earliest due instant of the live clocks, also one that has passed."""
    dues = [clock.due_at for clock in kept.clock_set.live() if clock.due_at is not None]
    return min(dues, default=None)


async def save_kept(sql: Sql, rows: Sequence[KeptRow]) -> None:
    """Write what the clocks remember after a story, matched with its revision of the policies."""
    columns = [_columns(row) for row in rows]
    if len(rows) == 1:
        await sql.insert_later("ticket_clocks", columns, _AS_FOLLOWED)
    else:
        await insert_bulk_later(sql, "ticket_clocks", columns, _AS_FOLLOWED)


@dataclass(frozen=True, slots=True)
class PassedRow:
    """What time alone has made of it: the revision stays, nobody matched."""

    ticket_id: UUID
    kept: Kept
    next_at: datetime | None


async def save_passed(sql: Sql, rows: Sequence[PassedRow]) -> None:
    """Write in one statement what time alone has changed of rows that `lock_due` returned."""
    await update_bulk_later(sql, "ticket_clocks", [_passed(row) for row in rows], "ticket_id")


def _passed(row: PassedRow | KeptRow) -> dict[str, object]:
    return {
        "ticket_id": row.ticket_id,
        "record": kept_record(row.kept),
        "next_at": row.next_at,
        "due_at": earliest_due(row.kept),
    }


def _columns(row: KeptRow) -> dict[str, object]:
    return {**_passed(row), "revision": None if _is_settled(row.kept) else row.revision}


def _is_settled(kept: Kept) -> bool:
    situation = kept.clock_set.situation
    solved = situation.merged or situation.status in SOLVED_STATUSES
    return solved and not kept.clock_set.live()


@dataclass(frozen=True, slots=True)
class DueTicket:
    """`record` is what its clocks remember, not read yet: it may be one that cannot be."""

    ticket_id: UUID
    record: str


async def lock_due(sql: Sql, now: datetime, limit: int) -> list[DueTicket]:
    """Lock and return tickets of which something was due before `now`, longest due first.

    Those that another worker or a story holds are left to it.
    """
    skip = "" if sql.on_sqlite else "FOR UPDATE SKIP LOCKED"
    rows = await sql.fetch(
        "SELECT ticket_id, record FROM ticket_clocks WHERE next_at < $1 AND next_at IS NOT NULL "
        f"ORDER BY next_at, ticket_id LIMIT $2 {skip}",
        now,
        limit,
    )
    return [DueTicket(as_uuid(row["ticket_id"]), row["record"]) for row in rows]


async def lock_due_of(sql: Sql, now: datetime, ticket_id: UUID) -> list[DueTicket]:
    """Lock one ticket as `lock_due` does; empty if nothing is due on it, or somebody holds it."""
    skip = "" if sql.on_sqlite else "FOR UPDATE SKIP LOCKED"
    rows = await sql.fetch(
        "SELECT ticket_id, record FROM ticket_clocks "
        f"WHERE ticket_id = $2 AND next_at < $1 AND next_at IS NOT NULL {skip}",
        now,
        ticket_id,
    )
    return [DueTicket(as_uuid(row["ticket_id"]), row["record"]) for row in rows]


async def park(sql: Sql, ticket_id: UUID, until: datetime) -> None:
    """Leave a ticket of which nothing can be fired out of the line for a while."""
    await sql.execute(
        "UPDATE ticket_clocks SET next_at = $2 WHERE ticket_id = $1", ticket_id, until
    )


async def add_finished(work: Work, clocks: Sequence[tuple[UUID, Clock]]) -> None:
    """Write down for ever what became of clocks that ended, each with its ticket; it is certified
    soon after."""
    if not clocks:
        return
    await insert_bulk_later(work.sql, "finished_clock", [_finished(*one) for one in clocks])
    work.ring(Topic.TIMERS)


def _finished(ticket_id: UUID, clock: Clock) -> dict[str, object]:
    promise = clock.promise
    return {
        "id": new_id(),
        "ticket_id": ticket_id,
        "metric": promise.metric,
        "audience": promise.audience,
        "instance": clock.instance,
        "policy_id": promise.policy_id,
        "policy_version": promise.policy_version,
        "calendar": promise.calendar,
        "target_seconds": promise.target_seconds,
        "counted_us": clock.counted // _MICROSECOND,
        "started_at": clock.started_at,
        "due_at": clock.due_at,
        "breached_at": clock.breached_at,
        "ended_at": clock.ended_at,
        "outcome": clock.outcome,
        "reason": clock.reason,
        "dodges": sum(stretch.dodges for stretch in clock.stretches),
        "record": clock_record(clock),
    }


@dataclass(frozen=True, slots=True)
class NewEscalation:
    """A step of a ticket's clock that fires now."""

    id: UUID
    ticket_id: UUID
    due: DueStep


async def add_escalations(work: Work, escalations: Sequence[NewEscalation]) -> None:
    """Write down which steps fired. The unique key is the last guard against firing twice."""
    if not escalations:
        return
    rows = []
    for new in escalations:
        promise = new.due.clock.promise
        rows.append(
            {
                "id": new.id,
                "ticket_id": new.ticket_id,
                "metric": promise.metric,
                "audience": promise.audience,
                "instance": new.due.clock.instance,
                "step": new.due.step.id,
                "policy_id": promise.policy_id,
                "policy_version": promise.policy_version,
                "due_at": new.due.at,
                "fired_at": work.now,
            }
        )
    await insert_bulk_later(work.sql, "escalation", rows)
