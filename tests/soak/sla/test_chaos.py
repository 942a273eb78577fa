"""Three workers fire the ladders of 20,000 clocks while they are killed and paused, and their wall
clocks jump: each step exactly once, none missed, checked from the journal alone.

`SERVICEDESK_SOAK_CLOCKS=2000` makes it shorter.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from servicedesk.domain.actors import system_actor
from servicedesk.domain.tickets import Priority, TicketStatus
from servicedesk.kernel.config import Settings
from servicedesk.kernel.database import Database
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import as_dict, as_time, as_uuid
from servicedesk.sla import escalate
from servicedesk.sla.events import AgentReplied
from servicedesk.sla.policies import create_policy
from servicedesk.sla.policy.documents import read_document
from servicedesk.sla.setup import Mark, load_mark
from servicedesk.sla.track import Measured, follow_story
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[3]
CLOCKS = int(os.environ.get("SERVICEDESK_SOAK_CLOCKS", "20000"))
WORKERS = 3
AT_ONCE = 6
TARGET_SECONDS = 20
OFFSETS = {"half": -10, "due": 0, "after": 5}
ANSWERED_SHARE = 0.5
PATIENCE_SECONDS = 600
ACTOR = system_actor("chaos")
TEAM = UUID(int=1)


async def test_each_step_fires_exactly_once(
    postgres_settings: Settings, postgres_database: Database
) -> None:
    await promise(postgres_database)
    async with workers(postgres_settings.database_url):
        ticket_ids = await open_tickets(postgres_database)
        await answer_some(postgres_database, ticket_ids)
        await settle(postgres_database)
    wrong = await find_faults(postgres_database, ticket_ids)
    assert wrong == Counter(), wrong


async def promise(database: Database) -> None:
    tell = {"do": "notify", "groups": ["supervisors"], "ways": ["console"]}
    target = {"metric": "first_reply", "priority": 2, "seconds": TARGET_SECONDS}
    document = {
        "targets": [{**target, "counting": "calendar_time"}],
        "ladder": [
            {"id": name, "offset_seconds": offset, "actions": [tell]}
            for name, offset in OFFSETS.items()
        ],
    }
    await create_policy(database, ACTOR, "Chaos", read_document(document))


@asynccontextmanager
async def workers(url: str) -> AsyncIterator[None]:
    """Three of them at any time, whatever befalls them."""
    chaos = [asyncio.create_task(one_worker(url, seed)) for seed in range(WORKERS)]
    try:
        yield
    finally:
        for task in chaos:
            task.cancel()
        await asyncio.gather(*chaos, return_exceptions=True)


async def one_worker(url: str, seed: int) -> None:
    """Run a worker, pause it, kill it, start the next; for ever."""
    dice = random.Random(seed)
    while True:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.soak.sla.timer_worker", url, cwd=ROOT
        )
        try:
            await asyncio.sleep(dice.uniform(3, 10))
            process.send_signal(signal.SIGSTOP)
            await asyncio.sleep(dice.uniform(0, 3))
            process.send_signal(signal.SIGCONT)
            await asyncio.sleep(dice.uniform(0, 3))
        finally:
            process.kill()
            await process.wait()


async def open_tickets(database: Database) -> list[UUID]:
    ticket_ids = [UUID(str(new_id())) for _ in range(CLOCKS)]
    mark = await load_mark(database.sql)

    async def open_one(ticket_id: UUID) -> None:
        async with database.work(ACTOR) as work:
            await follow_story(work, measured(ticket_id, mark, work.now, None), ())

    await side_by_side(open_one, ticket_ids)
    return ticket_ids


async def answer_some(database: Database, ticket_ids: Sequence[UUID]) -> None:
    """Answer half of them, at any moment of their clocks' lives."""
    dice = random.Random(7)
    mark = await load_mark(database.sql)
    chosen = [ticket_id for ticket_id in ticket_ids if dice.random() < ANSWERED_SHARE]
    dice.shuffle(chosen)

    async def answer_one(ticket_id: UUID) -> None:
        async with database.work(ACTOR) as work:
            row = await work.sql.fetch_one(
                "SELECT record FROM ticket_clocks WHERE ticket_id = $1 FOR UPDATE", ticket_id
            )
            assert row is not None
            told = (AgentReplied(work.now),)
            await follow_story(work, measured(ticket_id, mark, None, row["record"]), told)

    await side_by_side(answer_one, chosen)


async def side_by_side(act: Callable[[UUID], Awaitable[None]], ticket_ids: Sequence[UUID]) -> None:
    """Act on all of them, a few at a time."""
    waiting = iter(ticket_ids)

    async def one_after_the_other() -> None:
        for ticket_id in waiting:
            await act(ticket_id)

    await asyncio.gather(*(one_after_the_other() for _ in range(AT_ONCE)))


def measured(
    ticket_id: UUID, mark: Mark, waiting_since: datetime | None, record: str | None
) -> Measured:
    return Measured(
        ticket_id=ticket_id,
        status=TicketStatus.OPEN,
        priority=Priority.NORMAL,
        team_id=TEAM,
        waiting_since=waiting_since,
        calendar_id=None,
        facts={},
        record=record,
        mark=mark,
    )


async def settle(database: Database) -> None:
    """Wait until nothing is due any more."""

    async def nothing_is_due() -> bool:
        return await escalate.next_due(database.sql) is None

    await until(nothing_is_due, PATIENCE_SECONDS)


async def find_faults(database: Database, ticket_ids: Sequence[UUID]) -> Counter[str]:
    """Compare the journal's escalations with what follows from the life of each ticket.

    A step that came due before the answer may be settled by it. Which of two came first is told by
    the ids of their entries, drawn under the row's lock; times are those at which stories began.
    """
    fired = await read_fired(database)
    lives = await read_lives(database)
    faults: Counter[str] = Counter()
    assert set(lives) == set(ticket_ids)
    for ticket_id, (opened, answered) in lives.items():
        for step, offset in OFFSETS.items():
            at = opened + timedelta(seconds=TARGET_SECONDS + offset)
            found = fired[ticket_id, step]
            if len(found) > 1:
                faults["fired twice"] += 1
            if answered is None and not found:
                faults["missed"] += 1
            if found and found[0].at < at:
                faults["fired early"] += 1
            if found and answered is not None and found[0].id > answered:
                faults["fired after the answer"] += 1
    return faults


@dataclass(frozen=True, slots=True)
class Fired:
    id: int
    at: datetime


async def read_fired(database: Database) -> dict[tuple[UUID, str], list[Fired]]:
    rows = await database.sql.fetch(
        "SELECT id, ticket_id, at, payload FROM journal WHERE kind = 'clock.escalated' ORDER BY id"
    )
    fired: dict[tuple[UUID, str], list[Fired]] = defaultdict(list)
    for row in rows:
        step = as_dict(row["payload"])["step"]
        fired[as_uuid(row["ticket_id"]), step].append(Fired(row["id"], as_time(row["at"])))
    return fired


async def read_lives(database: Database) -> dict[UUID, tuple[datetime, int | None]]:
    """Return when each ticket was opened, and the id of the entry of its answer."""
    rows = await database.sql.fetch(
        "SELECT id, ticket_id, at FROM journal WHERE kind = 'clocks.told' ORDER BY id"
    )
    lives: dict[UUID, tuple[datetime, int | None]] = {}
    for row in rows:
        ticket_id = as_uuid(row["ticket_id"])
        known = lives.get(ticket_id)
        lives[ticket_id] = (as_time(row["at"]), None) if known is None else (known[0], row["id"])
    return lives
