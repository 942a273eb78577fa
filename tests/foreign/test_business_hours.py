"""Business time as five other libraries' own tests expect it, asked of `servicedesk sla compute`.

Our bounds are written in the command's contract: half open, a sum that ends exactly as the desk
closes is due then and not at the next opening, and backwards it ends at an opening and not at the
closing before. Rows of vendors that chose the other bound (`quirk`, or an instant at the other end
of the same closure) are named and counted, never waved through: at most 5 % of a source.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from typer.testing import CliRunner

from servicedesk.app.cli import sla

Row = dict[str, Any]


class Verdict(NamedTuple):
    row: Row
    result: Any
    reason: str  # why it differs; empty if it does not


OFFERED = {
    "add_business_seconds": "add",
    "sub_business_seconds": "add",
    "business_seconds_between": "between",
    "is_open": "is_open",
    "next_open_moment": "next_open",
}
FEW = 20
MOST_CONTRADICTIONS = 0.05
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def offered_rows(folder: Path) -> list[Row]:
    text = (folder / "business_hours" / "cases.jsonl").read_text(encoding="utf-8")
    rows = [json.loads(line) for line in text.splitlines()]
    return [row for row in rows if row["op"] in OFFERED]


def case_of(row: Row) -> Row:
    case = {"id": row["id"], "op": OFFERED[row["op"]], **row["args"]}
    if row["op"] == "sub_business_seconds":
        case["seconds"] = -case["seconds"]
    return case


def calendar_of(schedule: Row) -> Row:
    """The same schedule in our words: a date with breaks becomes a special day without them."""
    special = dict(schedule["shifts"])
    for day, breaks in schedule["breaks"].items():
        weekday = WEEKDAYS[date.fromisoformat(day).weekday()]
        periods = special.get(day, schedule["hours"].get(weekday, []))
        special[day] = list(_without(periods, breaks))
    return {
        "time_zone": schedule["time_zone"],
        "week": schedule["hours"],
        "holidays": schedule["holidays"],
        "special_days": special,
    }


def _without(periods: Iterable[list[str]], breaks: Iterable[list[str]]) -> Iterable[list[str]]:
    left = [list(period) for period in periods]
    for begins, ends in breaks:
        left = [
            piece
            for opens, closes in left
            for piece in ([opens, min(closes, begins)], [max(opens, ends), closes])
            if piece[0] < piece[1]
        ]
    return left


def compute(folder: Path, schedule: Row, cases: list[Row]) -> tuple[dict[str, Any], int, str]:
    """Run the command once for all cases of one schedule: (results by id, exit code, errors)."""
    calendar, questions = folder / "calendar.json", folder / "cases.jsonl"
    calendar.write_text(json.dumps(calendar_of(schedule)))
    questions.write_text("".join(json.dumps(case) + "\n" for case in cases))
    arguments = ["compute", "--calendar", str(calendar), "--cases", str(questions), "--json"]
    done = CliRunner().invoke(sla.app, arguments)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    return {answer["id"]: answer["result"] for answer in answers}, done.exit_code, done.stderr


@pytest.fixture(scope="module")
def verdicts(foreign_cases: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Verdict]:
    """Each offered row with our result; a refusal is its error text."""
    by_schedule: dict[str, list[Row]] = defaultdict(list)
    for row in offered_rows(foreign_cases):
        refused = isinstance(row["expected"], dict)
        key = row["id"] if refused else json.dumps(row["schedule"], sort_keys=True)
        by_schedule[key].append(row)
    found: list[Verdict] = []
    folder = tmp_path_factory.mktemp("business-hours")
    for rows in by_schedule.values():
        schedule = rows[0]["schedule"]
        results, code, errors = compute(folder, schedule, [case_of(row) for row in rows])
        for row in rows:
            result = results.get(row["id"], {"exit": code, "error": errors})
            found.append(Verdict(row, result, _reason(folder, row, result)))
    return found


def _reason(folder: Path, row: Row, result: Any) -> str:
    """Why the result may differ: "" if it is equal, "unknown" if nothing explains it."""
    expected = row["expected"]
    if isinstance(expected, dict):
        refused = isinstance(result, dict) and result["exit"] == 1
        return "" if refused and "cases.jsonl" in result["error"] else "unknown"
    if result == expected:
        return ""
    if "quirk" in row:
        return str(row["quirk"])
    if OFFERED[row["op"]] != "add" or not isinstance(result, str):
        return "unknown"
    question = {"id": "apart", "op": "between", "start": result, "end": expected}
    apart, _, _ = compute(folder, row["schedule"], [question])
    return "the other end of the same closure" if apart["apart"] == 0 else "unknown"


def test_every_row_whose_question_we_offer_has_their_answer(
    verdicts: list[Verdict], capsys: pytest.CaptureFixture[str]
) -> None:
    against = [verdict for verdict in verdicts if verdict.reason]
    asked = dict(Counter(verdict.row["source"] for verdict in verdicts))
    lines = [f"{len(verdicts)} rows asked, {len(verdicts) - len(against)} equal; {asked}"]
    lines += [f"  {row['id']}: {row['expected']}, here {ours}: {why}" for row, ours, why in against]
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(lines) + "\n")
    assert verdicts
    assert [verdict for verdict in against if verdict.reason == "unknown"] == []


def test_few_rows_of_a_source_contradict_our_bounds(verdicts: list[Verdict]) -> None:
    asked = Counter(verdict.row["source"] for verdict in verdicts)
    against = Counter(verdict.row["source"] for verdict in verdicts if verdict.reason)
    too_many = {
        source: count
        for source, count in against.items()
        if asked[source] >= FEW and count > MOST_CONTRADICTIONS * asked[source]
    }
    assert too_many == {}
