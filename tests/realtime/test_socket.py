"""The socket as a browser has it: a real server, a real client."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from websockets.exceptions import ConnectionClosed

from servicedesk.desk.note import note
from servicedesk.domain.presence import PresenceState
from servicedesk.people.sessions import end_session
from servicedesk.realtime.connection import MOST_WAITING
from servicedesk.realtime.protocol.frames import CloseCode
from servicedesk.routing.presence import set_presence
from tests.realtime.scenes import Scene, sign_in
from tests.realtime.served import Served, hear, serve
from tests.waiting import until


@pytest_asyncio.fixture
async def served(scene: Scene) -> AsyncIterator[Served]:
    async with serve(scene.services) as running:
        yield running


@pytest_asyncio.fixture
async def sqlite_served(sqlite_scene: Scene) -> AsyncIterator[Served]:
    async with serve(sqlite_scene.services) as running:
        yield running


async def _close_code(opened: object) -> int:
    with pytest.raises(ConnectionClosed) as closed:
        await hear(opened, "never")  # type: ignore[arg-type]
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code


async def test_a_note_reaches_the_screens_of_the_team_at_once(scene: Scene, served: Served) -> None:
    token, _ = await sign_in(scene.database, scene.company.sam)
    async with served.socket(token) as opened:
        hello = await hear(opened, "hello")
        assert hello["user_id"] == str(scene.company.sam.user_id)
        assert hello["resumed"] is False
        started_at = time.perf_counter()
        written = await note(scene.database, scene.company.ana, scene.ticket_id, "Look here.")
        frame = await hear(opened, "frame", "message")
        milliseconds = (time.perf_counter() - started_at) * 1_000
    assert frame["data"]["text"] == "Look here."
    assert 0 < frame["position"] <= written.position  # the clocks' entry comes after it
    print(f"story begun -> frame on a socket: {milliseconds:.1f} ms")  # noqa: T201


async def test_a_console_that_comes_back_with_its_position_gets_what_it_missed(
    scene: Scene, served: Served
) -> None:
    token, _ = await sign_in(scene.database, scene.company.sam)
    async with served.socket(token) as opened:
        position = (await hear(opened, "hello"))["position"]
    await note(scene.database, scene.company.ana, scene.ticket_id, "While you were away.")
    async with served.socket(token, position=position) as opened:
        assert (await hear(opened, "hello"))["resumed"] is True
        frame = await hear(opened, "frame", "message")
    assert frame["data"]["text"] == "While you were away."


async def test_who_may_not_see_it_only_learns_that_the_journal_moved_on(
    sqlite_scene: Scene, sqlite_served: Served
) -> None:
    scene = sqlite_scene
    token, _ = await sign_in(scene.database, scene.company.zoe)
    async with sqlite_served.socket(token) as opened:
        await hear(opened, "hello")
        written = await note(scene.database, scene.company.ana, scene.ticket_id, "Not for Sales.")
        word = json.loads(await opened.recv())
    assert (word["type"], word["kind"], word["data"]) == ("frame", "position", {})
    assert word["position"] == written.position


@pytest.mark.parametrize(
    ("origin", "code"),
    [
        ("http://evil.example", CloseCode.WRONG_ORIGIN),
        ("null", CloseCode.WRONG_ORIGIN),
        (None, CloseCode.WRONG_ORIGIN),
    ],
)
async def test_a_page_of_another_site_is_turned_away(
    sqlite_scene: Scene, sqlite_served: Served, origin: str | None, code: CloseCode
) -> None:
    token, _ = await sign_in(sqlite_scene.database, sqlite_scene.company.ana)
    async with sqlite_served.socket(token, origin=origin) as opened:
        assert await _close_code(opened) == code


async def test_without_a_session_the_socket_is_closed_with_the_reason(
    sqlite_served: Served,
) -> None:
    async with sqlite_served.socket("no-such-token") as opened:
        assert await _close_code(opened) == CloseCode.SESSION_ENDED


async def test_a_revoked_session_is_cut_off_with_the_reason(scene: Scene, served: Served) -> None:
    token, session_id = await sign_in(scene.database, scene.company.ana)
    async with served.socket(token) as opened:
        await hear(opened, "hello")
        async with scene.database.work(scene.ada) as work:
            await end_session(work, scene.company.ana.user_id, session_id, "session.revoked")
        assert await _close_code(opened) == CloseCode.SESSION_ENDED


async def test_a_slow_console_is_cut_off_and_the_others_are_not(
    sqlite_scene: Scene, sqlite_served: Served
) -> None:
    scene = sqlite_scene
    slow_token, slow_session = await sign_in(scene.database, scene.company.ana)
    token, _ = await sign_in(scene.database, scene.company.sam)
    async with sqlite_served.socket(slow_token) as slow, sqlite_served.socket(token) as opened:
        await hear(slow, "hello")
        await hear(opened, "hello")
        (connection,) = [
            known
            for known in sqlite_served.push.hub.connections
            if known.session_id == slow_session
        ]
        for _ in range(MOST_WAITING + 1):
            connection.push('{"type":"filler"}')
        assert await _close_code(slow) == CloseCode.TOO_SLOW
        await note(scene.database, scene.company.ana, scene.ticket_id, "Still here.")
        assert (await hear(opened, "frame", "message"))["data"]["text"] == "Still here."


async def test_typing_travels_from_socket_to_socket(
    sqlite_scene: Scene, sqlite_served: Served
) -> None:
    scene = sqlite_scene
    ana, _ = await sign_in(scene.database, scene.company.ana)
    sam, _ = await sign_in(scene.database, scene.company.sam)
    mind = {"type": "presence_of_mind", "kind": "viewing", "ticket_id": str(scene.ticket_id)}
    async with sqlite_served.socket(sam) as watching:
        await hear(watching, "hello")
        async with sqlite_served.socket(ana) as opened:
            await hear(opened, "hello")
            await opened.send("not even json")
            await opened.send(json.dumps(mind))
            assert (await hear(watching, "ephemeral", "viewing"))["user_id"] == str(
                scene.company.ana.user_id
            )
        assert (await hear(watching, "ephemeral", "gone"))["ticket_id"] == str(scene.ticket_id)


async def test_a_connected_console_keeps_its_agents_presence(scene: Scene, served: Served) -> None:
    ana = scene.company.ana
    token, _ = await sign_in(scene.database, ana)
    await set_presence(scene.database, ana.user_id, PresenceState.AVAILABLE, None)
    expected_until = "SELECT lost_at FROM presence WHERE user_id = $1"
    async with served.socket(token) as opened:
        await hear(opened, "hello")
        await scene.database.sql.execute(
            "UPDATE presence SET lost_at = since WHERE user_id = $1", ana.user_id
        )
        before = await scene.database.sql.fetch_one(expected_until, ana.user_id)
        await served.push.heartbeat.tell(check_sessions=True)
        after = await scene.database.sql.fetch_one(expected_until, ana.user_id)
    assert before is not None
    assert after is not None
    assert after["lost_at"] > before["lost_at"]


async def test_a_console_that_stops_reading_does_not_hold_its_socket_open(
    sqlite_scene: Scene, sqlite_served: Served
) -> None:
    token, _ = await sign_in(sqlite_scene.database, sqlite_scene.company.ana)
    hub = sqlite_served.push.hub
    async with sqlite_served.socket(token) as opened:
        await hear(opened, "hello")
        opened.transport.pause_reading()
        (connection,) = hub.connections
        while connection.close_code is None:
            connection.push("x" * 100_000)
            await asyncio.sleep(0)

        async def is_gone() -> bool:
            return not hub.connections

        await until(is_gone)
        opened.transport.abort()
    assert connection.close_code is CloseCode.TOO_SLOW
