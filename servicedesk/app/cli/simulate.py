"""simulate: ask the routing engine what would happen, before it happens to anybody."""

import dataclasses
import json
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from servicedesk.app.cli.simulate_runs import compare_runs
from servicedesk.domain.errors import BadInput
from servicedesk.routing.simulation.compare import LEAST_RUNS
from servicedesk.routing.simulation.report import Report, simulate
from servicedesk.routing.simulation.scenario import Scenario, read_scenario
from servicedesk.routing.simulation.tallies import ClassFigures

SECONDS_BETWEEN_REPORTS = 2.0


class _Watch:
    """Says on standard error how far the run is, and hears when it is to stop."""

    def __init__(self) -> None:
        self.started = self._said_at = time.perf_counter()
        self._wanted = True

    def stop(self, _signal: int, _frame: FrameType | None) -> None:
        self._wanted = False

    def keep_going(self, share: float) -> bool:
        now = time.perf_counter()
        if now - self._said_at >= SECONDS_BETWEEN_REPORTS:
            self._said_at = now
            typer.echo(f"{share:4.0%} after {now - self.started:.0f} s", err=True)
        return self._wanted

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self.started


def simulate_scenario(
    scenario: Annotated[Path, typer.Argument(help="A scenario as JSON; - is standard input.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    runs: Annotated[
        int | None,
        typer.Option(help="Run so many times, and say how sure the figures are. At least 10."),
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(help="What the scenario shall become: both are run on the same orders."),
    ] = None,
) -> None:
    """Run the routing engine in simulated time: waits, service level, occupancy.

    Ctrl-C stops a long run; what was measured until then is printed.
    """
    asked = _read(scenario)
    watch = _Watch()
    with _stopped_by_interrupt(watch):
        if runs is not None or against is not None:
            both = [asked] if against is None else [asked, _read(against)]
            compare_runs(both, runs or LEAST_RUNS, watch.keep_going, as_json=as_json)
            return
        report = simulate(asked, watch.keep_going)
    if report.stopped_at_s is not None:
        typer.echo(
            f"Stopped: the figures are of {report.stopped_at_s:.0f} of {asked.duration_s:.0f} s.",
            err=True,
        )
    if as_json:
        typer.echo(json.dumps(_result(report, watch.seconds), ensure_ascii=False))
    else:
        _print_tables(report)


def _read(path: Path) -> Scenario:
    try:
        content = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        return read_scenario(content)
    except OSError as error:
        raise BadInput(f"{path}: cannot be read: {error.strerror}") from None
    except BadInput as error:
        raise BadInput(f"{path}: {error}") from None


@contextmanager
def _stopped_by_interrupt(watch: _Watch) -> Iterator[None]:
    before = signal.signal(signal.SIGINT, watch.stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _result(report: Report, seconds: float) -> dict[str, object]:
    found: dict[str, object] = {
        "classes": [dataclasses.asdict(each) for each in report.classes],
        "agents": [dataclasses.asdict(each) for each in report.agents],
        "decisions": report.decisions,
        "decisions_per_s": round(report.decisions / seconds, 1),
        "wall_s": round(seconds, 3),
    }
    if report.stopped_at_s is not None:
        found["stopped_at_s"] = report.stopped_at_s
    return found


def _print_tables(report: Report) -> None:
    """One column for each class, so that narrow terminals show it too."""
    console = Console(soft_wrap=True)
    table = Table("", *(each.name for each in report.classes), box=None)
    for words, shown in _FIGURES.items():
        table.add_row(words, *(shown(each) for each in report.classes))
    console.print(table)
    staff = Table("agents", "occupancy", box=None)
    for group in report.agents:
        staff.add_row(group.group, _share(group.occupancy))
    console.print(staff)


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _number(value: float | None, unit: str = "") -> str:
    return "–" if value is None else f"{value:.1f}{unit}"


_FIGURES: dict[str, Callable[[ClassFigures], str]] = {
    "offered": lambda each: str(each.offered),
    "blocked": lambda each: str(each.blocked),
    "abandoned": lambda each: str(each.abandoned),
    "served": lambda each: str(each.served),
    "had to wait": lambda each: _share(each.p_wait),
    "mean wait": lambda each: _number(each.asa_s, " s"),
    "95 % waited at most": lambda each: _number(each.p95_wait_s, " s"),
    "service level": lambda each: _share(each.service_level),
    "mean in line": lambda each: _number(each.mean_queue),
}
