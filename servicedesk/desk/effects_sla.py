"""What clocks ask of the desk: to do what a step of a ladder says, to call the next person, and to
look at open tickets again when what is promised has changed.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import assert_never
from uuid import UUID

from servicedesk.desk import clocks, lifecycle, take, tickets
from servicedesk.desk.notices import add_mail_notices
from servicedesk.desk.tags import add_tag
from servicedesk.desk.tickets import TicketFacts
from servicedesk.domain.errors import BadInput, NotFound
from servicedesk.domain.ids import QueueId, UserId
from servicedesk.domain.people import Role, ViewerWhy
from servicedesk.domain.tickets import Priority, TicketStatus
from servicedesk.kernel.effects import Effect
from servicedesk.kernel.sql import as_uuid, ids_of
from servicedesk.kernel.webhooks import add_webhooks
from servicedesk.kernel.work import NewEffect, Work
from servicedesk.people.directory import load_viewers
from servicedesk.people.viewers import add_viewer
from servicedesk.people.visibility import may_see
from servicedesk.sla.escalations import (
    Escalation,
    add_notices,
    find_step,
    is_moot,
    lock_escalation,
    suppress,
)
from servicedesk.sla.policy.ladders import (
    Action,
    AddTag,
    CallInTurn,
    CallWebhook,
    MoveToQueue,
    Notify,
    RaisePriority,
    Reassign,
    ToldGroup,
    Way,
)
from servicedesk.sla.questions import instant_text
from servicedesk.sla.setup import load_mark

PORTION = 50
SECOND_LOOK_SECONDS = 60
NOTICE = "sla.escalated"
CALL_NEXT = "sla.call_next"


async def escalate(work: Work, effect: Effect) -> None:
    """Do what the step says, unless its clock ended meanwhile. The ticket is locked first."""
    found = await _still_wanted(work, effect)
    if found is None:
        return
    escalation, ticket = found
    step = await find_step(work.sql, escalation)
    for place, action in enumerate(step.actions if step else ()):
        await _act(work, escalation, await tickets.lock_ticket(work.sql, ticket.id), action, place)
    await clocks.follow(work, ticket.id)


async def call_next(work: Work, effect: Effect) -> None:
    """Nobody acknowledged in time: tell the next on the list."""
    found = await _still_wanted(work, effect)
    if found is None or found[0].is_over:
        return
    escalation, ticket = found
    step = await find_step(work.sql, escalation)
    action = step.actions[int(effect.arguments["action"])] if step else None
    if isinstance(action, CallInTurn):
        place, person = int(effect.arguments["action"]), int(effect.arguments["person"])
        await _call(work, escalation, ticket, (action, place), person)


async def promise_anew(work: Work, effect: Effect, portion: int = PORTION) -> None:
    """Let the clocks of open tickets follow a new setup, a portion in each transaction.

    A story that began before the change may commit after we have passed its ticket: so all is
    looked at once more a while later. A newer change does the work of an older one.
    """
    revision = int(effect.arguments["revision"])
    if (await load_mark(work.sql)).revision > revision:
        return
    after = UUID(str(effect.arguments.get("after", UUID(int=0))))
    locking = "" if work.sql.on_sqlite else "FOR UPDATE OF t"
    rows = await work.sql.fetch(
        "SELECT t.id FROM ticket t LEFT JOIN ticket_clocks k ON k.ticket_id = t.id "
        "WHERE t.id > $1 AND t.status NOT IN ('solved', 'closed') "
        f"AND (k.revision IS NULL OR k.revision < $2) ORDER BY t.id LIMIT $3 {locking}",
        after,
        revision,
        portion,
    )
    ticket_ids = [as_uuid(row["id"]) for row in rows]
    await clocks.follow_unchanged(work, ticket_ids)
    await _go_on(work, effect, ticket_ids, portion)


async def _go_on(work: Work, effect: Effect, done: Sequence[UUID], portion: int) -> None:
    revision, again = int(effect.arguments["revision"]), bool(effect.arguments.get("again"))
    key = f"{effect.kind}:{revision}:{'again' if again else 'first'}"
    if len(done) == portion:
        arguments = {"revision": revision, "again": again, "after": str(done[-1])}
        await work.ask(effect.kind, f"{key}:{done[-1]}", arguments=arguments)
    elif not again:
        later = work.now + timedelta(seconds=SECOND_LOOK_SECONDS)
        arguments = {"revision": revision, "again": True}
        await work.ask_all(
            [NewEffect(effect.kind, f"{key}:again", arguments=arguments, due_at=later)]
        )


async def _still_wanted(work: Work, effect: Effect) -> tuple[Escalation, TicketFacts] | None:
    if effect.ticket_id is None:
        raise NotFound("The effect names no ticket.")
    ticket = await tickets.lock_ticket(work.sql, effect.ticket_id)
    escalation = await lock_escalation(work.sql, UUID(str(effect.arguments["escalation_id"])))
    if await is_moot(work.sql, escalation):
        if not escalation.is_over:
            await suppress(work, escalation)
        return None
    return escalation, ticket


async def _act(
    work: Work, escalation: Escalation, ticket: TicketFacts, action: Action, place: int
) -> None:
    match action:
        case Notify():
            users = await _users_told(work, ticket, action)
            await _tell(work, escalation, ticket, users, action.ways)
        case CallInTurn():
            await _call(work, escalation, ticket, (action, place), 0)
        case RaisePriority():
            await _raise_priority(work, ticket, action.to)
        case MoveToQueue():
            await _move(work, ticket, QueueId(action.queue_id))
        case Reassign():
            await _reassign(work, ticket, action.user_id)
        case AddTag():
            await add_tag(work, ticket.id, action.tag)
        case CallWebhook():
            await _call_webhook(work, escalation, ticket, action, place)
        case _:
            assert_never(action)


async def _raise_priority(work: Work, ticket: TicketFacts, to: Priority | None) -> None:
    raised = min(ticket.priority + 1, max(Priority)) if to is None else to
    if raised > ticket.priority:
        changes = lifecycle.TicketChanges(priority=Priority(raised))
        await lifecycle.change_words(work, ticket, changes)


async def _move(work: Work, ticket: TicketFacts, queue_id: QueueId) -> None:
    """Move it unless it is there already. A queue that was switched off since takes nothing."""
    if ticket.queue_id == queue_id or ticket.status is TicketStatus.CLOSED:
        return
    try:
        await lifecycle.move_to_queue(work, ticket, queue_id)
    except (BadInput, NotFound):
        _record_refused(work, ticket, "queue_gone")


async def _reassign(work: Work, ticket: TicketFacts, user_id: UUID | None) -> None:
    if ticket.status is TicketStatus.CLOSED:
        return
    try:
        await take.hand_to(work, ticket, None if user_id is None else UserId(user_id))
    except BadInput:
        _record_refused(work, ticket, "user_gone")


def _record_refused(work: Work, ticket: TicketFacts, reason: str) -> None:
    work.record("escalation.refused", ticket_id=ticket.id, payload={"reason": reason})


async def _call_webhook(
    work: Work, escalation: Escalation, ticket: TicketFacts, action: CallWebhook, place: int
) -> None:
    body = {"kind": NOTICE, "ticket_number": ticket.number, **_facts(escalation)}
    await add_webhooks(work, f"{NOTICE}:{escalation.id}:{place}", [action.url], body)


async def _call(
    work: Work,
    escalation: Escalation,
    ticket: TicketFacts,
    action: tuple[CallInTurn, int],
    person: int,
) -> None:
    """Tell the first from `person` on who is still here; nobody waits for the others."""
    calling, place = action
    present = await load_viewers(work.sql, calling.user_ids)
    here = [one for one, user_id in enumerate(calling.user_ids) if user_id in present]
    here = [one for one in here if one >= person]
    if person == 0 or here:
        await _tell(
            work, escalation, ticket, [calling.user_ids[one] for one in here[:1]], calling.ways
        )
    if len(here) < 2:
        return
    following = NewEffect(
        CALL_NEXT,
        f"{CALL_NEXT}:{escalation.id}:{place}:{here[1]}",
        ticket_id=ticket.id,
        arguments={"escalation_id": str(escalation.id), "action": place, "person": here[1]},
        due_at=work.now + timedelta(seconds=calling.wait_seconds),
    )
    await work.ask_all([following])


async def _tell(
    work: Work,
    escalation: Escalation,
    ticket: TicketFacts,
    user_ids: Sequence[UUID],
    ways: Sequence[Way],
) -> None:
    """Tell those who are still here, or who stands in for them; whoever would not see the ticket
    otherwise may see it now."""
    viewers = await load_viewers(work.sql, user_ids)
    if not viewers:
        _record_refused(work, ticket, "nobody_to_tell")
        viewers = await load_viewers(work.sql, await _standing_in(work, ticket))
    for viewer in viewers.values():
        if not may_see(viewer, ticket.team_id, personally=False):
            await add_viewer(work.sql, ticket.id, viewer.user_id, ViewerWhy.MENTIONED)
    if Way.CONSOLE in ways:
        await add_notices(work, escalation, viewers)
    if Way.EMAIL in ways:
        arguments = {"id": str(escalation.id), **_facts(escalation)}
        await add_mail_notices(work, NOTICE, viewers, ticket.id, arguments)


async def _users_told(work: Work, ticket: TicketFacts, action: Notify) -> list[UUID]:
    users = list(action.user_ids)
    if ToldGroup.ASSIGNEE in action.groups and ticket.assignee_id is not None:
        users.append(ticket.assignee_id)
    roles = [
        role
        for group, role in ((ToldGroup.TEAM, Role.AGENT), (ToldGroup.SUPERVISORS, Role.SUPERVISOR))
        if group in action.groups
    ]
    return [*users, *await _members(work, ticket, roles)] if roles else users


async def _members(work: Work, ticket: TicketFacts, roles: Sequence[Role]) -> list[UUID]:
    """Return the active users of these roles in the ticket's team."""
    rows = await work.sql.fetch(
        "SELECT u.id FROM app_user u JOIN team_member m ON m.user_id = u.id "
        f"WHERE m.team_id = $1 AND u.active AND {work.sql.member('u.role', 2)} ORDER BY u.id",
        ticket.team_id,
        [role.value for role in roles],
    )
    return ids_of(row["id"] for row in rows)


async def _standing_in(work: Work, ticket: TicketFacts) -> list[UUID]:
    """An escalation is never silent: the team's supervisors hear it, else the administrators."""
    supervisors = await _members(work, ticket, [Role.SUPERVISOR])
    if supervisors:
        return supervisors
    rows = await work.sql.fetch(
        "SELECT id FROM app_user WHERE active AND role = $1 ORDER BY id", Role.ADMINISTRATOR.value
    )
    return ids_of(row["id"] for row in rows)


def _facts(escalation: Escalation) -> dict[str, object]:
    metric, audience, instance = escalation.clock
    return {
        "escalation_id": str(escalation.id),
        "ticket_id": str(escalation.ticket_id),
        "metric": metric.value,
        "audience": audience.value,
        "instance": instance,
        "step": escalation.step,
        "due_at": instant_text(escalation.due_at),
        "fired_at": instant_text(escalation.fired_at),
    }
