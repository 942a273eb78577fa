"""Loads of queueing theory as scenarios: the simulator beside the formula.

The seed of a load is a thousand times its agents plus its load, rounded: written down before the
first run, so that none was picked for its figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import dropwhile, islice
from math import fsum, inf, sqrt
from statistics import fmean, linear_regression
from typing import Any, NamedTuple

from servicedesk.routing.simulation.dice import Dice
from servicedesk.routing.simulation.estimate import Estimate, student_quantile
from servicedesk.routing.simulation.run import Outcome, Run
from servicedesk.routing.simulation.scenario import Scenario, Spread

HANDLE_SECONDS = 600
WARMUP_SECONDS = 40 * HANDLE_SECONDS


def scenario_of(
    loads: Sequence[float],
    agents: int,
    arrivals: int,
    *,
    patience_seconds: float | None = None,
    trunk_limit: int | None = None,
) -> dict[str, Any]:
    """One class for each load, the first with the largest priority; all for the same agents."""
    per_hour = [load / HANDLE_SECONDS * 3600 for load in loads]
    patience = {"dist": "exponential", "mean": patience_seconds}
    return {
        "seed": 1000 * agents + round(sum(loads)),
        "warmup_s": WARMUP_SECONDS,
        "duration_s": arrivals * 3600 / sum(per_hour),
        "trunk_limit": trunk_limit,
        "queues": [{"name": "line"}],
        "classes": [
            {
                "name": f"class-{number}",
                "queue": "line",
                "channel": "voice",
                "arrivals_per_hour": rate,
                "handle_time_s": {"dist": "exponential", "mean": HANDLE_SECONDS},
                "patience_s": patience if patience_seconds else None,
                "priority": len(loads) - number,
            }
            for number, rate in enumerate(per_hour)
        ],
        "agents": [{"count": agents, "queues": ["line"], "capacity": {"voice": 1}}],
    }


def run(document: dict[str, Any]) -> Outcome:
    scenario = Scenario.model_validate(document)
    return Run(scenario, Dice(scenario.seed)).run(lambda _: True)


def had_to_wait(waits: Iterable[float]) -> list[bool]:
    return [wait > 0 for wait in waits]


class Batch(NamedTuple):
    """The mean of some values that follow each other, and how much more work came in their time
    than was to be expected: mean handling over its expectation, less the time in which the calls
    came over the expectation of that."""

    mean: float
    surplus: float


def estimate_with_control(
    document: dict[str, Any], values: Sequence[float], batches: int = 30
) -> Estimate:
    """Estimate, at 99 %, the mean of a series that has one value for each measured call, in order.
    For a scenario of one class in which nobody is blocked."""
    return estimate_of_batches(batches_of(document, values, batches))


def estimate_of_batches(batches: Sequence[Batch]) -> Estimate:
    """Estimate, at 99 %, the mean that all batches are about.

    How much work came in a batch is known beside what was to be expected, and explains most of
    what its waits were: it serves as a control variate (Lavenberg and Welch 1981). Its expectation
    is exactly 0.
    """
    means, surplus = zip(*batches, strict=True)
    slope = linear_regression(surplus, means).slope
    controlled = [mean - slope * more for mean, more in batches]
    centre, middle = fmean(controlled), fmean(surplus)
    freedom = len(batches) - 2
    variance = sum((each - centre) ** 2 for each in controlled) / freedom
    spread = sum((more - middle) ** 2 for more in surplus)
    error = sqrt(variance * (1 / len(batches) + middle**2 / spread))
    return Estimate(centre, student_quantile(0.995, freedom) * error)


def batches_of(document: dict[str, Any], values: Sequence[float], number: int) -> list[Batch]:
    """Cut the values of the measured calls, in order, into so many batches; a rest is left out."""
    asked, since = document["classes"][0], document["warmup_s"]
    mean_gap = 3600 / asked["arrivals_per_hour"]
    size = len(values) // number
    calls = dropwhile(lambda call: call[0] < since, calls_of(document))
    found = []
    for start in range(0, number * size, size):
        batch = list(islice(calls, size))
        work = fsum(handling for _, handling, _ in batch) / size
        until = batch[-1][0]
        surplus = work / HANDLE_SECONDS - (until - since) / size / mean_gap
        found.append(Batch(fmean(values[start : start + size]), surplus))
        since = until
    return found


def calls_of(document: dict[str, Any]) -> Iterator[tuple[float, float, float]]:
    """When the calls come, how long they take to handle and would wait for it: the dice are thrown
    once more, they fall the same. Without end; the warm-up included."""
    scenario = Scenario.model_validate(document)
    asked, dice = scenario.classes[0], Dice(scenario.seed)
    spread = Spread(dist="exponential", mean=3600 / asked.arrivals_per_hour)
    gap = dice.stream(spread, asked.name, "arrivals")
    handling = dice.stream(asked.handle_time_s, asked.name, "handling")
    patience = _endless
    if asked.patience_s is not None:
        patience = dice.stream(asked.patience_s, asked.name, "patience")
    at = 0.0
    while True:
        at += gap()
        yield at, handling(), patience()


def _endless() -> float:
    return inf
