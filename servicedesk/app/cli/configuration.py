"""config: what this process would run with."""

import json

import typer
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from servicedesk.kernel.config import Settings, load_settings


def config(*, as_json: bool = typer.Option(False, "--json", help="Print JSON.")) -> None:
    """Print every setting, its value now and what it means. Secrets are not shown."""
    settings = load_settings()
    values = {name: _shown(getattr(settings, name)) for name in Settings.model_fields}
    if as_json:
        typer.echo(json.dumps(values, indent=2))
        return
    table = Table("setting", "environment", "value", "meaning", show_lines=False)
    for name, field in Settings.model_fields.items():
        table.add_row(name, f"SERVICEDESK_{name.upper()}", values[name], field.description or "")
    Console().print(table)


def _shown(value: object) -> str:
    if isinstance(value, SecretStr):
        return "(set)" if value.get_secret_value() else "(not set)"
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return str(value)
