"""Several runs beside each other: how sure figures are, and what a change did."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from servicedesk.app.cli.main import app
from servicedesk.domain.errors import BadInput
from servicedesk.routing.simulation.compare import (
    LEAST_RUNS,
    differences,
    run_often,
    summary_of,
)
from servicedesk.routing.simulation.scenario import Scenario, read_scenario
from tests.unit.test_simulation import scenario, with_class


def staffed(count: int, **changes: Any) -> dict[str, Any]:
    group = {"count": count, "queues": ["support"], "capacity": {"voice": 1}}
    return with_class(scenario(agents=[group], duration_s=600), **changes)


def read(document: dict[str, Any]) -> Scenario:
    return read_scenario(json.dumps(document))


def going(_: float) -> bool:
    return True


def test_the_same_scenario_twice_differs_by_nothing() -> None:
    both = run_often([read(staffed(6)), read(staffed(6))], LEAST_RUNS, going)
    assert len(both) == LEAST_RUNS
    (figures,) = differences([(one, other) for one, other in both]).values()
    for found in figures.values():
        assert found is not None
        assert (found.mean, found.half_width) == (0, 0)


def test_one_agent_more_shortens_waits_for_certain_where_single_figures_overlap() -> None:
    """On common random numbers the difference is far surer than either figure."""
    runs = run_often([read(staffed(6)), read(staffed(7))], 20, going)
    before, after = (summary_of([run[place] for run in runs]) for place in (0, 1))
    (change,) = differences([(one, other) for one, other in runs]).values()
    waits = before.classes["calls"]["asa_s"], after.classes["calls"]["asa_s"], change["asa_s"]
    first, second, difference = waits
    assert first is not None and second is not None and difference is not None  # noqa: PT018
    assert difference.mean == pytest.approx(second.mean - first.mean)
    assert difference.mean + difference.half_width < 0
    assert difference.half_width < first.half_width + second.half_width


def test_too_few_runs_are_refused() -> None:
    with pytest.raises(BadInput, match="10 at least"):
        run_often([read(staffed(6))], 2, going)


def test_command_prints_both_and_the_difference(tmp_path: Path) -> None:
    paths = [tmp_path / "before.json", tmp_path / "after.json"]
    for path, count in zip(paths, (6, 7), strict=True):
        path.write_text(json.dumps(staffed(count)), encoding="utf-8")
    asked = ["simulate", str(paths[0]), "--against", str(paths[1]), "--runs", "10"]
    found = json.loads(CliRunner().invoke(app, [*asked, "--json"]).stdout)
    assert (found["runs"], found["confidence"]) == (10, 0.95)
    (before,), (after,) = found["before"]["classes"], found["after"]["classes"]
    (difference,) = found["difference"]["classes"]
    assert difference["asa_s"]["mean"] == pytest.approx(
        after["asa_s"]["mean"] - before["asa_s"]["mean"]
    )
    assert found["after"]["agents"][0]["occupancy"]["half_width"] > 0
    told = CliRunner().invoke(app, asked)
    assert told.exit_code == 0
    assert "difference" in told.stdout
    alone = json.loads(
        CliRunner().invoke(app, ["simulate", str(paths[0]), "--runs", "10", "--json"]).stdout
    )
    assert alone["classes"] == [before]
