"""The simulator against queueing theory, one load; all of them are in `tests/soak/routing`."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import pytest

from tests.properties.queueing_theory import erlang_c, first_come_first_served
from tests.properties.simulated_loads import (
    HANDLE_SECONDS,
    Batch,
    batches_of,
    calls_of,
    estimate_of_batches,
    had_to_wait,
    run,
    scenario_of,
)

AGENTS, LOAD, ARRIVALS, RUNS = 90, 84, 1_010_000, 2


def test_waits_of_a_million_calls_are_those_of_erlang_c() -> None:
    """84 Erlangs on 90 agents: P(wait) 0.412, mean wait 41.2 s. Two runs of half a million, a
    process each."""
    exact = erlang_c(LOAD, AGENTS)
    document = scenario_of([LOAD], AGENTS, ARRIVALS // RUNS)
    again = [document | {"seed": document["seed"] + 1_000_000 * number} for number in range(RUNS)]
    with ProcessPoolExecutor(RUNS, get_context("spawn")) as processes:
        found = list(processes.map(measured, again))
    assert sum(offered for offered, _, _ in found) >= 1_000_000
    p_wait = estimate_of_batches([batch for _, batches, _ in found for batch in batches])
    mean_wait = estimate_of_batches([batch for _, _, batches in found for batch in batches])
    assert p_wait.holds(exact.p_wait), p_wait
    assert p_wait.relative <= 0.05
    assert mean_wait.holds(exact.mean_wait * HANDLE_SECONDS), mean_wait


def measured(document: dict[str, Any]) -> tuple[int, list[Batch], list[Batch]]:
    """How many calls there were, batches of whether they had to wait, batches of their waits."""
    (tally,) = run(document).classes
    assert len(tally.waits) == tally.offered
    had, waits = had_to_wait(tally.waits), tally.waits
    return tally.offered, batches_of(document, had, 15), batches_of(document, waits, 15)


@pytest.mark.parametrize(("agents", "load"), [(1, 0.9), (5, 4.5), (20, 19), (90, 84)])
def test_each_call_waits_exactly_as_long_as_first_come_first_served(
    agents: int, load: float
) -> None:
    """Not on the average: every one of 20,000, to the last digit."""
    document = scenario_of([load], agents, 20_000)
    (tally,) = run(document).classes
    begin, end = document["warmup_s"], document["warmup_s"] + document["duration_s"]
    exact: list[float] = []
    for came, waited in first_come_first_served(calls_of(document), agents):
        if came >= end:
            break
        if came >= begin and waited is not None:
            exact.append(waited)
    assert list(tally.waits) == exact
    assert sum(wait > 0 for wait in exact) > 2_000
