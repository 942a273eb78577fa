"""config: what this process would run with."""

import json

import typer
from pydantic import SecretStr
from rich.console import Console
from rich.markup import escape

from servicedesk.kernel.config import Settings, load_settings


def config(*, as_json: bool = typer.Option(False, "--json", help="Print JSON.")) -> None:
    """Print every setting, its value now and what it means. Secrets are not shown."""
    settings = load_settings()
    values = {name: _shown(getattr(settings, name)) for name in Settings.model_fields}
    if as_json:
        typer.echo(json.dumps(values, indent=2))
        return
    console = Console(soft_wrap=True)
    for name, field in Settings.model_fields.items():
        console.print(f"[bold]SERVICEDESK_{name.upper()}[/] = {escape(values[name]) or '(empty)'}")
        console.print(f"    {escape(field.description or '')}", style="dim")


def _shown(value: object) -> str:
    if isinstance(value, SecretStr):
        return "(set)" if value.get_secret_value() else "(not set)"
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return str(value)
