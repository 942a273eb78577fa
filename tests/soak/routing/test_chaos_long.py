"""Ten minutes of the same: `make soak PART=routing`. SERVICEDESK_TEST_CHAOS_SECONDS shortens it."""

import os
from pathlib import Path

from servicedesk.kernel.config import Settings
from tests.routing.chaos import Chaos, run_chaos
from tests.routing.journal_check import check_offers

SECONDS = float(os.environ.get("SERVICEDESK_TEST_CHAOS_SECONDS", "600"))
SHARE = SECONDS / 600


async def test_ten_minutes_of_chaos_lose_nothing(
    postgres_settings: Settings, tmp_path: Path
) -> None:
    chaos = Chaos(
        seconds=SECONDS,
        orders=round(10_000 * SHARE),
        agents=30,
        capacity=3,
        kills=round(60 * SHARE),
        pauses=round(12 * SHARE),
        redis_restarts=round(6 * SHARE),
    )
    outcome = await run_chaos(postgres_settings, tmp_path, chaos)
    check_offers(outcome.entries, capacity=chaos.capacity)
    assert outcome.unfinished == 0
    assert outcome.tokens == sorted(outcome.tokens)
    offers = sum(entry.kind == "offer.made" for entry in outcome.entries)
    print(  # noqa: T201  # what a soak run is for
        f"{chaos.orders} orders, {offers} offers, {outcome.kills} kills, {outcome.pauses} pauses, "
        f"{outcome.redis_restarts} restarts of Redis, {len(set(outcome.tokens))} leaders that "
        "offered: no double offer, no lost order, nobody above capacity"
    )
