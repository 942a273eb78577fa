"""The store of what escalations led to: who was told, who acknowledged, what was suppressed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from servicedesk.domain.actors import user_actor
from servicedesk.domain.errors import NotFound
from servicedesk.domain.ids import Position
from servicedesk.domain.people import Viewer
from servicedesk.kernel.database import Database
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import Row, Sql, as_time, as_time_or_none, as_uuid
from servicedesk.kernel.work import Work
from servicedesk.sla.clock.climbing import ClockKey
from servicedesk.sla.policy.ladders import Step
from servicedesk.sla.promises import Audience, Metric
from servicedesk.sla.records import read_kept
from servicedesk.sla.setup import load_ladders

_COLUMNS = (
    "id, ticket_id, metric, audience, instance, step, policy_id, policy_version, due_at, fired_at, "
    "suppressed_at, acknowledged_at"
)


@dataclass(frozen=True, slots=True)
class Escalation:
    """A step that fired. It is over once its clock ended first, or somebody acknowledged."""

    id: UUID
    ticket_id: UUID
    clock: ClockKey
    step: str
    policy: tuple[str, int]
    due_at: datetime
    fired_at: datetime
    suppressed_at: datetime | None
    acknowledged_at: datetime | None

    @property
    def is_over(self) -> bool:
        return self.suppressed_at is not None or self.acknowledged_at is not None


async def lock_escalation(sql: Sql, escalation_id: UUID) -> Escalation:
    """Lock and return the escalation; its ticket is locked first. Raises NotFound."""
    row = await sql.fetch_one(
        f"SELECT {_COLUMNS} FROM escalation WHERE id = $1 {sql.for_update}", escalation_id
    )
    if row is None:
        raise NotFound(f"There is no escalation {escalation_id}.")
    return _escalation(row)


async def is_moot(sql: Sql, escalation: Escalation) -> bool:
    """Has the clock ended since its step fired, so that nobody needs to hear of it any more?"""
    row = await sql.fetch_one(
        "SELECT record FROM ticket_clocks WHERE ticket_id = $1", escalation.ticket_id
    )
    live = [] if row is None else read_kept(row["record"]).clock_set.live()
    keys = [(one.promise.metric, one.promise.audience, one.instance) for one in live]
    return escalation.clock not in keys


async def suppress(work: Work, escalation: Escalation) -> None:
    """Note that the clock ended before anybody was told."""
    await work.sql.execute(
        "UPDATE escalation SET suppressed_at = $2 WHERE id = $1", escalation.id, work.now
    )
    payload = {"escalation_id": str(escalation.id), "step": escalation.step}
    work.record("escalation.suppressed", ticket_id=escalation.ticket_id, payload=payload)


async def find_step(sql: Sql, escalation: Escalation) -> Step | None:
    """Return the step as it was when it fired; None if its policy is gone."""
    ladder = (await load_ladders(sql, [escalation.policy]))[escalation.policy]
    return next((step for step in ladder if step.id == escalation.step), None)


async def add_notices(work: Work, escalation: Escalation, user_ids: Iterable[UUID]) -> list[UUID]:
    """Tell the users in the console, each once; return whom that was new to."""
    new = [
        user_id
        for user_id in sorted(set(user_ids))
        if await work.sql.insert(
            "escalation_notice",
            [
                {
                    "id": new_id(),
                    "escalation_id": escalation.id,
                    "user_id": user_id,
                    "ticket_id": escalation.ticket_id,
                    "created_at": work.now,
                }
            ],
            "ON CONFLICT DO NOTHING",
        )
    ]
    if new:
        payload = {
            "escalation_id": str(escalation.id),
            "step": escalation.step,
            "user_ids": [str(user_id) for user_id in new],
        }
        work.record("escalation.told", ticket_id=escalation.ticket_id, payload=payload)
    return new


async def acknowledge(database: Database, viewer: Viewer, escalation_id: UUID) -> Position:
    """Somebody who was told takes it up: nobody else is called. Twice is once. Raises NotFound."""
    async with database.work(user_actor(viewer.user_id)) as work:
        told = await work.sql.fetch_one(
            "SELECT id FROM escalation_notice WHERE escalation_id = $1 AND user_id = $2",
            escalation_id,
            viewer.user_id,
        )
        if told is None:
            raise NotFound("There is no such escalation that you were told of.")
        escalation = await lock_escalation(work.sql, escalation_id)
        await _see(work, escalation_id, viewer)
        if escalation.acknowledged_at is None:
            await work.sql.execute(
                "UPDATE escalation SET acknowledged_at = $2, acknowledged_by = $3 WHERE id = $1",
                escalation_id,
                work.now,
                viewer.user_id,
            )
            payload = {"escalation_id": str(escalation_id), "user_id": str(viewer.user_id)}
            work.record("escalation.acknowledged", ticket_id=escalation.ticket_id, payload=payload)
    return work.position


async def _see(work: Work, escalation_id: UUID, viewer: Viewer) -> None:
    await work.sql.execute(
        "UPDATE escalation_notice SET seen_at = $3 "
        "WHERE escalation_id = $1 AND user_id = $2 AND seen_at IS NULL",
        escalation_id,
        viewer.user_id,
        work.now,
    )


def _escalation(row: Row) -> Escalation:
    return Escalation(
        id=as_uuid(row["id"]),
        ticket_id=as_uuid(row["ticket_id"]),
        clock=(Metric(row["metric"]), Audience(row["audience"]), int(row["instance"])),
        step=row["step"],
        policy=(row["policy_id"], int(row["policy_version"])),
        due_at=as_time(row["due_at"]),
        fired_at=as_time(row["fired_at"]),
        suppressed_at=as_time_or_none(row["suppressed_at"]),
        acknowledged_at=as_time_or_none(row["acknowledged_at"]),
    )
