"""servicedesk simulate: what is printed where, and what a wrong scenario is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from servicedesk.app.cli.main import app
from servicedesk.domain.errors import BadInput

FIGURES = {"name", "offered", "blocked", "abandoned", "served", "p_wait", "asa_s", "p95_wait_s",
           "service_level", "mean_queue"}  # fmt: skip
SCENARIO: dict[str, Any] = {
    "seed": 1,
    "warmup_s": 3600,
    "duration_s": 36_000,
    "trunk_limit": None,
    "queues": [
        {"name": "support", "strategy": "longest_idle", "order": "priority_fifo", "steps": []}
    ],
    "classes": [
        {
            "name": "en",
            "queue": "support",
            "channel": "voice",
            "arrivals_per_hour": 504,
            "handle_time_s": {"dist": "exponential", "mean": 600},
            "patience_s": None,
            "skills": {"english": 1},
            "priority": 0,
            "service_level_s": 20,
        }
    ],
    "agents": [
        {
            "count": 90,
            "queues": ["support"],
            "skills": {"english": 3},
            "capacity": {"voice": 1},
        }
    ],
}


def written(folder: Path, document: object) -> str:
    path = folder / "scenario.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return str(path)


def test_result_has_the_figures_of_the_contract_and_repeats_to_the_last_digit(
    tmp_path: Path,
) -> None:
    path = written(tmp_path, SCENARIO)
    first, second = (
        json.loads(CliRunner().invoke(app, ["simulate", path, "--json"]).stdout) for _ in range(2)
    )
    assert set(first) == {"classes", "agents", "decisions", "decisions_per_s", "wall_s"}
    assert set(first["classes"][0]) == FIGURES
    assert set(first["agents"][0]) == {"group", "occupancy"}
    for taken in ("decisions_per_s", "wall_s"):
        assert first.pop(taken) > 0
        second.pop(taken)
    assert first == second


def test_scenario_comes_from_standard_input_and_is_told_in_words() -> None:
    result = CliRunner().invoke(app, ["simulate", "-"], input=json.dumps(SCENARIO))
    assert result.exit_code == 0
    assert "service level" in result.stdout
    assert "group-1" in result.stdout


def test_wrong_scenario_is_refused_by_its_file_and_fault(tmp_path: Path) -> None:
    path = written(tmp_path, {**SCENARIO, "seed": "one"})
    result = CliRunner().invoke(app, ["simulate", path, "--json"])
    assert isinstance(result.exception, BadInput)
    assert str(result.exception).startswith(f"{path}: seed: ")
    absent = CliRunner().invoke(app, ["simulate", str(tmp_path / "absent.json")])
    assert "cannot be read: No such file" in str(absent.exception)
