"""mail inspect and sanitize: how the desk understands an input, without a database or a server."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from servicedesk.channels.email.inspect import inspect_mail
from servicedesk.channels.email.sanitize import sanitize as clean
from servicedesk.domain.errors import BadInput

app = typer.Typer(help="How the desk understands a mail.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep `mail` a group, however few commands it has."""


@app.command()
def inspect(
    files: Annotated[list[Path], typer.Argument(help="Raw mails (RFC 5322).")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per file.")] = False,
) -> None:
    """Print what the desk reads out of each mail."""
    for file in files:
        try:
            raw = file.read_bytes()
        except OSError as error:
            raise BadInput(f"{file} cannot be read: {error.strerror}. Name a file.") from None
        found = inspect_mail(raw, str(file))
        typer.echo(json.dumps(found, indent=None if as_json else 2))


def sanitize() -> None:
    """Clean HTML from standard input as it would be shown to an agent, to standard output."""
    dirty = sys.stdin.buffer.read().decode("utf-8", "replace")
    typer.echo(clean(dirty).html)
