"""Rebuilds a table on SQLite without losing what Tortoise forgets.

SQLite alters most things by making the table anew. Tortoise's rebuild (1.1.9, reproduced) leaves
out every index and every unique constraint over several columns. Here both are made again in the
same transaction, and rows and foreign keys are counted: less than before stops the migration.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tortoise.migrations.executor import MigrationExecutor
from tortoise.migrations.schema_editor import BaseSchemaEditor, SqliteSchemaEditor

from servicedesk.domain.errors import ConfigurationError

INDEXES = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql <> ''"


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a table must still have after its rebuild."""

    rows: int
    foreign_keys: frozenset[tuple[str, str, str, str]]
    """(column, referred table, referred column, on delete)"""
    uniques: frozenset[tuple[str, ...]]
    indexes: dict[str, tuple[str, tuple[str, ...]]]
    """name → (statement that makes it, columns)"""


class CarefulSqliteEditor(SqliteSchemaEditor):
    async def _remake_table(
        self,
        model: Any,
        create_field: Any = None,
        delete_field: Any = None,
        alter_fields: Any = None,
    ) -> None:
        table = model._meta.db_table  # noqa: SLF001  # there is no other way to the name
        before = await self._look(table)
        await super()._remake_table(model, create_field, delete_field, alter_fields)
        gone = {_column(delete_field)} if delete_field else set[str]()
        await self._restore(table, before, gone)
        _compare(table, before, await self._look(table), gone)

    async def _look(self, table: str) -> _Shape:
        [counted] = await self._query(f'SELECT count(*) AS rows FROM "{table}"')
        keys = await self._query(f'PRAGMA foreign_key_list("{table}")')
        listed = await self._query(f'PRAGMA index_list("{table}")')
        columns = {row["name"]: await self._columns_of(row["name"]) for row in listed}
        written = await self._query(INDEXES, table)
        return _Shape(
            rows=counted["rows"],
            foreign_keys=frozenset(
                (row["from"], row["table"], row["to"], row["on_delete"]) for row in keys
            ),
            uniques=frozenset(
                columns[row["name"]] for row in listed if row["unique"] and not row["partial"]
            ),
            indexes={row["name"]: (row["sql"], columns[row["name"]]) for row in written},
        )

    async def _restore(self, table: str, before: _Shape, gone: set[str]) -> None:
        after = await self._look(table)
        for name, (statement, columns) in before.indexes.items():
            if name not in after.indexes and not gone.intersection(columns):
                await self.client.execute_query(statement)
        after = await self._look(table)
        for columns in sorted(before.uniques - after.uniques):
            if not gone.intersection(columns):
                name = "_".join(("uid", table, *columns))
                listed = ", ".join(f'"{column}"' for column in columns)
                await self.client.execute_query(
                    f'CREATE UNIQUE INDEX "{name}" ON "{table}" ({listed})'
                )

    async def _columns_of(self, index: str) -> tuple[str, ...]:
        rows = await self._query(f'PRAGMA index_info("{index}")')
        return tuple(row["name"] for row in rows)

    async def _query(self, statement: str, *values: object) -> Sequence[dict[str, Any]]:
        return await self.client.execute_query_dict(statement, list(values))


class CarefulExecutor(MigrationExecutor):
    """Tortoise's executor, with our editor where the database is SQLite."""

    def _schema_editor(self, atomic: bool = True, collect_sql: bool = False) -> BaseSchemaEditor:  # noqa: FBT001, FBT002  # as Tortoise declares it
        if self.connection.capabilities.dialect == "sqlite":
            return CarefulSqliteEditor(self.connection, atomic=atomic, collect_sql=collect_sql)
        return super()._schema_editor(atomic, collect_sql)


def _column(field: Any) -> str:
    return str(field.source_field or field.model_field_name)


def _compare(table: str, before: _Shape, after: _Shape, gone: set[str]) -> None:
    """Raise ConfigurationError, which rolls the migration back, if the table lost something."""
    lost_keys = {key for key in before.foreign_keys - after.foreign_keys if key[0] not in gone}
    if after.rows != before.rows or lost_keys:
        raise ConfigurationError(
            f"Migrating the table {table} would lose {before.rows - after.rows} rows and the "
            f"foreign keys {sorted(lost_keys)}. Nothing was changed. Report this."
        )
