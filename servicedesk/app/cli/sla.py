"""sla: ask a calendar, with the very code that the running desk asks."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from servicedesk.domain.errors import BadInput
from servicedesk.sla.calendar.arithmetic import Calendar
from servicedesk.sla.calendar.reading import first_fault, read_hours
from servicedesk.sla.questions import Answer, answer, read_question

app = typer.Typer(help="Ask about promises and their calendars.", no_args_is_help=True)

_CALENDAR = typer.Option(..., "--calendar", help="Working hours as JSON; - is standard input.")
_CASES = typer.Option(..., "--cases", help="One question a line, as JSON; - is standard input.")

Case = dict[str, object]


class _Unusable(Exception):
    """What is wrong with the input, in one line that names the file."""


@app.callback()
def _group() -> None:
    """Keeps `compute` a word of its own while it is the only command here."""


@app.command()
def compute(
    calendar: Path = _CALENDAR,
    cases: Path = _CASES,
    *,
    as_json: bool = typer.Option(False, "--json", help="Print each case with its result as JSON."),
) -> None:
    """Answer questions about working time: add, between, is_open, next_open.

    Every case that has an answer is printed; if one has none, the exit code is 1.
    """
    faults: list[str] = []
    try:
        asked = _read_calendar(calendar)
        answered = _answer_all(asked, cases, faults)
        if as_json:
            for case, result in answered:
                typer.echo(json.dumps({**case, "result": result}, ensure_ascii=False))
        else:
            _print_table(answered)
    except _Unusable as unusable:
        faults.append(str(unusable))
    if faults:
        more = f" (and {len(faults) - 1} more cases)" if len(faults) > 1 else ""
        typer.echo(f"{faults[0]}{more}", err=True)
        raise typer.Exit(1)


def _read_calendar(path: Path) -> Calendar:
    try:
        return Calendar(read_hours(_read(path)))
    except BadInput as error:
        raise _Unusable(f"{path}: {error}") from None


def _answer_all(calendar: Calendar, path: Path, faults: list[str]) -> Iterator[tuple[Case, Answer]]:
    for number, line in enumerate(_read(path).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            case = json.loads(line)
            yield case, answer(calendar, read_question(case))
        except ValidationError as error:
            faults.append(f"{path}: line {number}: {first_fault(error)}")
        except (BadInput, OverflowError) as error:
            faults.append(f"{path}: line {number}: {error}")
        except ValueError as error:
            faults.append(f"{path}: line {number} is not JSON: {error}")


def _read(path: Path) -> str:
    try:
        content = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        return content.decode("utf-8-sig")
    except OSError as error:
        raise _Unusable(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise _Unusable(f"{path}: is not UTF-8 text") from None


def _print_table(answered: Iterator[tuple[Case, Answer]]) -> None:
    table = Table("op", "from", "to or seconds", "result", box=None)
    for case, result in answered:
        begun = case.get("start", case.get("at", ""))
        ended = case.get("end", case.get("seconds", ""))
        table.add_row(str(case["op"]), str(begun), str(ended), str(result))
    Console(soft_wrap=True).print(table)
