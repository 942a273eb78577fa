"""The bus of many processes: doorbells over Redis publish/subscribe.

    away ──subscribed──▶ connected ──lost or silent──▶ away ──wait──▶ …

Ringing never waits and never fails: bells of this process ring at once, the others through a queue
that a task of its own publishes. Whatever got lost while Redis was away costs latency only, since
each (re)connection rings every bell and every sleeper looks by itself now and then.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any

import structlog
from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from servicedesk.kernel.backoff import delay_seconds
from servicedesk.kernel.bus import Bell, LocalBus, Topic
from servicedesk.kernel.ids import new_id

CHANNEL_PREFIX = "servicedesk:bell:"
MOST_RINGS_WAITING = 10_000
PATIENCE_SECONDS = 2.0  # for one command
SILENCE_SECONDS = 5.0  # then we ask whether Redis is still there
FIRST_WAIT_SECONDS = 0.1
LONGEST_WAIT_SECONDS = 2.0
AWAY = (RedisError, OSError, TimeoutError)
SENDER_BYTES = 16

log = structlog.get_logger(__name__)


class RedisBus:
    """Open one with `open_redis_bus`. `connected` tells whether rings of others arrive."""

    def __init__(self, url: str, prefix: str = CHANNEL_PREFIX) -> None:
        self._redis = _client(url)
        self._prefix = prefix
        self._local = LocalBus()
        self._own_id = new_id().bytes
        self._waiting: asyncio.Queue[tuple[Topic, bytes]] = asyncio.Queue(MOST_RINGS_WAITING)
        self._tasks: list[asyncio.Task[None]] = []
        self._subscribed = asyncio.Event()

    @property
    def connected(self) -> bool:
        return self._subscribed.is_set()

    def start(self) -> None:
        self._tasks = [
            asyncio.create_task(self._listen_for_ever(), name="redis-bus-listen"),
            asyncio.create_task(self._publish_for_ever(), name="redis-bus-publish"),
        ]

    async def wait_until_connected(self, timeout_seconds: float) -> bool:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._subscribed.wait(), timeout_seconds)
        return self.connected

    async def ring(self, topic: Topic, payload: bytes = b"") -> None:
        self._local.deliver(topic, payload)
        with suppress(asyncio.QueueFull):  # nobody is the poorer: reconnecting rings all bells
            self._waiting.put_nowait((topic, payload))

    def listen(self, *topics: Topic) -> AbstractAsyncContextManager[Bell]:
        return self._local.listen(*topics)

    async def close(self) -> None:
        """Publish what still waits, if that goes at once, and let go."""
        with suppress(*AWAY):
            while not self._waiting.empty() and self.connected:
                await self._publish(self._waiting.get_nowait())
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._redis.aclose()

    async def _publish_for_ever(self) -> None:
        while True:
            rung = await self._waiting.get()
            if not self.connected:
                continue
            with suppress(*AWAY):  # the listener notices, says so and heals
                await self._publish(rung)

    async def _publish(self, rung: tuple[Topic, bytes]) -> None:
        topic, payload = rung
        await self._redis.publish(self._prefix + topic, self._own_id + payload)

    async def _listen_for_ever(self) -> None:
        failures = 0
        while True:
            try:
                async with self._subscription() as subscription:
                    failures = 0
                    await self._deliver_all(subscription)
            except AWAY as error:
                if failures == 0:
                    log.warning("redis_away", error=type(error).__name__)
                failures += 1
                await asyncio.sleep(
                    delay_seconds(
                        failures,
                        first_seconds=FIRST_WAIT_SECONDS,
                        longest_seconds=LONGEST_WAIT_SECONDS,
                    )
                )

    @asynccontextmanager
    async def _subscription(self) -> AsyncIterator[PubSub]:
        """Subscribe to every topic; once Redis confirmed it, ring every bell here."""
        async with self._redis.pubsub() as subscription:
            names = [self._prefix + topic for topic in Topic]
            await subscription.subscribe(*names)
            for _ in names:
                if await subscription.get_message(timeout=PATIENCE_SECONDS) is None:
                    raise TimeoutError("Redis does not confirm the subscription")
            self._subscribed.set()
            log.info("redis_connected")
            self._local.ring_all()
            try:
                yield subscription
            finally:
                self._subscribed.clear()

    async def _deliver_all(self, subscription: PubSub) -> None:
        """Deliver until the connection fails; after a silence, a ping must be answered."""
        asked = False
        while True:
            message = await subscription.get_message(timeout=SILENCE_SECONDS)
            if message is not None:
                asked = False
                self._deliver(message)
            elif asked:
                raise TimeoutError("Redis is silent")
            else:
                asked = True
                await subscription.ping()

    def _deliver(self, message: dict[str, Any]) -> None:
        data = message["data"]
        if message["type"] != "message" or data[:SENDER_BYTES] == self._own_id:
            return
        name = message["channel"].decode().removeprefix(self._prefix)
        self._local.deliver(Topic(name), data[SENDER_BYTES:])


def _client(url: str) -> Redis:
    pool = ConnectionPool.from_url(
        url,
        socket_connect_timeout=PATIENCE_SECONDS,
        socket_timeout=PATIENCE_SECONDS,
        socket_keepalive=True,
    )
    return Redis.from_pool(pool)  # which then belongs to the client, and closes with it


@asynccontextmanager
async def open_redis_bus(url: str, prefix: str = CHANNEL_PREFIX) -> AsyncIterator[RedisBus]:
    """Run a bus while the block runs. Redis may come later: the bus finds it."""
    bus = RedisBus(url, prefix)
    bus.start()
    try:
        yield bus
    finally:
        await bus.close()
