"""migrate: bring the database to the newest schema."""

import asyncio

from rich.console import Console

from servicedesk.app.schema import MIGRATIONS, TABLES
from servicedesk.kernel.config import load_settings
from servicedesk.kernel.migrate import migrate as run_migrations


def migrate() -> None:
    """Bring the database to the newest schema. Safe to run twice and from several hosts."""
    ran = asyncio.run(run_migrations(load_settings(), TABLES, MIGRATIONS))
    console = Console()
    for name in ran:
        console.print(f"applied [bold]{name}[/]")
    if not ran:
        console.print("The database is up to date.")
