"""Jobs, over a real Redis and over the one in memory: the same suite."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from servicedesk.kernel.jobs import Cron, Job, Jobs, open_jobs
from tests.services.processes import free_port
from tests.services.redis_server import empty_database
from tests.waiting import until

SOON = 10.0


class Told:
    """Hears what a job was run with."""

    def __init__(self, failures: int = 0) -> None:
        self.heard: asyncio.Queue[dict[str, object]] = asyncio.Queue()
        self.failures = failures

    async def run(self, **words: object) -> None:
        if self.failures:
            self.failures -= 1
            raise ValueError
        await self.heard.put(words)

    async def next(self) -> dict[str, object]:
        return await asyncio.wait_for(self.heard.get(), SOON)


@asynccontextmanager
async def running(jobs: Jobs) -> AsyncIterator[Jobs]:
    jobs.poll_seconds = 0.02
    task = asyncio.create_task(jobs.run())
    try:
        yield jobs
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await jobs.close()


@pytest_asyncio.fixture(params=["memory", "redis"])
async def redis_url(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    if request.param == "memory":
        yield ""
        return
    server = request.getfixturevalue("redis_server")
    empty_database(server)
    yield server.url
    empty_database(server)


async def test_job_runs_with_its_arguments(redis_url: str) -> None:
    told = Told()
    async with running(open_jobs(redis_url, [Job("index", told.run)])) as jobs:
        assert await jobs.enqueue("index", article="a-1", pages=3)
        assert await told.next() == {"article": "a-1", "pages": 3}


async def test_job_with_the_same_key_waits_once(redis_url: str) -> None:
    told = Told()
    jobs = open_jobs(redis_url, [Job("index", told.run)])
    assert await jobs.enqueue("index", once_key="a-1", article="a-1")
    assert not await jobs.enqueue("index", once_key="a-1", article="a-1")
    assert await jobs.enqueue("index", once_key="a-2", article="a-2")
    async with running(jobs):
        found = [await told.next(), await told.next()]
    assert sorted(str(words["article"]) for words in found) == ["a-1", "a-2"]
    assert told.heard.empty()


async def test_unknown_job_is_refused_when_it_is_queued(redis_url: str) -> None:
    jobs = open_jobs(redis_url, [Job("index", Told().run)])
    with pytest.raises(LookupError, match="Registered at wiring: index"):
        await jobs.enqueue("indx")
    await jobs.close()


async def test_failing_job_is_put_back_for_later(redis_url: str) -> None:
    told = Told(failures=1)
    async with running(open_jobs(redis_url, [Job("index", told.run)])) as jobs:
        before = datetime.now(UTC)
        await jobs.enqueue("index", once_key="a-1")

        async def is_put_back() -> bool:
            due = await jobs.redis.zscore(jobs.queue, "a-1")
            later = (before + timedelta(seconds=4)).timestamp() * 1000
            return told.failures == 0 and due is not None and due > later

        await until(is_put_back)


async def test_cron_runs_by_the_clock(redis_url: str) -> None:
    told = Told()
    every_minute = frozenset(range(60))
    jobs = open_jobs(redis_url, crons=[Cron("sweep", told.run, every_minute)])
    worker = jobs.make_worker()
    now = datetime.now(UTC)
    await worker.run_cron(now, 0.5)  # the first look only computes the next time
    await worker.run_cron(now + timedelta(seconds=61), 0.5)
    [(name, due)] = await jobs.redis.zrange(jobs.queue, 0, -1, withscores=True)
    assert name.startswith(b"sweep:")
    assert datetime.fromtimestamp(due / 1000, UTC).second == 0
    await jobs.close()


async def test_redis_away_loses_the_job_but_fails_nobody() -> None:
    jobs = open_jobs(f"redis://127.0.0.1:{free_port()}/0", [Job("index", Told().run)])
    assert not await jobs.enqueue("index")
    await jobs.close()
