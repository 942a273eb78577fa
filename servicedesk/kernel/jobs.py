"""Jobs: work that may be seconds late (sweeps, exports, previews), never mail, offers or deadlines.

arq carries them, on Redis or on a Redis in this process's memory. Either forgets: what must not be
lost is a row that a sweep finds again. A job runs at least once and may run twice.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any

import orjson
import structlog
from arq import ArqRedis, Retry, cron, func
from arq.cron import CronJob
from arq.utils import poll
from arq.worker import Function, Worker
from fakeredis import FakeServer
from fakeredis.aioredis import FakeAsyncRedisConnection
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

from servicedesk.kernel import metrics
from servicedesk.kernel.backoff import delay_seconds

QUEUE = "servicedesk:jobs"
MOST_TRIES = 5
FIRST_RETRY_SECONDS = 5.0
LONGEST_RETRY_SECONDS = 300.0
POLL_SECONDS = 0.5
COMPLETION_SECONDS = 5
RECONNECT_SECONDS = 2.0
AWAY = (RedisError, OSError, TimeoutError)

Run = Callable[..., Awaitable[object]]
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """Something that `enqueue` may name. Its arguments are JSON values, passed by name."""

    name: str
    run: Run


@dataclass(frozen=True, slots=True)
class Cron:
    """Something that runs by the clock, in one process at a time, in UTC.

    `minutes` are those of each hour at which it runs; with `hours`, only of those hours.
    """

    name: str
    run: Callable[[], Awaitable[object]]
    minutes: frozenset[int]
    hours: frozenset[int] | None = None


@dataclass(slots=True)
class Jobs:
    """The queue of jobs. `run` works it off; `enqueue` may be called without ever running."""

    redis: ArqRedis
    jobs: Sequence[Job] = ()
    crons: Sequence[Cron] = ()
    queue: str = QUEUE
    poll_seconds: float = POLL_SECONDS

    async def enqueue(self, name: str, *, once_key: str | None = None, **arguments: object) -> bool:
        """Hand over a job. False: one with this key waits already, or Redis is away (logged).

        Raises LookupError for a name that nobody registered: arq would drop it in silence.
        """
        if name not in {job.name for job in self.jobs}:
            known = ", ".join(job.name for job in self.jobs) or "none"
            raise LookupError(f"There is no job {name!r}. Registered at wiring: {known}.")
        try:
            words: dict[str, Any] = {**arguments, "_job_id": once_key, "_queue_name": self.queue}
            job = await self.redis.enqueue_job(name, **words)
        except AWAY as error:
            log.warning("job_not_queued", job=name, error=type(error).__name__)
            return False
        return job is not None

    async def run(self) -> None:
        """Work off jobs until cancelled; survives a Redis that goes and comes back."""
        if not self.jobs and not self.crons:
            return
        while True:
            try:
                await self._run_worker()
            except AWAY as error:
                log.warning("jobs_away", error=type(error).__name__)
                await asyncio.sleep(RECONNECT_SECONDS)

    async def close(self) -> None:
        await self.redis.aclose()

    async def _run_worker(self) -> None:
        worker = self.make_worker()
        try:
            await worker.async_run()
        finally:
            await _end(worker)

    def make_worker(self) -> Worker:
        """Return a worker over these jobs, not yet running."""
        return _QuietWorker(
            [_arq_function(job) for job in self.jobs],
            cron_jobs=[_arq_cron(cron) for cron in self.crons],
            redis_pool=self.redis,
            queue_name=self.queue,
            poll_delay=self.poll_seconds,
            handle_signals=False,
            job_completion_wait=COMPLETION_SECONDS,
            max_tries=MOST_TRIES,
            timezone=UTC,
            log_results=False,
            keep_result=0,
            job_serializer=_write,
            job_deserializer=_read,
        )


def open_jobs(redis_url: str, jobs: Sequence[Job] = (), crons: Sequence[Cron] = ()) -> Jobs:
    """Return jobs over the Redis at the address, or over one in memory if it is empty."""
    connection: Any = FakeAsyncRedisConnection
    pool = (
        ConnectionPool.from_url(redis_url)
        if redis_url
        else ConnectionPool(connection_class=connection, server=FakeServer(), version=(7,))
    )
    redis = ArqRedis(connection_pool=pool, job_serializer=_write, job_deserializer=_read)
    redis.auto_close_connection_pool = True
    return Jobs(redis, jobs, crons)


def _write(job: dict[str, Any]) -> bytes:
    """JSON, where arq would pickle: who can write to Redis must not get to run code."""
    return orjson.dumps(job)


def _read(job: bytes) -> dict[str, Any]:
    read: dict[str, Any] = orjson.loads(job)
    return read


class _QuietWorker(Worker):
    async def main(self) -> None:
        """As arq's own, without INFO, which the Redis in memory lacks."""
        self.ctx["redis"] = self.pool
        async for _ in poll(self.poll_delay_s):
            await self._poll_iteration()


async def _end(worker: Worker) -> None:
    """Let running jobs end for a while; what is cancelled runs again elsewhere."""
    running = list(worker.tasks.values())
    if running:
        await asyncio.wait(running, timeout=COMPLETION_SECONDS)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


def _arq_function(job: Job) -> Function:
    async def run(context: dict[Any, Any], **arguments: object) -> None:
        await _run_job(job, context, **arguments)

    coroutine: Any = run
    return func(coroutine, name=job.name, max_tries=MOST_TRIES)


async def _run_job(job: Job, context: Mapping[str, Any], **arguments: object) -> None:
    tries = int(context["job_try"])
    try:
        await job.run(**arguments)
    except Exception as error:
        if tries >= MOST_TRIES:
            metrics.note_job(job.name, "given_up")
            log.exception("job_given_up", job=job.name, tries=tries)
            return
        metrics.note_job(job.name, "failed")
        log.warning("job_failed", job=job.name, tries=tries, error=type(error).__name__)
        wait = delay_seconds(
            tries, first_seconds=FIRST_RETRY_SECONDS, longest_seconds=LONGEST_RETRY_SECONDS
        )
        raise Retry(defer=timedelta(seconds=wait)) from error
    metrics.note_job(job.name, "done")


def _arq_cron(job: Cron) -> CronJob:
    async def run(_context: dict[Any, Any]) -> None:
        try:
            await job.run()
        except Exception:  # it runs again at its next time
            metrics.note_job(job.name, "failed")
            log.exception("cron_failed", job=job.name)
        else:
            metrics.note_job(job.name, "done")

    coroutine: Any = run
    return cron(
        coroutine,
        name=job.name,
        hour=None if job.hours is None else set(job.hours),
        minute=set(job.minutes),
        second=0,
        unique=True,
    )
