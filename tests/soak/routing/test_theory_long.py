"""The simulator, which drives the desk's own engine, against queueing theory.

Each figure must lie within its own 99 % confidence interval of the exact one. Seeds follow from
the load (`simulated_loads`); of replications from its number too. They were written down before
the first run. Among so many intervals of 99 % one may miss, and one did: 17 Erlangs on 20 agents,
over 900,000 calls, came to P(wait) 0.3804 ± 0.0041 and a mean wait of 72.9 ± 3.5 s, for 0.3851 and
77.0 s exactly. That was chance: call by call the waits are those of the exact recursion
(`tests/properties/test_theory`). Its run was made longer, the seed is the same. All lengths are
such that the mean wait is known to 5 %; together they take about an hour.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from statistics import fmean
from typing import Any

import pytest

from servicedesk.routing.simulation.estimate import Estimate, estimate, estimate_by_batches
from servicedesk.routing.simulation.run import Outcome
from tests.properties.queueing_theory import cobham, erlang_a, erlang_c, limited
from tests.properties.simulated_loads import (
    HANDLE_SECONDS,
    estimate_with_control,
    had_to_wait,
    run,
    scenario_of,
)

LOADS = [
    (5, 3.5, 700_000),
    (20, 17, 8_000_000),
    (50, 45, 4_500_000),
    (90, 84, 9_500_000),
    (200, 186, 19_000_000),
    (400, 376, 34_000_000),
]
TYPES = tuple(range(6))


def say(words: str) -> None:
    sys.stdout.write(f"\n{words}")  # soaks run with their output shown


def told(what: str, found: Estimate, exact: float) -> None:
    say(f"{what}: {found.mean:.4f} ± {found.half_width:.4f}, exact {exact:.4f}")


@pytest.mark.parametrize(("agents", "load", "arrivals"), LOADS)
def test_waits_are_those_of_erlang_c(agents: int, load: float, arrivals: int) -> None:
    exact = erlang_c(load, agents)
    document = scenario_of([load], agents, arrivals)
    (tally,) = run(document).classes
    p_wait = estimate_with_control(document, had_to_wait(tally.waits))
    mean_wait = estimate_with_control(document, tally.waits)
    told(f"{load} on {agents}: P(wait)", p_wait, exact.p_wait)
    told(f"{load} on {agents}: mean wait, s", mean_wait, exact.mean_wait * HANDLE_SECONDS)
    assert mean_wait.relative <= 0.05
    assert p_wait.holds(exact.p_wait)
    assert mean_wait.holds(exact.mean_wait * HANDLE_SECONDS)


@pytest.mark.parametrize(("agents", "load", "patience"), [(90, 95, 300), (20, 19, 600)])
def test_as_many_give_up_as_erlang_a_says(agents: int, load: float, patience: int) -> None:
    exact = erlang_a(load, agents, patience / HANDLE_SECONDS)
    document = scenario_of([load], agents, 60_000, patience_seconds=patience)
    shares, in_line = [], []
    for number in range(20):
        outcome = run({**document, "seed": document["seed"] + 1_000_000 * number})
        (tally,) = outcome.classes
        shares.append(tally.abandoned / tally.offered)
        in_line.append(tally.queue_seconds / outcome.measured_seconds)
    abandoned, waiting = estimate(shares), estimate(in_line)
    told(f"{load} on {agents}: P(abandon)", abandoned, exact.p_abandon)
    told(f"{load} on {agents}: in line", waiting, exact.mean_wait * load)
    assert abandoned.relative <= 0.05
    assert abandoned.holds(exact.p_abandon)
    assert waiting.holds(exact.mean_wait * load)


def test_two_priorities_wait_as_cobham_says() -> None:
    loads = [42.0, 42.0]
    urgent, other = run(scenario_of(loads, 90, 4_000_000)).classes
    for name, tally, exact in zip(
        ("urgent", "other"), (urgent, other), cobham(loads, 90), strict=True
    ):
        found = estimate_by_batches(tally.waits)
        told(f"{name}: mean wait, s", found, exact * HANDLE_SECONDS)
        assert found.holds(exact * HANDLE_SECONDS)


def six_types(skill_sets: Sequence[Sequence[int]], replication: int) -> dict[str, Any]:
    """Six call types of 14 Erlangs each, 90 agents with these skills by turns, 120 places in all
    (Wallace and Whitt 2004, 5)."""
    document = scenario_of([14.0] * 6, 90, 300_000, trunk_limit=120)
    for number, each in enumerate(document["classes"]):
        each |= {"skills": {f"type-{number}": 1}, "priority": 0}
    share, rest = divmod(90, len(skill_sets))
    assert rest == 0
    document["agents"] = [
        {
            "count": share,
            "queues": ["line"],
            "capacity": {"voice": 1},
            "skills": {f"type-{number}": 1 for number in skills},
        }
        for skills in skill_sets
    ]
    return {**document, "seed": document["seed"] + 1_000_000 * replication}


def figures(outcome: Outcome) -> tuple[float, float, float]:
    """Blocked, had to wait, mean wait in seconds; of all types together."""
    waits = [wait for tally in outcome.classes for wait in tally.waits]
    offered = sum(tally.offered for tally in outcome.classes)
    blocked = sum(tally.blocked for tally in outcome.classes)
    return blocked / offered, fmean(had_to_wait(waits)), fmean(waits)


def test_two_skills_an_agent_are_almost_as_good_as_all() -> None:
    """The same calls, at the same times, for three ways to teach 90 agents."""
    pairs = [(one, other) for one in TYPES for other in TYPES if one < other]
    plans: dict[str, Sequence[Sequence[int]]] = {
        "all": [TYPES],
        "two": pairs,
        "one": [(each,) for each in TYPES],
    }
    found = {
        name: [figures(run(six_types(skills, number))) for number in range(10)]
        for name, skills in plans.items()
    }
    exact = limited(84, 90, 120)
    wanted = (exact.p_block, exact.p_wait, exact.mean_wait * HANDLE_SECONDS)
    words = ("blocked", "P(wait)", "mean wait, s")
    for what, column, figure in zip(words, zip(*found["all"], strict=True), wanted, strict=True):
        told(f"all skills: {what}", estimate(column), figure)
        assert estimate(column).holds(figure)
    blocked, _, mean_wait = (fmean(column) for column in zip(*found["two"], strict=True))
    base = [fmean(column) for column in zip(*found["all"], strict=True)]
    one = [fmean(column) for column in zip(*found["one"], strict=True)]
    say(
        f"two skills: mean wait {mean_wait / base[2]:.3f} times, blocked {blocked / base[0]:.3f} "
        f"times · one skill: {one[2] / base[2]:.1f} and {one[0] / base[0]:.1f} times"
    )
    assert mean_wait <= 1.3 * base[2]
    assert blocked <= 1.2 * base[0]
    assert one[2] > 3 * base[2]
