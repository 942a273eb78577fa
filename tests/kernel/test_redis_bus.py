"""Doorbells between processes, and a Redis that goes and comes back."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from structlog.testing import capture_logs

from servicedesk.kernel.bus import Topic
from servicedesk.kernel.redis_bus import open_redis_bus
from tests.services.processes import accepts_connections, free_port, running_process
from tests.services.redis_server import RedisServer
from tests.waiting import until

SOON = 10.0


@contextmanager
def redis_on(port: int, folder: Path) -> Iterator[str]:
    command = ["redis-server", "--port", str(port), "--dir", str(folder), "--save", ""]
    with running_process(
        "Redis",
        [*command, "--bind", "127.0.0.1"],
        folder / "log",
        lambda: accepts_connections(port),
    ):
        yield f"redis://127.0.0.1:{port}/0"


async def test_ring_reaches_other_processes_with_its_payload(redis_server: RedisServer) -> None:
    async with (
        open_redis_bus(redis_server.url, redis_server.key_prefix) as one,
        open_redis_bus(redis_server.url, redis_server.key_prefix) as other,
        other.listen(Topic.EPHEMERAL) as bell,
    ):
        assert await one.wait_until_connected(SOON)
        assert await other.wait_until_connected(SOON)
        bell.drain()
        await one.ring(Topic.EPHEMERAL, b"typing")
        while not (words := bell.drain()):
            assert await bell.wait(SOON)
        assert words == [b"typing"]


async def test_ringer_hears_its_own_ring_once(redis_server: RedisServer) -> None:
    async with (
        open_redis_bus(redis_server.url, redis_server.key_prefix) as one,
        open_redis_bus(redis_server.url, redis_server.key_prefix) as other,
        one.listen(Topic.EPHEMERAL) as bell,
    ):
        assert await one.wait_until_connected(SOON)
        assert await other.wait_until_connected(SOON)
        await one.ring(Topic.EPHEMERAL, b"mine")
        await other.ring(Topic.EPHEMERAL, b"last")
        heard: list[bytes] = []
        while b"last" not in heard:
            assert await bell.wait(SOON)
            heard += bell.drain()
        assert heard == [b"mine", b"last"]


async def test_topics_are_rung_apart(redis_server: RedisServer) -> None:
    async with (
        open_redis_bus(redis_server.url, redis_server.key_prefix) as one,
        open_redis_bus(redis_server.url, redis_server.key_prefix) as other,
    ):
        assert await one.wait_until_connected(SOON)
        assert await other.wait_until_connected(SOON)
        async with other.listen(Topic.OUTBOX) as outbox, other.listen(Topic.JOURNAL) as journal:
            await one.ring(Topic.JOURNAL)
            assert await journal.wait(SOON)
            assert not await outbox.wait(0)


async def test_bus_heals_and_rings_every_bell_after_redis_restarts(
    redis_server: RedisServer, tmp_path: Path
) -> None:
    port = free_port()
    async with open_redis_bus(f"redis://127.0.0.1:{port}/0") as bus:

        async def lost() -> bool:
            return not bus.connected

        with redis_on(port, tmp_path):
            assert await bus.wait_until_connected(SOON)
        async with bus.listen(Topic.JOURNAL) as bell:
            await until(lost)
            await bus.ring(Topic.OUTBOX)
            assert not await bell.wait(0)
            with redis_on(port, tmp_path):
                assert await bell.wait(SOON)
                assert bus.connected


async def test_ring_without_redis_still_rings_this_process() -> None:
    async with (
        open_redis_bus(f"redis://127.0.0.1:{free_port()}/0") as bus,
        bus.listen(Topic.OUTBOX) as bell,
    ):
        await bus.ring(Topic.OUTBOX)
        assert await bell.wait(0.1)


async def test_redis_away_is_said_once() -> None:
    with capture_logs() as lines:
        async with open_redis_bus(f"redis://127.0.0.1:{free_port()}/0") as bus:
            for _ in range(50):
                await bus.ring(Topic.JOURNAL)
            assert not await bus.wait_until_connected(0.8)
    assert [line["event"] for line in lines] == ["redis_away"]
