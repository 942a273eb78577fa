"""sla: ask a calendar, with the very code that the running desk asks."""

import asyncio
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from servicedesk.app.wiring import open_services
from servicedesk.domain.errors import BadInput
from servicedesk.kernel.config import load_settings
from servicedesk.kernel.secrets import load_secrets
from servicedesk.kernel.webhook_signatures import webhook_secrets
from servicedesk.sla.audit import Disagreement, Dodge, month_of, verify_month
from servicedesk.sla.calendar.arithmetic import Calendar
from servicedesk.sla.calendar.reading import first_fault, read_hours
from servicedesk.sla.questions import Answer, answer, read_question

app = typer.Typer(help="Ask about promises and their calendars.", no_args_is_help=True)

_CALENDAR = typer.Option(..., "--calendar", help="Working hours as JSON; - is standard input.")
_CASES = typer.Option(..., "--cases", help="One question a line, as JSON; - is standard input.")

Case = dict[str, object]
Finding = Disagreement | Dodge


class _Unusable(Exception):
    """What is wrong with the input, in one line that names the file."""


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


@app.command()
def verify(
    month: str = typer.Option(..., "--month", help="Which month, as YYYY-MM, in UTC."),
    *,
    as_json: bool = typer.Option(False, "--json", help="Print each finding as a line of JSON."),
) -> None:
    """Work out a month's results again, with a verifier that shares no code with the clocks.

    Lists where the two disagree (exit code 1), and who set tickets to stand still while their
    contact waited for an answer.
    """
    try:
        span = month_of(month)
    except BadInput as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    disagreements = asyncio.run(_verify(span, _say_json if as_json else _say))
    if disagreements:
        raise typer.Exit(1)


@app.command("webhook-secret")
def webhook_secret(url: str = typer.Argument(help="The address as the policy has it.")) -> None:
    """Print the secrets that calls of a webhook are signed with, the newest first."""
    for secret in webhook_secrets(load_secrets(load_settings()), url):
        typer.echo(secret)


async def _verify(span: tuple[datetime, datetime], say: Callable[[Finding], None]) -> int:
    clocks = disagreements = dodges = 0
    async with open_services(load_settings()) as services:
        async for found in verify_month(services.database.sql, services.secrets, *span):
            listed: list[Finding] = [*found.disagreements, *found.dodges]
            for one in listed:
                say(one)
            clocks += found.clocks
            disagreements += len(found.disagreements)
            dodges += len(found.dodges)
    typer.echo(
        f"{clocks} clocks ended from {span[0]:%Y-%m-%d} to {span[1]:%Y-%m-%d}: {disagreements} "
        f"disagreements, {dodges} pauses while the contact waited.",
        err=True,
    )
    return disagreements


def _say(finding: Finding) -> None:
    clock = " ".join(map(str, finding.clock)) if finding.clock else "-"
    if isinstance(finding, Disagreement):
        typer.echo(
            f"ticket {finding.ticket_id}  {clock}  {finding.field}: the clock says "
            f"{finding.clock_says!r}, the verifier {finding.verifier_says!r}"
        )
    else:
        typer.echo(
            f"ticket {finding.ticket_id}  {clock}  stood still from {finding.at.isoformat()} on "
            "while the contact waited"
        )


def _say_json(finding: Finding) -> None:
    kind = "disagreement" if isinstance(finding, Disagreement) else "paused_while_waiting"
    typer.echo(json.dumps({"finding": kind, **asdict(finding)}, default=str))


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
