"""Indexes with conditions, and the row whose version counts the changes of SLA policies."""

from typing import Any

from tortoise import migrations
from tortoise.migrations import operations as ops

STATEMENTS = (
    "CREATE INDEX ticket_clocks_next ON ticket_clocks (next_at, ticket_id) WHERE next_at IS NOT NULL",
    "CREATE INDEX finished_clock_unsigned ON finished_clock (ended_at, id) WHERE certificate IS NULL",
    "CREATE UNIQUE INDEX calendar_one_default ON calendar (is_default) WHERE is_default",
    "CREATE INDEX work_order_step ON work_order (step_due_at) WHERE step_due_at IS NOT NULL",
    "CREATE INDEX work_order_wrap_up ON work_order (wrap_up_until) WHERE wrap_up_until IS NOT NULL",
    "INSERT INTO setting (name, value, version) VALUES ('sla', '{}', 1)",
)


async def forward(_apps: Any, editor: Any) -> None:
    for statement in STATEMENTS:
        await editor.client.execute_query(statement)


class Migration(migrations.Migration):
    dependencies = [("servicedesk", "0003_mail_routing_sla")]
    initial = False

    operations = [ops.RunPython(forward)]
