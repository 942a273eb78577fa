"""What goes wrong in an unforeseen way ends neither the hub nor the heartbeat."""

from __future__ import annotations

import asyncio
import json

import httpx2
import structlog

from servicedesk.desk.note import note
from servicedesk.kernel import journal
from servicedesk.kernel.bus import Topic
from servicedesk.realtime.connection import Connection
from servicedesk.realtime.heartbeat import Heartbeat
from servicedesk.realtime.hub import Hub
from servicedesk.realtime.push import Push
from tests.api.offices import client_of
from tests.realtime.scenes import Scene
from tests.waiting import until


def _connection(scene: Scene, name: str) -> Connection:
    console = scene.consoles[name]
    return Connection(console.viewer, console.session_id)


async def _hear_message(connection: Connection, text: str) -> None:
    async with asyncio.timeout(10):
        while not any(text in heard for heard in await connection.take()):
            pass


async def test_the_hub_goes_on_after_a_failure_nobody_foresaw(sqlite_scene: Scene) -> None:
    scene, sql = sqlite_scene, sqlite_scene.database.sql
    connection = _connection(scene, "ana")
    async with scene.hub.running():
        await scene.hub.join(connection, None)
        with structlog.testing.capture_logs() as logged:
            await sql.execute("ALTER TABLE journal RENAME TO mislaid")
            await scene.services.bus.ring(Topic.JOURNAL)

            async def failed() -> bool:
                return "realtime could not follow the journal" in {it["event"] for it in logged}

            await until(failed)
        await sql.execute("ALTER TABLE mislaid RENAME TO journal")
        assert scene.hub.is_following
        await note(scene.database, scene.company.ana, scene.ticket_id, "We are back.")
        await _hear_message(connection, "We are back.")


async def test_a_console_comes_back_past_a_row_that_cannot_be_shown(sqlite_scene: Scene) -> None:
    scene = sqlite_scene
    seen = await journal.head(scene.database.sql)
    await note(scene.database, scene.company.ana, scene.ticket_id, "Missed.")
    await scene.database.sql.execute(
        "UPDATE ticket SET status = 'broken' WHERE id = $1", scene.ticket_id
    )
    await scene.hub.sweep()
    connection = _connection(scene, "ada")
    joining = asyncio.create_task(scene.hub.join(connection, seen))
    words = [json.loads(text)["type"] for text in await connection.take()]
    while "resync" not in words:
        words += [json.loads(text)["type"] for text in await connection.take()]
    await joining
    assert words == ["hello", "resync"]
    assert connection.close_code is None


class OddHub(Hub):
    """Fails in a way nobody foresaw whenever it is asked who is connected."""

    asked = 0

    @property
    def connections(self) -> list[Connection]:
        self.asked += 1
        raise ZeroDivisionError


async def test_the_heart_beats_on_after_a_beat_that_failed(sqlite_scene: Scene) -> None:
    scene = sqlite_scene
    hub = OddHub(scene.database, scene.services.bus)

    async def asked_again() -> bool:
        return hub.asked > 1

    async with Heartbeat(scene.database, hub, beat_seconds=0.001).running():
        await until(asked_again)


async def test_a_process_whose_hub_does_not_follow_the_journal_is_not_ready(
    sqlite_scene: Scene,
) -> None:
    scene = sqlite_scene
    heartbeat = Heartbeat(scene.database, scene.hub)
    scene.app.state.push = Push(scene.database, scene.services.bus, scene.hub, heartbeat)
    async with client_of(scene.app) as stranger:
        before = await _readiness(stranger)
        async with scene.hub.running():
            during = await _readiness(stranger)
    assert (before, during) == (503, 200)


async def _readiness(client: httpx2.AsyncClient) -> int:
    return (await client.get("/readyz")).status_code
