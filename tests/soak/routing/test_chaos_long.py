"""Ten minutes of the same: `make soak PART=routing`. SERVICEDESK_TEST_CHAOS_SECONDS shortens it."""

import os

from servicedesk.kernel.config import Settings
from tests.routing.chaos import Chaos, run_chaos
from tests.routing.journal_check import check_offers
from tests.routing.own_redis import Redis

SECONDS = float(os.environ.get("SERVICEDESK_TEST_CHAOS_SECONDS", "600"))
SHARE = SECONDS / 600


async def test_ten_minutes_of_chaos_lose_nothing(
    postgres_settings: Settings, redis_to_break: Redis
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
    outcome = await run_chaos(postgres_settings, redis_to_break, chaos)
    check_offers(outcome.entries, capacity=chaos.capacity)
    assert outcome.unfinished == 0
    assert outcome.tokens == sorted(outcome.tokens)
    assert len(outcome.successions) == outcome.leaders_killed >= 1
    offers = sum(entry.kind == "offer.made" for entry in outcome.entries)
    print(  # noqa: T201  # what a soak run is for
        f"{chaos.orders} orders, {offers} offers, {outcome.kills} kills, {outcome.pauses} pauses, "
        f"{outcome.redis_restarts} restarts of Redis, {len(set(outcome.tokens))} leaders that "
        f"offered, {outcome.leaders_killed} leaders killed, another held the lease after "
        f"{max(outcome.successions):.1f} s at most: no double offer, no lost order, nobody above "
        "capacity"
    )
