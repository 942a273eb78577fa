"""simulate, several times: figures with their confidence intervals, two scenarios side by side."""

import dataclasses
import json
from collections.abc import Callable, Sequence

import typer
from rich.console import Console
from rich.table import Table

from servicedesk.domain.errors import BadInput
from servicedesk.routing.simulation.compare import (
    CONFIDENCE,
    Found,
    Summary,
    differences,
    run_often,
    summary_of,
)
from servicedesk.routing.simulation.estimate import Estimate
from servicedesk.routing.simulation.report import Report
from servicedesk.routing.simulation.scenario import Scenario

LEAST_TO_TELL = 2


def compare_runs(
    scenarios: Sequence[Scenario], runs: int, keep_going: Callable[[float], bool], *, as_json: bool
) -> None:
    """Run one scenario, or one and what it shall become, and print what came of it. Stopped early,
    the runs that were done are told. Raises BadInput if that is fewer than two."""
    found = run_often(scenarios, runs, keep_going)
    if len(found) < runs:
        typer.echo(f"Stopped: the figures are of {len(found)} of {runs} runs.", err=True)
    if len(found) < LEAST_TO_TELL:
        raise BadInput("Stopped before two runs were done: there is nothing to tell yet.")
    summaries = [summary_of([run[place] for run in found]) for place in range(len(scenarios))]
    changed = differences([(run[0], run[1]) for run in found]) if len(scenarios) > 1 else None
    if as_json:
        typer.echo(json.dumps(_document(found, summaries, changed), ensure_ascii=False))
    else:
        _print(len(found), summaries, changed)


def _document(
    found: Sequence[tuple[Report, ...]],
    summaries: Sequence[Summary],
    changed: dict[str, Found] | None,
) -> dict[str, object]:
    head: dict[str, object] = {"runs": len(found), "confidence": CONFIDENCE}
    if changed is None:
        return {**head, **_summary(summaries[0])}
    before, after = map(_summary, summaries)
    return {**head, "before": before, "after": after, "difference": {"classes": _classes(changed)}}


def _summary(summary: Summary) -> dict[str, object]:
    agents = [
        {"group": group, "occupancy": _estimate(occupancy)}
        for group, occupancy in summary.agents.items()
    ]
    return {"classes": _classes(summary.classes), "agents": agents}


def _classes(classes: dict[str, Found]) -> list[dict[str, object]]:
    return [
        {"name": name, **{figure: _estimate(each) for figure, each in figures.items()}}
        for name, figures in classes.items()
    ]


def _estimate(found: Estimate | None) -> dict[str, float] | None:
    return None if found is None else dataclasses.asdict(found)


def _print(runs: int, summaries: Sequence[Summary], changed: dict[str, Found] | None) -> None:
    """A table for each class. What is changed for certain is marked: its interval leaves 0 out."""
    console = Console(soft_wrap=True)
    console.print(f"{runs} runs, intervals of {CONFIDENCE:.0%}")
    heads = ("",) if changed is None else ("before", "after", "difference")
    for name, figures in summaries[0].classes.items():
        table = Table(name, *heads, box=None)
        for figure in figures:
            cells = [_shown(each.classes.get(name, {}).get(figure)) for each in summaries]
            if changed is not None:
                cells.append(_marked(changed.get(name, {}).get(figure)))
            table.add_row(figure, *cells)
        console.print(table)
    for place, summary in enumerate(summaries):
        table = Table("agents", "occupancy" if changed is None else heads[place], box=None)
        for group, occupancy in summary.agents.items():
            table.add_row(group, _shown(occupancy))
        console.print(table)


def _shown(found: Estimate | None) -> str:
    return "–" if found is None else f"{found.mean:.4g} ± {found.half_width:.2g}"


def _marked(found: Estimate | None) -> str:
    sure = found is not None and not found.holds(0)
    return _shown(found) + (" *" if sure else "")
