"""What a database's schema holds, read from the database itself, in words that both kinds share."""

from dataclasses import dataclass

from servicedesk.kernel.database import Database

OURS = "name NOT LIKE 'sqlite_%' AND name <> 'tortoise_migrations'"


@dataclass(frozen=True, slots=True)
class SchemaFacts:
    """Counts and names per database, to be compared before and after a migration."""

    rows: dict[str, int]
    columns: frozenset[tuple[str, str, bool]]
    """(table, column, may be null)"""
    indexes: frozenset[str]
    uniques: frozenset[tuple[str, tuple[str, ...]]]
    """(table, columns in order)"""
    foreign_keys: frozenset[tuple[str, str, str]]
    """(table, column, referred table)"""


async def read_facts(database: Database) -> SchemaFacts:
    return await (_on_sqlite(database) if database.on_sqlite else _on_postgres(database))


async def _on_sqlite(database: Database) -> SchemaFacts:
    fetch = database.sql.fetch
    found = await fetch(f"SELECT name FROM sqlite_master WHERE type = 'table' AND {OURS}")
    tables = [row["name"] for row in found]
    columns, uniques, keys = set(), set(), set()
    for table in tables:
        for row in await fetch(f'PRAGMA table_info("{table}")'):
            columns.add((table, row["name"], not row["notnull"] and not row["pk"]))
        for row in await fetch(f'PRAGMA foreign_key_list("{table}")'):
            keys.add((table, row["from"], row["table"]))
        for row in await fetch(f'PRAGMA index_list("{table}")'):
            if row["unique"] and not row["partial"]:
                parts = await fetch(f'PRAGMA index_info("{row["name"]}")')
                uniques.add((table, tuple(part["name"] for part in parts)))
    named = await fetch("SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
    return SchemaFacts(
        rows=await _count(database, tables),
        columns=frozenset(columns),
        indexes=frozenset(row["name"] for row in named),
        uniques=frozenset(uniques),
        foreign_keys=frozenset(keys),
    )


async def _on_postgres(database: Database) -> SchemaFacts:
    fetch = database.sql.fetch
    columns = await fetch(
        "SELECT table_name, column_name, is_nullable = 'YES' AS nullable "
        "FROM information_schema.columns WHERE table_schema = 'public' "
        "AND table_name <> 'tortoise_migrations'"
    )
    indexes = await fetch(
        "SELECT indexname FROM pg_indexes WHERE schemaname = 'public' "
        "AND tablename <> 'tortoise_migrations'"
    )
    uniques = await fetch(
        """
        SELECT i.indrelid::regclass::text AS name,
               array_agg(a.attname::text ORDER BY k.place) AS parts
        FROM pg_index i
        CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (attnum, place)
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
        JOIN pg_class c ON c.oid = i.indrelid AND c.relnamespace = 'public'::regnamespace
        WHERE i.indisunique AND i.indpred IS NULL GROUP BY i.indexrelid, i.indrelid
        """
    )
    keys = await fetch(
        """
        SELECT c.conrelid::regclass::text AS name, a.attname AS part,
               c.confrelid::regclass::text AS referred
        FROM pg_constraint c
        JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
        WHERE c.contype = 'f'
        """
    )
    tables = sorted({row["table_name"] for row in columns})
    return SchemaFacts(
        rows=await _count(database, tables),
        columns=frozenset(
            (row["table_name"], row["column_name"], row["nullable"]) for row in columns
        ),
        indexes=frozenset(row["indexname"] for row in indexes),
        uniques=frozenset(
            (row["name"], tuple(row["parts"]))
            for row in uniques
            if row["name"] != "tortoise_migrations"
        ),
        foreign_keys=frozenset((row["name"], row["part"], row["referred"]) for row in keys),
    )


async def _count(database: Database, tables: list[str]) -> dict[str, int]:
    counts = {}
    for table in tables:
        [row] = await database.sql.fetch(f'SELECT count(*) AS rows FROM "{table}"')
        counts[table] = int(row["rows"])
    return counts
