"""One way to make each kind of journal entry happen: a story where there is one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from servicedesk.desk.contacts import ContactChanges, change_contact
from servicedesk.desk.delivery import record_receipt
from servicedesk.desk.inbox_changes import (
    InboxChanges,
    NewInbox,
    change_inbox,
    create_inbox,
)
from servicedesk.desk.lifecycle import TicketChanges, change_ticket
from servicedesk.desk.note import note
from servicedesk.desk.read import read_ticket
from servicedesk.desk.take import accept_offer, take_ticket
from servicedesk.domain.actors import system_actor
from servicedesk.domain.messages import ChannelKind, DeliveryState, Receipt
from servicedesk.domain.orders import DeclineReason
from servicedesk.domain.people import Role
from servicedesk.domain.presence import AwayReason, PresenceState
from servicedesk.domain.tickets import Priority, TicketStatus
from servicedesk.intake.quarantine import discard, retry
from servicedesk.kernel.outbox import claim_due
from servicedesk.kernel.sql import ids_of
from servicedesk.people.sessions import end_session
from servicedesk.people.teams import TeamChanges, change_team, create_team
from servicedesk.people.users import NewUser, UserChanges, change_user, create_user
from servicedesk.routing.offers import decline_offer, expire_offer
from servicedesk.routing.orders import cancel_order, live_order
from servicedesk.routing.presence import set_presence
from servicedesk.routing.queues import NewQueue, QueueChanges, change_queue, create_queue
from tests.realtime.happenings_mail import SORTING, STORMS, TEMPLATES
from tests.realtime.happenings_routing import DIVERSIONS, HELD_WORK, SETTINGS
from tests.realtime.happenings_sla import LADDERS, PROMISES
from tests.realtime.scenes import Scene, sign_in
from tests.stories.company import letter, post

Happening = Callable[[Scene], Awaitable[object]]


async def _change(scene: Scene, changes: TicketChanges) -> None:
    version = await scene.version("ticket", scene.ticket_id)
    await change_ticket(scene.database, scene.company.ada, scene.ticket_id, version, changes)


async def _arrive(scene: Scene) -> None:
    mail = letter("Another matter", "Hello.", sender="Kim <kim@contact.example>")
    await post(scene.services, scene.company.inbox, mail)


async def _write_again(scene: Scene) -> None:
    """While the ticket is held out to an agent, whose card shows the newest words."""
    await scene.offer_to(scene.company.ana)
    await scene.listen()
    row = await scene.database.sql.fetch_one(
        "SELECT external_id FROM message_reference WHERE ticket_id = $1", scene.ticket_id
    )
    assert row is not None
    mail = letter("Re: Refund", "Are you there?", In_Reply_To=f"<{row['external_id']}>")
    await post(scene.services, scene.company.inbox, mail)


async def _reply(scene: Scene) -> None:
    await scene.reply(scene.company.ana)


async def _deliver(scene: Scene, receipt: Receipt) -> None:
    await scene.reply(scene.company.ana)
    (claimed,) = await claim_due(scene.database, "test", 1, 60)
    await record_receipt(scene.database, claimed, receipt)


def _delivered(state: DeliveryState, *, again: bool = False) -> Happening:
    return lambda scene: _deliver(scene, Receipt(state, "said so", retry=again))


async def _take(scene: Scene) -> None:
    await take_ticket(scene.database, scene.ticket_id, scene.company.ana)


async def _hand_to_sales_and_back(scene: Scene) -> None:
    for viewer in (scene.company.zoe, scene.company.ana):
        await _change(scene, TicketChanges(assignee_id=viewer.user_id))


async def _release(scene: Scene) -> None:
    await _take(scene)
    await _change(scene, TicketChanges(assignee_id=None))


async def _solve(scene: Scene) -> None:
    await _change(scene, TicketChanges(status=TicketStatus.SOLVED))


async def _move(scene: Scene) -> None:
    await _change(scene, TicketChanges(queue_id=scene.company.sales_queue))


async def _cancel(scene: Scene) -> None:
    order = await live_order(scene.database.sql, scene.ticket_id)
    assert order is not None
    async with scene.database.work(system_actor("test")) as work:
        await cancel_order(work, order.id, "merged")


async def _read(scene: Scene) -> None:
    await read_ticket(scene.database, scene.company.ana, scene.ticket_id, 1)


async def _offer_to_sales(scene: Scene) -> None:
    await scene.offer_to(scene.company.zoe)


async def _accept(scene: Scene) -> None:
    offer_id = await scene.offer_to(scene.company.ana)
    await accept_offer(scene.database, offer_id, scene.company.ana)


async def _decline(scene: Scene) -> None:
    offer_id = await scene.offer_to(scene.company.zoe)
    user_id = scene.company.zoe.user_id
    await decline_offer(scene.database, offer_id, user_id, DeclineReason.BUSY, None)


async def _let_run_out(scene: Scene) -> None:
    offer_id = await scene.offer_to(scene.company.zoe)
    await scene.database.sql.execute(
        "UPDATE offer SET deadline = created_at WHERE id = $1", offer_id
    )
    async with scene.database.work(system_actor("router")) as work:
        assert await expire_offer(work, offer_id)


async def _take_back(scene: Scene) -> None:
    await scene.offer_to(scene.company.zoe)
    await _go_away(scene, scene.company.zoe)


async def _go_away(scene: Scene, viewer: object = None) -> None:
    user_id = getattr(viewer, "user_id", scene.company.ana.user_id)
    await set_presence(scene.database, user_id, PresenceState.AWAY, AwayReason.BREAK)


async def _hire(scene: Scene) -> None:
    new = NewUser(
        "Nia", "nia@acme.example", Role.AGENT, "four unrelated words",
        team_ids=(scene.company.sales,),
    )  # fmt: skip
    await create_user(scene.database, scene.ada, new)


async def _change_user(scene: Scene, changes: UserChanges) -> None:
    user_id = scene.company.ben.user_id
    version = await scene.version("app_user", user_id)
    await change_user(scene.database, scene.ada, user_id, version, changes)


async def _rename_answering_agent(scene: Scene) -> None:
    await scene.reply(scene.company.ana)
    await scene.listen()
    user_id = scene.company.ana.user_id
    version = await scene.version("app_user", user_id)
    await change_user(scene.database, scene.ada, user_id, version, UserChanges(name="Anabel"))


async def _form_team(scene: Scene) -> None:
    await create_team(scene.database, scene.ada, "Night", [scene.company.ben.user_id])


async def _change_team(scene: Scene) -> None:
    """Zoe joins Support: she sees its tickets now, and its people see her presence."""
    team_id = scene.company.support
    rows = await scene.database.sql.fetch(
        "SELECT user_id FROM team_member WHERE team_id = $1", team_id
    )
    members = (*ids_of(row["user_id"] for row in rows), scene.company.zoe.user_id)
    version = await scene.version("team", team_id)
    changes = TeamChanges(member_ids=members)
    await change_team(scene.database, scene.ada, team_id, version, changes)


async def _open_queue(scene: Scene) -> None:
    new = NewQueue("Night", scene.company.sales, team_ids=(scene.company.sales,))
    await create_queue(scene.database, scene.ada, new)


async def _change_queue(scene: Scene) -> None:
    queue_id = scene.company.support_queue
    version = await scene.version("queue", queue_id)
    changes = QueueChanges(name="Post", offer_seconds=60)
    await change_queue(scene.database, scene.ada, queue_id, version, changes)


async def _open_inbox(scene: Scene) -> None:
    new = NewInbox(ChannelKind.EMAIL, "Billing", "billing@acme.example", scene.company.sales_queue)
    await create_inbox(scene.database, scene.ada, new)


async def _change_inbox(scene: Scene) -> None:
    inbox_id = scene.company.inbox.id
    version = await scene.version("inbox", inbox_id)
    await change_inbox(scene.database, scene.ada, inbox_id, version, InboxChanges(name="Help"))


async def _rename_contact(scene: Scene) -> None:
    await scene.offer_to(scene.company.ana)
    await scene.listen()
    changes = ContactChanges(name="Lin Wei-Chen", time_zone="Asia/Shanghai")
    await change_contact(scene.database, scene.company.ana, await scene.contact_id(), changes)


async def _quarantine(scene: Scene) -> None:
    async with scene.database.work(system_actor("intake")) as work:
        payload = {
            "arrival_id": str(scene.ticket_id),
            "inbox_id": str(scene.company.inbox.id),
        }
        work.record("arrival.quarantined", payload=payload)


async def _suspend(scene: Scene) -> None:
    raw = letter("Out of office", Auto_Submitted="auto-replied").as_bytes()
    (arrival_id,) = await scene.services.intake.store([scene.company.inbox], raw, {})
    await scene.services.intake.admit(arrival_id)


async def _quarantined_arrival(scene: Scene) -> object:
    """An arrival as the parser's refusal leaves it."""
    raw = letter("Broken").as_bytes()
    (arrival_id,) = await scene.services.intake.store([scene.company.inbox], raw, {})
    await scene.database.sql.execute(
        "UPDATE arrival SET state = 'quarantined' WHERE id = $1", arrival_id
    )
    return arrival_id


