"""Long simulations that are stopped: what was measured until then is told."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

from servicedesk.routing.simulation.compare import LEAST_RUNS, run_often
from servicedesk.routing.simulation.report import simulate
from servicedesk.routing.simulation.scenario import read_scenario
from tests.properties.simulated_loads import scenario_of

ARRIVALS = 10**8


def test_run_that_is_stopped_says_how_far_it_came() -> None:
    document = scenario_of([9], 10, 60_000)
    report = simulate(read_scenario(json.dumps(document)), lambda share: share < 0.3)
    assert report.stopped_at_s is not None
    assert 0.25 * document["duration_s"] < report.stopped_at_s < 0.6 * document["duration_s"]
    assert report.classes[0].served > 10_000


def test_several_runs_tell_how_far_they_are_and_stopped_keep_the_whole_ones() -> None:
    shares: list[float] = []

    def until_half(share: float) -> bool:
        shares.append(share)
        return share < 0.5

    scenario = read_scenario(json.dumps(scenario_of([9], 10, 11_000)))
    done = run_often([scenario], LEAST_RUNS, until_half)
    assert shares == sorted(shares)
    assert 0 < len(done) < LEAST_RUNS


def test_interrupt_prints_what_was_measured_until_then(tmp_path: Path) -> None:
    document = scenario_of([84], 90, ARRIVALS)
    path = tmp_path / "scenario.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    command = [sys.executable, "-m", "servicedesk.app.cli.main", "simulate", str(path), "--json"]
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
    assert 0 < found["stopped_at_s"] < document["duration_s"]
    assert found["classes"][0]["served"] > 0
