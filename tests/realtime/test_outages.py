"""The hub while its database is away, and several hubs over one Redis."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest_asyncio

from servicedesk.app.wiring import make_services
from servicedesk.desk.note import note
from servicedesk.kernel.bus import LocalBus, Topic
from servicedesk.kernel.config import Settings
from servicedesk.kernel.database import Database
from servicedesk.kernel.redis_bus import open_redis_bus
from servicedesk.realtime.connection import Connection
from servicedesk.realtime.heartbeat import Heartbeat
from servicedesk.realtime.hub import Hub
from servicedesk.realtime.protocol.client import MindKind, PresenceOfMind
from servicedesk.realtime.protocol.frames import CloseCode
from servicedesk.realtime.push import Push
from tests.databases import opened
from tests.fakes.proxy import CuttableProxy, cuttable
from tests.realtime.scenes import Scene, open_scene
from tests.realtime.served import Word
from tests.services.redis_server import RedisServer

SOON = 10.0
PATIENCE_SECONDS = 20.0


async def _hear(connection: Connection, word_type: str, kind: str) -> Word:
    """Return the next word of that type and kind."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            for text in await connection.take():
                word: Word = json.loads(text)
                if (word["type"], word.get("kind")) == (word_type, kind):
                    return word


def _console_of(scene: Scene, name: str) -> Connection:
    console = scene.consoles[name]
    return Connection(console.viewer, console.session_id)


@pytest_asyncio.fixture
async def proxy(postgres_settings: Settings) -> AsyncIterator[CuttableProxy]:
    async with cuttable(postgres_settings.database_url) as found:
        yield found


@pytest_asyncio.fixture
async def far_scene(
    postgres_settings: Settings, proxy: CuttableProxy, bus: LocalBus
) -> AsyncIterator[Scene]:
    """A scene whose database is behind a wire that can be cut."""
    url = proxy.url_through(postgres_settings.database_url)
    settings = postgres_settings.model_copy(update={"database_url": url, "database_connections": 3})
    async with (
        opened(settings, bus) as database,
        open_scene(make_services(settings, database, bus)) as scene,
    ):
        yield scene


async def test_consoles_stay_and_hear_on_after_the_database_was_away(
    far_scene: Scene, proxy: CuttableProxy
) -> None:
    scene = far_scene
    connection = _console_of(scene, "ana")
    async with scene.hub.running():
        await scene.hub.join(connection, None)
        await proxy.cut()
        await scene.services.bus.ring(Topic.JOURNAL)
        await proxy.start()
        await note(scene.database, scene.company.ana, scene.ticket_id, "We are back.")
        frame = await _hear(connection, "frame", "message")
    assert frame["data"]["text"] == "We are back."


class Quiet:
    """A console that says nothing; what it is sent waits in `sent`."""

    def __init__(self) -> None:
        self.sent: asyncio.Queue[str] = asyncio.Queue()

    async def send_text(self, text: str) -> None:
        await self.sent.put(text)

    async def receive_text(self) -> str:
        return await asyncio.Future()

    async def hear(self, word_type: str) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while json.loads(await self.sent.get())["type"] != word_type:
                pass


async def test_a_console_that_looks_at_a_ticket_is_pinged_on_while_the_database_is_away(
    far_scene: Scene, proxy: CuttableProxy
) -> None:
    scene, socket, connection = far_scene, Quiet(), _console_of(far_scene, "ana")
    heartbeat = Heartbeat(scene.database, scene.hub)
    push = Push(scene.database, scene.services.bus, scene.hub, heartbeat, ping_seconds=0.05)
    mind = PresenceOfMind(type="presence_of_mind", kind=MindKind.VIEWING, ticket_id=scene.ticket_id)
    talking = asyncio.create_task(push.run(socket, connection, None))
    await socket.hear("hello")
    await scene.hub.listen_to(connection, mind)
    await proxy.cut()
    for _ in range(3):
        await socket.hear("ping")
    connection.close(CloseCode.SESSION_ENDED)
    assert await talking is CloseCode.SESSION_ENDED
    await proxy.start()


async def test_two_web_processes_tell_their_consoles_of_each_others_stories_and_typing(
    postgres_settings: Settings, redis_server: RedisServer
) -> None:
    async with (
        open_redis_bus(redis_server.url, redis_server.key_prefix) as here,
        open_redis_bus(redis_server.url, redis_server.key_prefix) as there,
        opened(postgres_settings, here) as database,
        open_scene(make_services(postgres_settings, database, here)) as scene,
    ):
        assert await here.wait_until_connected(SOON)
        assert await there.wait_until_connected(SOON)
        await _exchange(scene, database, Hub(database, there))


async def _exchange(scene: Scene, database: Database, other_hub: Hub) -> None:
    """`ana`'s console is with the scene's hub, `ada`'s with the other one."""
    ana, ada = _console_of(scene, "ana"), _console_of(scene, "ada")
    mind = PresenceOfMind(type="presence_of_mind", kind=MindKind.TYPING, ticket_id=scene.ticket_id)
    async with scene.hub.running(), other_hub.running():
        await scene.hub.join(ana, None)
        await other_hub.join(ada, None)
        await scene.hub.listen_to(ana, mind)
        told = await _hear(ada, "ephemeral", "typing")
        written = await note(database, scene.company.ana, scene.ticket_id, "For all.")
        heard = [await _hear(connection, "frame", "message") for connection in (ana, ada)]
    assert told["user_id"] == str(scene.company.ana.user_id)
    (position,) = {frame["position"] for frame in heard}
    assert 0 < position <= written.position  # the clocks' entry comes after it
