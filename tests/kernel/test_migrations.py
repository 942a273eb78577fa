"""Migrations: on a full database nothing is lost, and what models say is what the schema is."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from tortoise.context import TortoiseContext
from tortoise.exceptions import IntegrityError
from tortoise.migrations.autodetector import MigrationAutodetector

from servicedesk.app import migrations as current
from servicedesk.app.schema import MIGRATIONS, TABLES
from servicedesk.domain.errors import ConfigurationError
from servicedesk.kernel.bus import LocalBus
from servicedesk.kernel.config import Settings
from servicedesk.kernel.database import connection_url, tortoise_config
from servicedesk.kernel.migrate import migrate, pending
from tests.databases import opened
from tests.kernel.filling import ROWS, all_models, fill
from tests.kernel.schema_facts import SchemaFacts, read_facts

NEXT = """
from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("servicedesk", "{last}")]
    initial = False
    operations = [{operations}]
"""
Later = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Migrated:
    before: SchemaFacts
    after: SchemaFacts


@pytest.fixture
def next_migrations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Later:
    """Write the migrations of a next release, with these operations; return their module."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(operations: str) -> str:
        name = f"next_release_{len(list(tmp_path.glob('next_release_*')))}_{tmp_path.name[-8:]}"
        package = tmp_path / name.replace("-", "_")
        shutil.copytree(Path(current.__file__).parent, package)
        last = max(path.stem for path in package.glob("0*.py"))
        text = NEXT.format(last=last, operations=operations)
        (package / "9999_next.py").write_text(text)
        return package.name

    return write


@pytest_asyncio.fixture
async def migrate_full(
    settings: Settings, bus: LocalBus, next_migrations: Later
) -> Callable[[str], Awaitable[Migrated]]:
    """Fill the database, apply the operations, and tell what it held before and after."""

    async def run(operations: str) -> Migrated:
        async with opened(settings, bus) as database:
            await fill(database)
            before = await read_facts(database)
        await migrate(settings, TABLES, next_migrations(operations))
        async with opened(settings, bus) as database:
            return Migrated(before, await read_facts(database))

    return run


MigrateFull = Callable[[str], Awaitable[Migrated]]


async def test_altering_parent_tables_loses_no_row_index_or_constraint(
    migrate_full: MigrateFull,
) -> None:
    found = await migrate_full(
        """
        ops.AlterField("TicketRow", "channel", fields.CharField(max_length=40)),
        ops.AlterField("UserRow", "name", fields.CharField(max_length=300)),
        ops.AlterField("TeamMemberRow", "id", fields.UUIDField(primary_key=True)),
        ops.AlterField("OfferRow", "state", fields.CharField(max_length=40)),
        ops.AlterField("JournalRow", "kind", fields.CharField(max_length=80)),
        """
    )
    assert found.after.rows == found.before.rows
    assert found.after.columns == found.before.columns
    assert found.after.uniques == found.before.uniques
    assert found.after.foreign_keys == found.before.foreign_keys
    added = found.after.indexes - found.before.indexes
    assert found.before.indexes <= found.after.indexes
    assert all(name.startswith("uid_") for name in added)  # a constraint, made again as an index
    assert min(found.after.rows.values()) >= 1
    assert sum(found.after.rows.values()) >= ROWS * len(all_models())


async def test_added_field_has_its_default_in_every_row(
    migrate_full: MigrateFull, settings: Settings, bus: LocalBus
) -> None:
    found = await migrate_full(
        'ops.AddField("TicketRow", "mood", fields.CharField(max_length=16, db_default="calm"))'
    )
    assert found.after.columns - found.before.columns == {("ticket", "mood", False)}
    assert found.after.rows == found.before.rows
    async with opened(settings, bus) as database:
        rows = await database.sql.fetch("SELECT DISTINCT mood FROM ticket")
    assert rows == [{"mood": "calm"}]


