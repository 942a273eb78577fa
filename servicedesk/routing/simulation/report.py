"""The result of a simulation, as `servicedesk simulate` prints it."""

from collections.abc import Callable
from dataclasses import dataclass

from servicedesk.routing.simulation.dice import Dice
from servicedesk.routing.simulation.run import Outcome, Run
from servicedesk.routing.simulation.scenario import Scenario
from servicedesk.routing.simulation.tallies import (
    ClassFigures,
    GroupFigures,
    class_figures,
    group_figures,
)


@dataclass(frozen=True, slots=True)
class Report:
    """`stopped_at_s`: how much was measured before the run was stopped, None if it was not."""

    classes: list[ClassFigures]
    agents: list[GroupFigures]
    decisions: int
    stopped_at_s: float | None


def simulate(scenario: Scenario, keep_going: Callable[[float], bool]) -> Report:
    """Run the scenario. The same one gives the same report, to the last digit.

    `keep_going` is told now and then which share is done; False stops the run.
    """
    return report_of(scenario, Run(scenario, Dice(scenario.seed)).run(keep_going))


def report_of(scenario: Scenario, outcome: Outcome) -> Report:
    seconds = outcome.measured_seconds
    classes = [
        class_figures(asked, tally, seconds)
        for asked, tally in zip(scenario.classes, outcome.classes, strict=True)
    ]
    agents = [
        group_figures(group.name or f"group-{number}", tally, seconds)
        for number, (group, tally) in enumerate(
            zip(scenario.agents, outcome.groups, strict=True), start=1
        )
    ]
    return Report(classes, agents, outcome.decisions, seconds if outcome.stopped else None)
