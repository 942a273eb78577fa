"""One way to make each kind of entry that routing writes happen, beside offers and queues."""

from __future__ import annotations

from servicedesk.desk.effects import run_next
from servicedesk.desk.hand_on import force_ticket
from servicedesk.desk.sent_on import divert
from servicedesk.desk.take import take_ticket
from servicedesk.domain.actors import system_actor
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.orders import DivertCause, Stuck
from servicedesk.people.skills import create_skill
from servicedesk.routing.diversions import mark_stuck
from servicedesk.routing.engine.decisions import Divert
from servicedesk.routing.facts import Elsewhere, OrderFacts
from servicedesk.routing.orders import finish_order, keeps_working, live_order
from servicedesk.routing.presence_reasons import load_reasons, save_reasons
from servicedesk.routing.rule_store import save_table
from servicedesk.routing.skill_use import drop_skill
from tests.realtime.scenes import Scene
from tests.stories.company import letter, post


async def _order(scene: Scene) -> OrderFacts:
    order = await live_order(scene.database.sql, scene.ticket_id)
    assert order is not None
    return order


async def _make(scene: Scene, channel: ChannelKind) -> None:
    await scene.database.sql.execute(
        "UPDATE work_order SET channel = $2 WHERE ticket_id = $1", scene.ticket_id, channel
    )


async def _divert(scene: Scene) -> None:
    elsewhere = Elsewhere(overflow_to=scene.company.sales_queue)
    decision = Divert((await _order(scene)).id, DivertCause.STEP, 1, elsewhere)
    async with scene.database.work(system_actor("router")) as work:
        assert await divert(work, decision)


async def _offer_callback(scene: Scene) -> None:
    elsewhere = Elsewhere(offer_callback=True)
    decision = Divert((await _order(scene)).id, DivertCause.STEP, 1, elsewhere)
    async with scene.database.work(system_actor("router")) as work:
        assert await divert(work, decision)
    while await run_next(scene.database, scene.services.channels):
        pass


async def _mark(scene: Scene) -> None:
    order = await _order(scene)
    async with scene.database.work(system_actor("router")) as work:
        assert await mark_stuck(work, {order.id: Stuck.NOBODY_QUALIFIED}) == 1


async def _force(scene: Scene) -> None:
    ana = scene.company.ana.user_id
    await force_ticket(scene.database, scene.company.sam, scene.ticket_id, ana)


async def _interrupt(scene: Scene) -> None:
    """Ana writes a mail; then a call fills her."""
    await take_ticket(scene.database, scene.ticket_id, scene.company.ana)
    await post(scene.services, scene.company.inbox, letter("A call"))
    row = await scene.database.sql.fetch_one(
        "SELECT id FROM ticket WHERE id <> $1 ORDER BY number DESC LIMIT 1", scene.ticket_id
    )
    assert row is not None
    await scene.database.sql.execute(
        "UPDATE work_order SET channel = 'voice' WHERE ticket_id = $1", row["id"]
    )
    await take_ticket(scene.database, row["id"], scene.company.ana)


async def _end_call(scene: Scene) -> None:
    row = await scene.database.sql.fetch_one(
        "SELECT id FROM work_order WHERE channel = 'voice' AND state = 'active'"
    )
    assert row is not None
    async with scene.database.work(system_actor("test")) as work:
        await finish_order(work, row["id"], "solved")


async def _write_notes(scene: Scene) -> None:
    await scene.database.sql.execute("UPDATE queue SET wrap_up_seconds = 30")
    await _make(scene, ChannelKind.CHAT)
    order = await _order(scene)
    async with scene.database.work(system_actor("test")) as work:
        await finish_order(work, order.id, "solved")


async def _resume(scene: Scene) -> None:
    async with scene.database.work(system_actor("test")) as work:
        assert await keeps_working(work, scene.ticket_id)


async def _learn(scene: Scene) -> None:
    await create_skill(scene.database, scene.ada, "English")


async def _unlearn(scene: Scene) -> None:
    skill_id, _ = await create_skill(scene.database, scene.ada, "Latin")
    await drop_skill(scene.database, scene.ada, skill_id)


async def _save_rules(scene: Scene) -> None:
    await save_table(scene.database, scene.ada, 0, [])


async def _save_reasons(scene: Scene) -> None:
    await save_reasons(scene.database, scene.ada, await load_reasons(scene.database.sql))


DIVERSIONS = {
    "order.marked": _mark,
    "order.callback_offered": _offer_callback,
    "order.diverted": _divert,
}
HELD_WORK = {
    "order.held": _interrupt,
    "order.went_on": _end_call,
    "order.forced": _force,
    "order.wrapping_up": _write_notes,
    "order.resumed": _resume,
}
SETTINGS = {
    "skill.created": _learn,
    "skill.removed": _unlearn,
    "rules.changed": _save_rules,
    "reasons.changed": _save_reasons,
}
