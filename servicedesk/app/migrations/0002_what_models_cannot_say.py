"""Sequences, the stamping function, and indexes with conditions: what models cannot say.

Statements run one by one: Tortoise splits scripts at semicolons on SQLite.
"""

from typing import Any

from tortoise import migrations
from tortoise.migrations import operations as ops

BOTH = (
    "INSERT INTO journal_head (name, position) VALUES ('journal', 0)",
    "CREATE INDEX journal_unstamped ON journal (id) WHERE position IS NULL",
    "CREATE UNIQUE INDEX offer_one_open ON offer (order_id) WHERE state = 'open'",
    "CREATE INDEX offer_deadline ON offer (deadline) WHERE state = 'open'",
    "CREATE INDEX ticket_waiting ON ticket (waiting_since, id) WHERE waiting_since IS NOT NULL",
    """
    CREATE INDEX work_order_live ON work_order (queue_id, state, priority, virtual_start)
    WHERE state IN ('waiting', 'offered', 'active')
    """,
)

SQLITE = ("INSERT INTO number_series (name, drawn) VALUES ('ticket_number', 10000)",)

POSTGRESQL = (
    "CREATE SEQUENCE ticket_number START 10001 CACHE 1",
    # Returns the position of `entry`, or the head of the journal. One statement for the caller. The lock on journal_head makes stampers take turns; the second
    # statement has its own snapshot (READ COMMITTED), so it sees all that committed before it.
    """
    CREATE FUNCTION journal_stamp(entry bigint DEFAULT NULL) RETURNS bigint
    LANGUAGE plpgsql AS $function$
    DECLARE
        last bigint;
        stamped bigint;
    BEGIN
        IF EXISTS (SELECT 1 FROM journal WHERE position IS NULL) THEN
            SELECT position INTO last FROM journal_head WHERE name = 'journal' FOR UPDATE;
            WITH fresh AS (
                SELECT id, row_number() OVER (ORDER BY id) AS place
                FROM journal WHERE position IS NULL
            )
            UPDATE journal SET position = last + fresh.place FROM fresh WHERE journal.id = fresh.id;
            GET DIAGNOSTICS stamped = ROW_COUNT;
            IF stamped > 0 THEN
                UPDATE journal_head SET position = last + stamped WHERE name = 'journal';
            END IF;
        END IF;
        IF entry IS NULL THEN
            RETURN (SELECT position FROM journal_head WHERE name = 'journal');
        END IF;
        RETURN (SELECT position FROM journal WHERE id = entry);
    END
    $function$
    """,
)


async def forward(_apps: Any, editor: Any) -> None:
    own = SQLITE if editor.client.capabilities.dialect == "sqlite" else POSTGRESQL
    for statement in (*BOTH, *own):
        await editor.client.execute_query(statement)


class Migration(migrations.Migration):
    dependencies = [("servicedesk", "0001_initial")]
    initial = False

    operations = [ops.RunPython(forward)]
