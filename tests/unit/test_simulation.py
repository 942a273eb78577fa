"""What a simulated day comes to, where it can be worked out by hand."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from servicedesk.domain.errors import BadInput
from servicedesk.routing.simulation.dice import Dice
from servicedesk.routing.simulation.estimate import (
    Estimate,
    estimate,
    estimate_by_batches,
    student_quantile,
)
from servicedesk.routing.simulation.report import Report, simulate
from servicedesk.routing.simulation.scenario import Spread, read_scenario

HOUR = 3600


def scenario(**changes: Any) -> dict[str, Any]:
    """Sixty calls an hour for an hour, six minutes each, ten agents."""
    calls = {
        "name": "calls",
        "queue": "support",
        "channel": "voice",
        "arrivals_per_hour": 60,
        "handle_time_s": {"dist": "deterministic", "mean": 360},
    }
    group = {"count": 10, "queues": ["support"], "capacity": {"voice": 1}}
    document = {
        "seed": 7,
        "duration_s": HOUR,
        "queues": [{"name": "support"}],
        "classes": [calls],
        "agents": [group],
    }
    return {**document, **changes}


def ran(document: dict[str, Any]) -> Report:
    return simulate(read_scenario(json.dumps(document)), lambda _: True)


def with_class(document: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**document, "classes": [{**document["classes"][0], **changes}]}


def test_same_seed_gives_the_same_report_and_another_seed_another() -> None:
    document = scenario(agents=[{"count": 6, "queues": ["support"], "capacity": {"voice": 1}}])
    assert ran(document) == ran(document)
    assert ran(document) != ran({**document, "seed": 8})


def test_nobody_waits_where_there_is_an_agent_for_everybody() -> None:
    document = scenario(agents=[{"count": 90, "queues": ["support"], "capacity": {"voice": 1}}])
    (calls,) = ran(document).classes
    assert calls.offered == calls.served > 40
    assert (calls.p_wait, calls.asa_s, calls.p95_wait_s, calls.mean_queue) == (0, 0, 0, 0)
    assert calls.service_level == 1


def test_without_agents_everybody_waits_until_they_give_up() -> None:
    patience = {"dist": "deterministic", "mean": 30}
    report = ran(with_class(scenario(agents=[]), patience_s=patience))
    (calls,) = report.classes
    assert calls.offered == calls.abandoned > 40
    assert (calls.served, calls.asa_s, calls.p_wait, calls.service_level) == (0, None, None, 0)
    assert calls.mean_queue == pytest.approx(calls.offered * 30 / HOUR, rel=0.02)


def test_who_comes_when_all_trunks_are_taken_is_blocked() -> None:
    (calls,) = ran(scenario(trunk_limit=3)).classes
    assert 0 < calls.blocked < calls.offered
    assert calls.offered == calls.blocked + calls.served
    (none,) = ran(scenario(trunk_limit=0)).classes
    assert none.blocked == none.offered


def test_occupancy_is_the_work_done_over_the_time_available() -> None:
    (calls,), (group,) = ran(scenario(warmup_s=HOUR)).classes, ran(scenario(warmup_s=HOUR)).agents
    expected = calls.served * 360 / (10 * HOUR)
    assert group.occupancy == pytest.approx(expected, rel=0.15), "work at both ends is cut"


def test_what_comes_in_the_warm_up_is_not_counted() -> None:
    whole = ran(scenario(duration_s=3 * HOUR)).classes[0].offered
    late = ran(scenario(warmup_s=HOUR, duration_s=2 * HOUR)).classes[0].offered
    first = ran(scenario(duration_s=HOUR)).classes[0].offered
    assert first + late == whole


def test_orders_come_at_the_same_times_whatever_the_staff() -> None:
    """Common random numbers: two plans are compared on the same day."""
    few = scenario(agents=[{"count": 5, "queues": ["support"], "capacity": {"voice": 1}}])
    (less,), (more,) = ran(few).classes, ran(scenario()).classes
    assert less.offered == more.offered
    assert less.asa_s is not None
    assert more.asa_s is not None
    assert less.asa_s > more.asa_s


def test_chats_share_an_agent_up_to_their_capacity() -> None:
    chats = with_class(scenario(), channel="chat", arrivals_per_hour=600)
    three = {"count": 10, "queues": ["support"], "capacity": {"chat": 3}}
    crowded = ran(with_class(scenario(), channel="voice", arrivals_per_hour=600)).classes[0]
    shared = ran({**chats, "agents": [three]}).classes[0]
    assert crowded.asa_s is not None
    assert shared.asa_s is not None
    assert shared.asa_s < crowded.asa_s / 2


def test_step_lets_other_agents_help_after_a_while() -> None:
    """The specialists are too few; from two minutes on everybody may take their calls."""
    groups = [
        {"count": 4, "queues": ["special"], "capacity": {"voice": 1}},
        {"count": 9, "queues": ["support"], "capacity": {"voice": 1}},
    ]
    queues = [{"name": "special"}, {"name": "support"}]
    strict = with_class(scenario(queues=queues, agents=groups), queue="special")
    step = {"after_seconds": 120, "also_queues": ["support"]}
    lax = {**strict, "queues": [{"name": "special", "steps": [step]}, {"name": "support"}]}
    (before,), (after,) = ran(strict).classes, ran(lax).classes
    assert before.p95_wait_s is not None
    assert after.p95_wait_s is not None
    assert before.p95_wait_s > 200
    assert after.p95_wait_s == pytest.approx(120, abs=1e-3), "at the step, to the microsecond"


def test_full_queue_sends_callers_on() -> None:
    groups = [
        {"count": 1, "queues": ["small"], "capacity": {"voice": 1}},
        {"count": 9, "queues": ["support"], "capacity": {"voice": 1}},
    ]
    small = {"name": "small", "max_length": 1, "overflow": {"overflow_to": "support"}}
    document = with_class(
        scenario(queues=[small, {"name": "support"}], agents=groups), queue="small"
    )
    (calls,) = ran(document).classes
    assert calls.served == calls.offered
    strict = [{**small, "overflow": {"turn_away": True}}, {"name": "support"}]
    assert ran({**document, "queues": strict}).classes[0].blocked > 0


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"duration_s": 0}, "duration_s: Input should be greater than 0"),
        ({"seed": None}, "seed: Input should be a valid integer"),
        ({"extra": 1}, "extra: Extra inputs are not permitted"),
        ({"queues": []}, "queues: List should have at least 1 item"),
        ({"queues": [{"name": "a"}, {"name": "a"}]}, "two queue entries have the name 'a'"),
        ({"queues": [{"name": "other"}]}, "class 'calls' names the queue 'support'"),
        (
            {"queues": [{"name": "support", "steps": [{"after_seconds": 5, "overflow_to": "x"}]}]},
            "queue 'support' names the queue 'x'",
        ),
    ],
)
def test_scenario_that_is_wrong_is_refused_with_its_fault(
    changes: dict[str, Any], fault: str
) -> None:
    with pytest.raises(BadInput, match=re.escape(fault)):
        read_scenario(json.dumps(scenario(**changes)))


@pytest.mark.parametrize(
    ("spread", "deviation"),
    [
        (Spread(dist="exponential", mean=50), 50),
        (Spread(dist="deterministic", mean=50), 0),
        (Spread(dist="lognormal", mean=50, cv=0.5), 25),
    ],
)
def test_lengths_of_time_have_the_mean_and_spread_asked_for(
    spread: Spread, deviation: float
) -> None:
    draw = Dice(1).stream(spread, "x")
    found = [draw() for _ in range(100_000)]
    mean = sum(found) / len(found)
    spread_found = (sum((each - mean) ** 2 for each in found) / len(found)) ** 0.5
    assert mean == pytest.approx(50, rel=0.01)
    assert spread_found == pytest.approx(deviation, rel=0.02, abs=1e-9)


def test_cv_goes_with_lognormal_only() -> None:
    for spread in ({"dist": "lognormal", "mean": 5}, {"dist": "exponential", "mean": 5, "cv": 1}):
        with pytest.raises(BadInput, match="cv goes with dist lognormal"):
            read_scenario(json.dumps(with_class(scenario(), handle_time_s=spread)))


@pytest.mark.parametrize(
    ("share", "freedom", "table"), [(0.995, 9, 3.250), (0.995, 29, 2.756), (0.975, 19, 2.093)]
)
def test_quantile_of_student_is_that_of_the_tables(
    share: float, freedom: int, table: float
) -> None:
    assert student_quantile(share, freedom) == pytest.approx(table, rel=1e-3)


def test_estimate_says_how_sure_it_is() -> None:
    assert estimate([1, 1, 1]) == Estimate(1, 0)
    found = estimate_by_batches([0, 1] * 300 + [1])
    assert found.holds(0.5)
    assert not found.holds(0.6)
    with pytest.raises(ValueError, match="do not fill"):
        estimate_by_batches([1, 2])
