"""Which modules hold tables, for the database and for the migration tool."""

from servicedesk.kernel.config import Settings
from servicedesk.kernel.database import connection_url, tortoise_config

TABLES = (
    "servicedesk.kernel.tables",
    "servicedesk.people.tables",
    "servicedesk.sla.tables",
    "servicedesk.routing.tables",
    "servicedesk.desk.tables",
    "servicedesk.desk.tables_automatic",
    "servicedesk.intake.tables",
)
MIGRATIONS = "servicedesk.app.migrations"


def __getattr__(name: str) -> object:
    """Give the migration tool its configuration (`tortoise makemigrations`), from the settings."""
    if name == "TORTOISE_ORM":
        return tortoise_config(connection_url(Settings()), TABLES, MIGRATIONS)
    raise AttributeError(name)
