"""Half a minute of chaos: three routers on PostgreSQL and Redis, killed, paused and cut off."""

from __future__ import annotations

from pathlib import Path

import pytest

from servicedesk.kernel.config import Settings
from tests.routing.chaos import Chaos, run_chaos
from tests.routing.journal_check import check_offers
from tests.services.missing import ServiceMissing

CHAOS = Chaos(seconds=30, orders=300, agents=6, capacity=3, kills=6, pauses=2, redis_restarts=1)


async def test_no_order_is_lost_or_offered_twice(
    postgres_settings: Settings, tmp_path: Path
) -> None:
    try:
        outcome = await run_chaos(postgres_settings, tmp_path, CHAOS)
    except ServiceMissing as missing:
        pytest.skip(str(missing))
    check_offers(outcome.entries, capacity=CHAOS.capacity)
    assert outcome.unfinished == 0
    opened = [entry for entry in outcome.entries if entry.kind == "order.opened"]
    assert len(opened) == CHAOS.orders
    assert (outcome.kills, outcome.pauses, outcome.redis_restarts) == (6, 2, 1)
    assert outcome.tokens == sorted(outcome.tokens)  # no offer of a leader that was followed
