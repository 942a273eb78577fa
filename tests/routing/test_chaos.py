"""Half a minute of chaos: three routers on PostgreSQL and Redis, killed, paused and cut off."""

from __future__ import annotations

from servicedesk.kernel.config import Settings
from tests.routing.chaos import Chaos, run_chaos
from tests.routing.journal_check import check_offers
from tests.routing.own_redis import Redis

CHAOS = Chaos(seconds=30, orders=300, agents=6, capacity=3, kills=6, pauses=2, redis_restarts=1)


async def test_no_order_is_lost_or_offered_twice(
    postgres_settings: Settings, redis_to_break: Redis
) -> None:
    outcome = await run_chaos(postgres_settings, redis_to_break, CHAOS)
    check_offers(outcome.entries, capacity=CHAOS.capacity)
    assert outcome.unfinished == 0
    opened = [entry for entry in outcome.entries if entry.kind == "order.opened"]
    assert len(opened) == CHAOS.orders
    assert (outcome.kills, outcome.pauses, outcome.redis_restarts) == (6, 2, 1)
    assert outcome.leaders_killed >= 1
    assert len(outcome.successions) == outcome.leaders_killed  # each time another came to lead
    assert outcome.tokens == sorted(outcome.tokens)  # no offer of a leader that was followed