async def _retry(scene: Scene) -> None:
    arrival_id = await _quarantined_arrival(scene)
    await retry(scene.database, scene.services.intake, scene.company.ada, arrival_id)  # type: ignore[arg-type]


async def _discard(scene: Scene) -> None:
    arrival_id = await _quarantined_arrival(scene)
    await discard(scene.database, scene.company.ada, arrival_id)  # type: ignore[arg-type]


async def _sign_in(scene: Scene) -> None:
    await sign_in(scene.database, scene.company.ben)


async def _end_session(scene: Scene, kind: str) -> None:
    ben = scene.company.ben
    _, session_id = await sign_in(scene.database, ben)
    async with scene.database.work(scene.ada) as work:
        await end_session(work, ben.user_id, session_id, kind)


async def _set_up(scene: Scene) -> None:
    """A desk is set up once, before anybody listens; the entry alone must do no harm."""
    async with scene.database.work(system_actor("setup")) as work:
        work.record("desk.set_up")


HAPPENINGS: Mapping[str, Mapping[str, Happening]] = {
    "tickets": {
        "ticket.opened": _arrive,
        "ticket.read": _read,
        "ticket.status_changed": _solve,
        "ticket.assigned": _hand_to_sales_and_back,
        "ticket.changed": lambda scene: _change(
            scene, TicketChanges(priority=Priority.URGENT, subject="Refund of order 7")
        ),
        "ticket.moved": _move,
    },
    "messages": {
        "message.received": _write_again,
        "message.queued": _reply,
        "message.noted": lambda scene: note(
            scene.database, scene.company.ana, scene.ticket_id, "A regular."
        ),
    },
    "deliveries": {
        "message.sent": _delivered(DeliveryState.SENT),
        "message.delayed": _delivered(DeliveryState.FAILED, again=True),
        "message.failed": _delivered(DeliveryState.FAILED),
        "message.unknown": _delivered(DeliveryState.UNKNOWN),
        "message.bounced": _delivered(DeliveryState.BOUNCED),
    },
    "orders": {
        "order.opened": _arrive,
        "order.returned": _release,
        "order.moved": _move,
        "order.finished": _solve,
    },
    "offers": {
        "offer.declined": _decline,
        "offer.timed_out": _let_run_out,
        "offer.rescinded": _take_back,
        "offer.made": _offer_to_sales,
    },
    "accepted offers": {"offer.accepted": _accept, "order.cancelled": _cancel},
    "presence and contacts": {
        "presence.changed": _go_away,
        "contact.created": _arrive,
        "contact.changed": _rename_contact,
    },
    "users": {
        "user.created": _hire,
        "user.changed": _rename_answering_agent,
        "user.deactivated": lambda scene: _change_user(scene, UserChanges(active=False)),
    },
    "teams": {"team.created": _form_team, "team.changed": _change_team},
    "places": {
        "queue.created": _open_queue,
        "queue.changed": _change_queue,
        "inbox.created": _open_inbox,
        "inbox.changed": _change_inbox,
    },
    "diversions": DIVERSIONS,
    "held work": HELD_WORK,
    "settings of routing": SETTINGS,
    "arrivals and sessions": {
        "arrival.quarantined": _quarantine,
        "arrival.suspended": _suspend,
        "arrival.retried": _retry,
        "arrival.discarded": _discard,
        "user.signed_in": _sign_in,
        "user.signed_out": lambda scene: _end_session(scene, "user.signed_out"),
        "session.revoked": lambda scene: _end_session(scene, "session.revoked"),
        "desk.set_up": _set_up,
    },
    "sorting": SORTING,
    "storms": STORMS,
    "templates": TEMPLATES,
    "promises": PROMISES,
    "ladders": LADDERS,
}
"""By family, each with a scene of its own; within a family one after the other."""
