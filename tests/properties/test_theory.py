"""The simulator against queueing theory, one load; all of them are in `tests/soak/routing`."""

from __future__ import annotations

import pytest

from tests.properties.queueing_theory import erlang_c, first_come_first_served
from tests.properties.simulated_loads import (
    HANDLE_SECONDS,
    calls_of,
    estimate_with_control,
    had_to_wait,
    run,
    scenario_of,
)

AGENTS, LOAD, ARRIVALS = 90, 84, 1_010_000


def test_waits_of_a_million_calls_are_those_of_erlang_c() -> None:
    """84 Erlangs on 90 agents: P(wait) 0.412, mean wait 41.2 s."""
    exact = erlang_c(LOAD, AGENTS)
    document = scenario_of([LOAD], AGENTS, ARRIVALS)
    (tally,) = run(document).classes
    assert len(tally.waits) == tally.offered >= 1_000_000
    p_wait = estimate_with_control(document, had_to_wait(tally.waits))
    mean_wait = estimate_with_control(document, tally.waits)
    assert p_wait.holds(exact.p_wait), p_wait
    assert p_wait.relative <= 0.05
    assert mean_wait.holds(exact.mean_wait * HANDLE_SECONDS), mean_wait


@pytest.mark.parametrize(("agents", "load"), [(1, 0.9), (5, 4.5), (20, 19), (90, 84)])
def test_each_call_waits_exactly_as_long_as_first_come_first_served(
    agents: int, load: float
) -> None:
    """Not on the average: every one of 20,000, to the last digit."""
    document = scenario_of([load], agents, 20_000)
    (tally,) = run(document).classes
    begin, end = document["warmup_s"], document["warmup_s"] + document["duration_s"]
    exact = []
    for came, waited in first_come_first_served(calls_of(document), agents):
        if came >= end:
            break
        if came >= begin:
            exact.append(waited)
    assert list(tally.waits) == exact
    assert sum(wait > 0 for wait in exact) > 2_000
