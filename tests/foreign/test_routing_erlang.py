"""Erlang figures of others: our formulas to the digit, and the engine, simulated, within three
standard errors of them.

The product sells no staffing calculator, so rows that ask how many agents are required are not
applicable; they are listed.
"""

from __future__ import annotations

import json
import sys
from math import exp
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from servicedesk.routing.simulation.estimate import estimate
from tests.properties.queueing_theory import erlang_a, erlang_c
from tests.properties.simulated_loads import run, scenario_of

Row = dict[str, Any]
APPLICABLE = frozenset({"erlang_c", "erlang_a"})
REPLICATIONS = 4
ARRIVALS = 20_000
SELDOM = 0.01
"""Where fewer have to wait, a run of this length sees too few to judge by: formula only."""


@pytest.fixture(scope="module")
def rows(foreign_cases: Path) -> list[Row]:
    text = (foreign_cases / "routing_erlang" / "cases.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def load_of(row: Row) -> float:
    if "traffic_erlang" in row:
        return float(row["traffic_erlang"])
    return float(row["calls"] * row["aht_min"] / row["interval_min"])


def by_formula(row: Row) -> dict[str, float]:
    """Every figure that the rows expect and that a formula here gives."""
    load, agents, handle_s = load_of(row), row["agents"], row["aht_min"] * 60
    if row["model"] == "erlang_a":
        found = erlang_a(load, agents, row["patience_min"] / row["aht_min"])
        return {
            "waiting_probability": found.p_wait,
            "abandonment_probability": found.p_abandon,
            "occupancy": load * (1 - found.p_abandon) / agents,
            "average_speed_of_answer_min": found.mean_wait * row["aht_min"],
        }
    found = erlang_c(load, agents)
    within = row["answer_within_s"] / handle_s
    return {
        "waiting_probability": found.p_wait,
        "service_level": 1 - found.p_wait * exp(-(agents - load) * within),
        "average_speed_of_answer_s": found.mean_wait * handle_s,
        "occupancy": load / agents,
    }


def test_formulas_agree_with_every_row(rows: list[Row]) -> None:
    apart = []
    for row in rows:
        if row["model"] not in APPLICABLE:
            continue
        ours = by_formula(row)
        for figure, expected in row["expected"].items():
            if figure in ours and abs(ours[figure] - expected) > max(row["tol"], 1e-6 * expected):
                apart.append((row["id"], figure, expected, ours[figure]))
    assert apart == []


def test_simulated_waits_agree_with_every_row(
    rows: list[Row], capsys: pytest.CaptureFixture[str]
) -> None:
    """Poisson calls and exponential handling on the engine, agents always ready, first come first
    served; within three standard errors of four replications for P(wait), and for P(abandon)."""
    lines, apart = [], []
    for row in rows:
        expected = row["expected"]
        if row["model"] not in APPLICABLE or expected["waiting_probability"] < SELDOM:
            lines.append(f"  not simulated: {row['id']} ({_why_not(row)})")
            continue
        for figure, values in simulated(row).items():
            mean, error = fmean(values), estimate(values, confidence=0.6827).half_width
            lines.append(f"  {row['id']}: {figure} {mean:.4f} for {expected[figure]:.4f}")
            if abs(mean - expected[figure]) > 3 * error:
                apart.append((row["id"], figure, expected[figure], mean, error))
    with capsys.disabled():
        sys.stdout.write("\nErlang rows:\n" + "\n".join(lines) + "\n")
    assert apart == []


def simulated(row: Row) -> dict[str, list[float]]:
    handle_s = row["aht_min"] * 60
    patience = row["patience_min"] * 60 * 600 / handle_s if "patience_min" in row else None
    document = scenario_of([load_of(row)], row["agents"], ARRIVALS, patience_seconds=patience)
    found: dict[str, list[float]] = {"waiting_probability": []}
    if patience is not None:
        found["abandonment_probability"] = []
    for number in range(REPLICATIONS):
        outcome = run({**document, "seed": document["seed"] + 1_000_000 * number})
        (tally,) = outcome.classes
        waited = sum(wait > 0 for wait in tally.waits) + tally.abandoned
        found["waiting_probability"].append(waited / tally.offered)
        if patience is not None:
            found["abandonment_probability"].append(tally.abandoned / tally.offered)
    return found


def _why_not(row: Row) -> str:
    if row["model"] not in APPLICABLE:
        return f"asks for {row['model']}: there is no staffing calculator"
    return "next to nobody waits: formula only"
