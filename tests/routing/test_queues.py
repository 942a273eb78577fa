"""Queues are checked where they are entered, and show what waits in them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from servicedesk.domain.actors import system_actor
from servicedesk.domain.errors import BadInput, NotFound, VersionMismatch
from servicedesk.domain.ids import TeamId, UserId
from servicedesk.domain.people import Role
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import as_time
from servicedesk.routing.queues import (
    NameTaken,
    NewQueue,
    QueueChanges,
    change_queue,
    create_queue,
    get_queue,
)
from servicedesk.routing.views import find_queue, load_queues
from tests.routing.rows import Desk

ADMIN = system_actor("test")


async def test_created_queue_shows_who_serves_it(desk: Desk) -> None:
    ana = await desk.agent(in_team=False)
    queue_id, position = await create_queue(
        desk.database, ADMIN, NewQueue(" Billing ", desk.team_id, (desk.team_id,), (ana,), 30)
    )
    queue = await find_queue(desk.database.sql, queue_id)
    assert queue is not None
    assert (queue.name, queue.team_id, queue.offer_seconds) == ("Billing", desk.team_id, 30)
    assert (queue.team_ids, queue.agent_ids, queue.version) == ([desk.team_id], [ana], 1)
    assert (await desk.entries())[-1].position == position


async def test_queue_shows_what_waits_is_offered_and_is_worked_on(desk: Desk) -> None:
    ana = await desk.agent()
    offered, oldest = await desk.order(), await desk.order()
    await desk.order()
    await desk.offer(offered, ana)
    (queue,) = await load_queues(desk.database.sql)
    assert (queue.waiting, queue.offered, queue.active_orders) == (2, 1, 0)
    row = await desk.row("work_order", oldest)
    assert queue.oldest_waiting_at == as_time(row["virtual_start"])


async def test_bad_input_is_refused_where_it_is_entered(desk: Desk) -> None:
    watcher = await desk.agent(role=Role.OBSERVER, available=False)
    good = NewQueue("Billing", desk.team_id)
    bad = {
        "name": replace(good, name="  "),
        "offer_seconds": replace(good, offer_seconds=2),
        "team_id": replace(good, team_id=TeamId(new_id())),
        "team_ids": replace(good, team_ids=(TeamId(new_id()),)),
        "agent_ids": replace(good, agent_ids=(watcher,)),
    }
    for path, queue in bad.items():
        with pytest.raises(BadInput) as refused:
            await create_queue(desk.database, ADMIN, queue)
        assert refused.value.facts["path"] == path
    with pytest.raises(NameTaken):
        await create_queue(desk.database, ADMIN, replace(good, name="Support"))
    assert len(await load_queues(desk.database.sql)) == 1


async def test_change_names_the_version_it_was_made_on(desk: Desk) -> None:
    changes = QueueChanges(name="First line", offer_seconds=20, agent_ids=())
    await change_queue(desk.database, ADMIN, desk.queue_id, 1, changes)
    facts = await get_queue(desk.database.sql, desk.queue_id)
    assert (facts.name, facts.offer_seconds, facts.version) == ("First line", 20, 2)
    with pytest.raises(VersionMismatch):
        await change_queue(desk.database, ADMIN, desk.queue_id, 1, changes)
    with pytest.raises(NotFound):
        await change_queue(desk.database, ADMIN, UserId(new_id()), 1, changes)


async def test_queue_that_changes_its_team_asks_for_its_tickets_to_follow(desk: Desk) -> None:
    other = TeamId(new_id())
    team = {"id": other, "name": "Second line", "created_at": await desk.database.now()}
    await desk.database.sql.insert("team", [team])
    await change_queue(desk.database, ADMIN, desk.queue_id, 1, QueueChanges(team_id=other))
    effect = await desk.database.sql.fetch_one("SELECT kind FROM effect")
    assert effect is not None
    assert effect["kind"] == "queue.team_changed"
