"""Doorbells within one process."""

import asyncio

import pytest

from servicedesk.kernel.bus import MOST_PAYLOADS_KEPT, LocalBus, Topic


async def test_ring_wakes_who_waits(bus: LocalBus) -> None:
    async with bus.listen(Topic.JOURNAL) as bell:
        waiting = asyncio.create_task(bell.wait(10))
        await asyncio.sleep(0)
        await bus.ring(Topic.JOURNAL)
        assert await waiting


async def test_ring_that_came_before_the_wait_is_not_lost(bus: LocalBus) -> None:
    async with bus.listen(Topic.JOURNAL) as bell:
        await bus.ring(Topic.JOURNAL)
        assert await bell.wait(0.1)


async def test_many_rings_are_one(bus: LocalBus) -> None:
    async with bus.listen(Topic.JOURNAL) as bell:
        for _ in range(5):
            await bus.ring(Topic.JOURNAL)
        assert await bell.wait(0.1)
        assert not await bell.wait(0)


async def test_waiting_ends_with_its_time(bus: LocalBus) -> None:
    async with bus.listen(Topic.JOURNAL) as bell:
        assert not await bell.wait(0.01)


async def test_bell_hears_all_its_topics_and_no_other(bus: LocalBus) -> None:
    async with bus.listen(Topic.OUTBOX, Topic.TIMERS) as bell:
        await bus.ring(Topic.JOURNAL)
        assert not await bell.wait(0)
        for topic in (Topic.OUTBOX, Topic.TIMERS):
            await bus.ring(topic)
            assert await bell.wait(0.1)


async def test_payloads_keep_their_order_and_are_handed_out_once(bus: LocalBus) -> None:
    async with bus.listen(Topic.EPHEMERAL) as bell:
        for word in (b"one", b"two"):
            await bus.ring(Topic.EPHEMERAL, word)
        assert bell.drain() == [b"one", b"two"]
        assert bell.drain() == []


async def test_payloads_nobody_fetches_do_not_pile_up(bus: LocalBus) -> None:
    async with bus.listen(Topic.EPHEMERAL) as bell:
        for number in range(MOST_PAYLOADS_KEPT + 10):
            await bus.ring(Topic.EPHEMERAL, b"%d" % number)
        assert len(bell.drain()) == MOST_PAYLOADS_KEPT


async def test_after_the_block_nobody_listens(bus: LocalBus) -> None:
    async with bus.listen(Topic.JOURNAL) as bell:
        pass
    await bus.ring(Topic.JOURNAL)
    assert not await bell.wait(0)


@pytest.mark.parametrize("topic", list(Topic))
async def test_ring_all_reaches_every_topic(bus: LocalBus, topic: Topic) -> None:
    async with bus.listen(topic) as bell:
        bus.ring_all()
        assert await bell.wait(0.1)
