"""`servicedesk sla compute`: the fixed form of its lines, and what it says of bad input."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from servicedesk.app.cli import sla

CALENDAR = {
    "time_zone": "Europe/Berlin",
    "week": {"mon": [["09:00", "12:30"], ["13:30", "18:00"]]},
    "holidays": ["2026-12-28"],
    "special_days": {"2026-12-24": [["09:00", "12:00"]]},
}
CASES: list[tuple[dict[str, Any], object]] = [
    (
        {"op": "add", "start": "2026-11-23T09:00:00+01:00", "seconds": 12_601},
        "2026-11-23T12:30:01Z",
    ),
    ({"op": "add", "start": "2026-11-23T09:00:00+01:00", "seconds": 0}, "2026-11-23T08:00:00Z"),
    ({"op": "add", "start": "2026-11-23T10:00:00+01:00", "seconds": -1}, "2026-11-23T08:59:59Z"),
    (
        {"op": "between", "start": "2026-12-24T00:00:00Z", "end": "2026-12-29T00:00:00Z"},
        10_800,
    ),
    (
        {"op": "between", "start": "2026-12-29T00:00:00Z", "end": "2026-12-24T08:00:00.5Z"},
        -10_799.5,
    ),
    ({"op": "is_open", "at": "2026-11-23T08:00:00Z"}, True),
    ({"op": "is_open", "at": "2026-11-23T17:00:00Z"}, False),
    ({"op": "next_open", "at": "2026-12-24T11:00:00Z"}, "2027-01-04T08:00:00Z"),
]


def run(folder: Path, calendar: object, lines: list[str]) -> tuple[list[Any], int, str]:
    paths = folder / "hours.json", folder / "cases.jsonl"
    paths[0].write_text(calendar if isinstance(calendar, str) else json.dumps(calendar))
    paths[1].write_text("\n".join(lines) + "\n")
    arguments = ["compute", "--calendar", str(paths[0]), "--cases", str(paths[1]), "--json"]
    done = CliRunner().invoke(sla.app, arguments)
    return [json.loads(line) for line in done.stdout.splitlines()], done.exit_code, done.stderr


def test_each_case_comes_back_with_its_result(tmp_path: Path) -> None:
    lines = [json.dumps({"note": "mine", **case}) for case, _ in CASES]
    answers, code, errors = run(tmp_path, CALENDAR, lines)
    assert answers == [{"note": "mine", **case, "result": result} for case, result in CASES]
    assert (code, errors) == (0, "")


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("{", "line 2 is not JSON"),
        ('{"op": "subtract"}', "line 2: .*subtract"),
        ('{"op": "is_open", "at": "2026-11-23T08:00:00"}', "line 2: is_open.at: .*timezone"),
        ('{"op": "is_open"}', "line 2: is_open.at: .*required"),
        ('{"op": "add", "start": "2026-11-23T08:00:00Z", "seconds": "5"}', "add.seconds: .*int"),
        ('{"op": "add", "start": "2026-11-23T08:00:00Z", "seconds": 1e30}', "add.seconds"),
        ('{"op": "add", "start": "9999-12-31T23:59:59Z", "seconds": 1}', "line 2: .*2499"),
        ("[1]", "line 2"),
    ],
)
def test_a_bad_case_is_named_and_the_others_are_answered(
    tmp_path: Path, line: str, fault: str
) -> None:
    good = '{"op": "is_open", "at": "2026-11-23T08:00:00Z"}'
    answers, code, errors = run(tmp_path, CALENDAR, [good, line, good])
    assert [answer["result"] for answer in answers] == [True, True]
    assert code == 1
    assert re.search(fault, errors)
    assert "cases.jsonl" in errors
    assert errors.count("\n") == 1


def test_a_bad_calendar_is_named(tmp_path: Path) -> None:
    answers, code, errors = run(tmp_path, {**CALENDAR, "time_zone": "Mars"}, [])
    assert (answers, code) == ([], 1)
    assert "hours.json: There is no time zone 'Mars'" in errors


def test_a_target_on_a_calendar_that_never_opens_is_refused(tmp_path: Path) -> None:
    closed = {"time_zone": "Etc/UTC", "week": {}}
    line = '{"op": "add", "start": "2026-11-23T08:00:00Z", "seconds": 60}'
    answers, code, errors = run(tmp_path, closed, [line])
    assert (answers, code) == ([], 1)
    assert "cases.jsonl: line 1: This calendar has no working time" in errors


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    missing = str(tmp_path / "nowhere.json")
    done = CliRunner().invoke(sla.app, ["compute", "--calendar", missing, "--cases", missing])
    assert done.exit_code == 1
    assert "nowhere.json: cannot be read" in done.stderr


def test_wrong_usage_is_exit_code_two() -> None:
    assert CliRunner().invoke(sla.app, ["compute"]).exit_code == 2