async def test_removed_field_takes_only_its_own_column(migrate_full: MigrateFull) -> None:
    found = await migrate_full('ops.RemoveField("TicketRow", "language")')
    assert found.before.columns - found.after.columns == {("ticket", "language", True)}
    assert found.after.indexes == found.before.indexes
    assert found.after.uniques == found.before.uniques
    assert found.after.foreign_keys == found.before.foreign_keys
    assert found.after.rows == found.before.rows


async def test_removed_index_does_not_come_back_with_a_rebuild(migrate_full: MigrateFull) -> None:
    found = await migrate_full(
        """
        ops.RemoveIndex("TicketRow", name="ticket_updated"),
        ops.AlterField("TicketRow", "channel", fields.CharField(max_length=40)),
        """
    )
    assert found.before.indexes - found.after.indexes == {"ticket_updated"}
    assert found.after.rows == found.before.rows


async def test_uniqueness_still_holds_after_a_rebuild(
    migrate_full: MigrateFull, settings: Settings, bus: LocalBus
) -> None:
    await migrate_full(
        'ops.AlterField("ContactIdentityRow", "value", fields.CharField(max_length=400))'
    )
    copied = (
        "INSERT INTO contact_identity (id, contact_id, kind, value, created_at) "
        "SELECT $1, contact_id, kind, value, created_at FROM contact_identity LIMIT 1"
    )
    async with opened(settings, bus) as database:
        with pytest.raises(IntegrityError):
            await database.sql.execute(copied, "018e0000-0000-7000-8000-000000000000")


async def test_failing_migration_leaves_no_trace(
    settings: Settings, bus: LocalBus, next_migrations: Later
) -> None:
    async with opened(settings, bus) as database:
        await fill(database)
        before = await read_facts(database)
    module = next_migrations(
        """
        ops.AlterField("TicketRow", "channel", fields.CharField(max_length=40)),
        ops.RunSQL("SELECT * FROM no_such_table", ""),
        """
    )
    with pytest.raises(Exception, match="no_such_table"):
        await migrate(settings, TABLES, module)
    async with opened(settings, bus) as database:
        assert await read_facts(database) == before
    assert await pending(settings, TABLES, module) == ["9999_next"]


async def test_rows_that_point_nowhere_stop_the_desk(
    sqlite_settings: Settings, next_migrations: Later
) -> None:
    module = next_migrations(
        'ops.RunSQL("INSERT INTO team_member (id, team_id, user_id) VALUES (1, 2, 3)", "")'
    )
    with pytest.raises(ConfigurationError, match="team_member"):
        await migrate(sqlite_settings, TABLES, module)


async def test_migrating_twice_does_nothing_the_second_time(settings: Settings) -> None:
    assert await migrate(settings, TABLES, MIGRATIONS) == []
    assert await pending(settings, TABLES, MIGRATIONS) == []


async def test_several_processes_may_migrate_at_once(
    postgres_settings: Settings, next_migrations: Later
) -> None:
    module = next_migrations(
        'ops.AddField("TicketRow", "mood", fields.CharField(max_length=16, db_default="calm"))'
    )
    ran = await asyncio.gather(*(migrate(postgres_settings, TABLES, module) for _ in range(3)))
    assert sorted(ran) == [[], [], ["servicedesk.9999_next"]]


async def test_models_ask_for_no_further_migration(settings: Settings) -> None:
    config = tortoise_config(connection_url(settings), TABLES, MIGRATIONS)
    async with TortoiseContext() as context:
        await context.init(config=config)
        assert context.apps is not None
        changes = await MigrationAutodetector(context.apps, config["apps"]).changes()
    wanted = [operation.describe() for writer in changes for operation in writer.operations]
    assert wanted == []


async def test_migrated_schema_is_what_the_models_say(settings: Settings, bus: LocalBus) -> None:
    async with opened(settings, bus) as database:
        found = (await read_facts(database)).columns
    said = {
        (model._meta.db_table, column, _is_null(model._meta.fields_map[name]))
        for model in all_models()
        for name, column in model._meta.fields_db_projection.items()
    }
    assert found == said


def _is_null(field: object) -> bool:
    return bool(getattr(field, "null", False))
