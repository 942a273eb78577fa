"""servicedesk simulate: what is printed where, and what a wrong scenario is told."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
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


def test_interrupt_prints_what_was_measured_until_then(tmp_path: Path) -> None:
    path = written(tmp_path, {**SCENARIO, "duration_s": 10**9})
    command = [sys.executable, "-m", "servicedesk.app.cli.main", "simulate", path, "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        process.stderr.readline()  # the first word of how far it is
        process.send_signal(signal.SIGINT)
        printed, said = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Stopped: the figures are of" in said
    found = json.loads(printed)
    assert 0 < found["stopped_at_s"] < 10**9
    assert found["classes"][0]["served"] > 0
