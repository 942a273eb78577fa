"""A scenario run several times, or two beside each other: figures with their confidence intervals.

Run number n of each uses the same seed, so both see the same orders at the same times with the same
handling (common random numbers): what differs is what was changed. Runs are independent of each
other, so Student's interval over them holds (Law, Simulation Modeling and Analysis, 9.4 and 10.2).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from servicedesk.domain.errors import BadInput
from servicedesk.routing.simulation.estimate import Estimate, estimate
from servicedesk.routing.simulation.report import Report, simulate
from servicedesk.routing.simulation.scenario import Scenario
from servicedesk.routing.simulation.tallies import ClassFigures

CONFIDENCE = 0.95
LEAST_RUNS = 10
"""With fewer the quantile of Student's t that we work out is not good enough."""
SEED_STEP = 1_000_000

FIGURES: Mapping[str, Callable[[ClassFigures], float | None]] = {
    "service_level": lambda each: each.service_level,
    "p_wait": lambda each: each.p_wait,
    "asa_s": lambda each: each.asa_s,
    "p95_wait_s": lambda each: each.p95_wait_s,
    "mean_queue": lambda each: each.mean_queue,
    "abandoned": lambda each: each.abandoned / each.offered if each.offered else None,
    "blocked": lambda each: each.blocked / each.offered if each.offered else None,
}
"""By name. `abandoned` and `blocked` are shares of those who came."""

Found = dict[str, Estimate | None]
"""By figure; None where some run measured nothing for it."""


@dataclass(frozen=True, slots=True)
class Summary:
    """By class its figures, by group of agents its occupancy."""

    classes: dict[str, Found]
    agents: dict[str, Estimate | None]


def run_often(
    scenarios: Sequence[Scenario], runs: int, keep_going: Callable[[float], bool]
) -> list[tuple[Report, ...]]:
    """Run all scenarios with the seeds of the first, so many times; return their reports by run.

    `keep_going` hears which share of all is done; False stops it, and a run that some scenario has
    not finished is left out. Raises BadInput for too few runs.
    """
    if runs < LEAST_RUNS:
        raise BadInput(f"{runs} runs tell too little. Ask for {LEAST_RUNS} at least.", path="runs")
    found: list[tuple[Report, ...]] = []
    share = 1 / (runs * len(scenarios))
    for number in range(runs):
        seed = scenarios[0].seed + SEED_STEP * number
        reports: list[Report] = []
        for place, scenario in enumerate(scenarios):
            before = (number * len(scenarios) + place) * share
            again = scenario.model_copy(update={"seed": seed})
            report = simulate(again, _part_of(keep_going, before, share))
            if report.stopped_at_s is not None:
                return found
            reports.append(report)
        found.append(tuple(reports))
    return found


def _part_of(
    keep_going: Callable[[float], bool], before: float, share: float
) -> Callable[[float], bool]:
    return lambda done: keep_going(before + share * done)


def summary_of(reports: Sequence[Report]) -> Summary:
    """Sum up runs of one scenario, at least two."""
    classes = {
        first.name: {
            name: _estimate([figure(report.classes[place]) for report in reports])
            for name, figure in FIGURES.items()
        }
        for place, first in enumerate(reports[0].classes)
    }
    agents = {
        first.group: _estimate([report.agents[place].occupancy for report in reports])
        for place, first in enumerate(reports[0].agents)
    }
    return Summary(classes, agents)


def differences(pairs: Sequence[tuple[Report, Report]]) -> dict[str, Found]:
    """Return by class, of those in both, how much larger each figure is after than before; a run
    is compared with its own twin."""
    before, after = pairs[0]
    places = {each.name: place for place, each in enumerate(after.classes)}
    return {
        each.name: {
            name: _estimate_difference(
                [
                    (figure(one.classes[place]), figure(other.classes[places[each.name]]))
                    for one, other in pairs
                ]
            )
            for name, figure in FIGURES.items()
        }
        for place, each in enumerate(before.classes)
        if each.name in places
    }


def _estimate(values: Sequence[float | None]) -> Estimate | None:
    known = [value for value in values if value is not None]
    return estimate(known, CONFIDENCE) if len(known) == len(values) else None


def _estimate_difference(pairs: Sequence[tuple[float | None, float | None]]) -> Estimate | None:
    return _estimate(
        [None if one is None or other is None else other - one for one, other in pairs]
    )
