"""How each kind of journal entry about promises comes about, one after the other on one ticket."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from servicedesk.desk.clocks import follow
from servicedesk.desk.effects import run_next
from servicedesk.desk.lifecycle import TicketChanges, change_ticket
from servicedesk.domain.actors import system_actor
from servicedesk.domain.tickets import Priority, TicketStatus
from servicedesk.kernel.sql import as_uuid
from servicedesk.routing.calendar_use import drop_calendar
from servicedesk.sla import escalate
from servicedesk.sla.calendar.reading import CalendarDocument
from servicedesk.sla.calendars import (
    CALENDARS,
    CalendarChanges,
    NewCalendar,
    change_calendar,
    create_calendar,
)
from servicedesk.sla.escalations import acknowledge
from servicedesk.sla.policies import (
    POLICIES,
    PolicyChanges,
    archive_policy,
    change_policy,
    create_policy,
    order_policies,
)
from servicedesk.sla.policy.documents import PolicyDocument, read_document
from tests.realtime.scenes import Scene
from tests.stories.company import letter, post

ALWAYS = CalendarDocument.model_validate(
    {"time_zone": "Etc/UTC", "week": {"mon": [("00:00", "24:00")]}}
)
TARGETS = {"first_reply": 3_600, "next_reply": 3_600, "requester_wait": 36_000}


def _document(scene: Scene, factor: int = 1) -> PolicyDocument:
    """Urgent tickets have half the time; a breach tells Sam."""
    sam = {"do": "notify", "user_ids": [str(scene.company.sam.user_id)], "ways": ["console"]}
    return read_document(
        {
            "targets": [
                {
                    "metric": metric,
                    "priority": priority,
                    "seconds": factor * seconds // (2 if priority == Priority.URGENT else 1),
                    "counting": "calendar_time",
                }
                for metric, seconds in TARGETS.items()
                for priority in Priority
            ],
            "ladder": [{"id": "due", "offset_seconds": 0, "actions": [sam]}],
        }
    )


async def _run_effects(scene: Scene) -> None:
    while await run_next(scene.database, scene.services.channels):
        pass


async def _create_policy(scene: Scene) -> None:
    await create_policy(scene.database, scene.ada, "Gold", _document(scene))


async def _wait_for_long(scene: Scene) -> None:
    """The contact has waited for two hours when the clocks see the ticket: all is due at once."""
    async with scene.database.work(system_actor("test")) as work:
        await work.sql.execute("DELETE FROM ticket_clocks WHERE ticket_id = $1", scene.ticket_id)
        await work.sql.execute(
            "UPDATE ticket SET waiting_since = $2 WHERE id = $1",
            scene.ticket_id,
            work.now - timedelta(hours=2),
        )
        await follow(work, scene.ticket_id)


async def _fire(scene: Scene) -> None:
    assert await escalate.fire_due(scene.database) == 1


async def _escalation_id(scene: Scene) -> UUID:
    row = await scene.database.sql.fetch_one("SELECT id FROM escalation ORDER BY fired_at LIMIT 1")
    assert row is not None
    return as_uuid(row["id"])


async def _acknowledge(scene: Scene) -> None:
    await acknowledge(scene.database, scene.company.sam, await _escalation_id(scene))


async def _answer(scene: Scene) -> None:
    await scene.reply(scene.company.ana)


async def _escalate(scene: Scene) -> None:
    await _run_effects(scene)
    await _wait_for_long(scene)
    await _fire(scene)


async def _suppress(scene: Scene) -> None:
    """Answered after the breach, and before anybody could be told."""
    await _answer(scene)
    await _run_effects(scene)


async def _write(scene: Scene) -> None:
    row = await scene.database.sql.fetch_one(
        "SELECT external_id FROM message_reference WHERE ticket_id = $1", scene.ticket_id
    )
    assert row is not None
    mail = letter("Re: Refund", "Hello?", In_Reply_To=f"<{row['external_id']}>")
    await post(scene.services, scene.company.inbox, mail)


async def _solve_unanswered(scene: Scene) -> None:
    await _write(scene)
    await _set(scene, TicketChanges(status=TicketStatus.SOLVED))


async def _set(scene: Scene, changes: TicketChanges) -> None:
    version = await scene.version("ticket", scene.ticket_id)
    await change_ticket(scene.database, scene.company.ada, scene.ticket_id, version, changes)


async def _change_policy(scene: Scene) -> None:
    await _create_policy(scene)
    (policy,) = await POLICIES.load_all(scene.database.sql)
    changes = PolicyChanges(document=_document(scene, factor=2))
    await change_policy(scene.database, scene.ada, policy.id, policy.version, changes)


async def _order_policies(scene: Scene) -> None:
    ids = [policy.id for policy in await POLICIES.load_all(scene.database.sql)]
    await order_policies(scene.database, scene.ada, ids)


async def _create_calendar(scene: Scene) -> None:
    await create_calendar(scene.database, scene.ada, NewCalendar("Mondays", ALWAYS))


async def _change_calendar(scene: Scene) -> None:
    (calendar,) = await CALENDARS.load_all(scene.database.sql)
    changes = CalendarChanges(is_default=True)
    await change_calendar(scene.database, scene.ada, calendar.id, calendar.version, changes)


async def _archive_policy(scene: Scene) -> None:
    policy, *_ = await POLICIES.load_all(scene.database.sql)
    off = PolicyChanges(active=False)
    await change_policy(scene.database, scene.ada, policy.id, policy.version, off)
    await archive_policy(scene.database, scene.ada, policy.id, policy.version + 1)


async def _archive_calendar(scene: Scene) -> None:
    new = NewCalendar("Tuesdays", ALWAYS)
    calendar_id, _ = await create_calendar(scene.database, scene.ada, new)
    await drop_calendar(scene.database, scene.ada, calendar_id, 1)


async def _refuse(scene: Scene) -> None:
    """A step names a queue that was switched off since."""
    async with scene.database.work(system_actor("effects")) as work:
        payload = {"reason": "queue_gone"}
        work.record("escalation.refused", ticket_id=scene.ticket_id, payload=payload)


async def _park(scene: Scene) -> None:
    """Nobody can read what its clocks remember; then somebody mends it."""
    row = await scene.database.sql.fetch_one(
        "SELECT record FROM ticket_clocks WHERE ticket_id = $1", scene.ticket_id
    )
    assert row is not None
    await _remember(scene, "{}")
    await _fire(scene)
    await _remember(scene, row["record"])


async def _remember(scene: Scene, record: str) -> None:
    await scene.database.sql.execute(
        "UPDATE ticket_clocks SET record = $2, next_at = $3 WHERE ticket_id = $1",
        scene.ticket_id,
        record,
        await scene.database.now() - timedelta(hours=1),
    )


PROMISES = {
    "policy.created": _create_policy,
    "clocks.told": _run_effects,
    "clock.started": _wait_for_long,
    "clock.breached": _fire,
    "escalation.told": _run_effects,
    "escalation.acknowledged": _acknowledge,
    "clock.retargeted": lambda scene: _set(scene, TicketChanges(priority=Priority.URGENT)),
    "clock.late": _answer,
    "clock.paused": lambda scene: _set(scene, TicketChanges(status=TicketStatus.PENDING)),
    "clock.resumed": lambda scene: _set(scene, TicketChanges(status=TicketStatus.OPEN)),
    "clock.met": lambda scene: _set(scene, TicketChanges(status=TicketStatus.SOLVED)),
    "order.due_changed": _write,
    "clock.cancelled": _solve_unanswered,
}
LADDERS = {
    "policy.changed": _change_policy,
    "clock.escalated": _escalate,
    "escalation.suppressed": _suppress,
    "policy.ordered": _order_policies,
    "calendar.created": _create_calendar,
    "calendar.changed": _change_calendar,
    "calendar.archived": _archive_calendar,
    "policy.archived": _archive_policy,
    "escalation.refused": _refuse,
    "clock.parked": _park,
}
