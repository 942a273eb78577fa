"""What leads into a queue: inboxes, rules of the table, queues that send orders on."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from servicedesk.domain.errors import BadInput, Conflict
from servicedesk.domain.messages import ChannelKind
from servicedesk.kernel.sql import Sql, as_uuid
from servicedesk.routing.queue_settings import COLUMNS, QueueSettings, settings_of
from servicedesk.routing.rule_store import load_table

IN_PERSON = frozenset({ChannelKind.CHAT, ChannelKind.VOICE})
"""Whoever waits here notices that nobody comes. Whoever wrote believes that they were heard."""


class QueueInUse(Conflict):
    """Something leads into the queue; `where` says what: inboxes, rules or queues."""

    code = "queue-in-use"


async def check_nothing_leads_in(sql: Sql, queue_id: UUID) -> None:
    """Raise QueueInUse for a queue that work still comes into: it cannot be switched off."""
    inbox = await sql.fetch_one(
        "SELECT id FROM inbox WHERE queue_id = $1 AND active LIMIT 1", queue_id
    )
    rules = (await load_table(sql)).rules
    rows = await sql.fetch(f"SELECT {COLUMNS} FROM queue WHERE active AND id <> $1", queue_id)
    leads = {
        "inboxes": inbox is not None,
        "rules": any(rule.active and rule.outcome.queue_id == queue_id for rule in rules),
        "queues": any(queue_id in settings_of(row).targets for row in rows),
    }
    where = [what for what, does in leads.items() if does]
    if where:
        raise QueueInUse(
            f"Work still comes into this queue, by: {', '.join(where)}. Change those first.",
            queue_id=str(queue_id),
            where=where,
        )


async def check_turning_away(sql: Sql, queue_id: UUID, settings: QueueSettings) -> None:
    """Raise BadInput if a queue that messages come into would turn orders away: nobody would ever
    be asked to answer them, and whoever wrote would not know."""
    path = _turns_away_at(settings)
    if path is not None and queue_id in await _reached_by_messages(sql, queue_id, settings):
        raise BadInput(
            "Messages come into this queue: work that is turned away would never be answered, and "
            "nobody would know. Choose a queue for the rest, or let it stay.",
            path=path,
        )


def _turns_away_at(settings: QueueSettings) -> str | None:
    for name, elsewhere in (("overflow", settings.overflow), ("outside", settings.outside)):
        if elsewhere.turn_away:
            return f"settings.{name}"
    for place, step in enumerate(settings.steps):
        if step.turn_away:
            return f"settings.steps.{place}"
    return None


async def _reached_by_messages(sql: Sql, queue_id: UUID, settings: QueueSettings) -> set[UUID]:
    """Return the queues that messages come into, straight or sent on."""
    reached = {
        as_uuid(row["queue_id"])
        for row in await sql.fetch("SELECT queue_id, channel FROM inbox")
        if ChannelKind(row["channel"]) not in IN_PERSON
    }
    if reached:
        rules = (await load_table(sql)).rules
        outcomes = [rule.outcome.queue_id for rule in rules if rule.active]
        reached.update(one for one in outcomes if one is not None)
    rows = await sql.fetch(f"SELECT id, {COLUMNS} FROM queue")
    onwards = {as_uuid(row["id"]): settings_of(row).targets for row in rows}
    return _closure(reached, {**onwards, queue_id: settings.targets})


def _closure(starts: Iterable[UUID], onwards: Mapping[UUID, set[UUID]]) -> set[UUID]:
    found: set[UUID] = set()
    ahead = list(starts)
    while ahead:
        reached = ahead.pop()
        if reached not in found:
            found.add(reached)
            ahead += onwards.get(reached, ())
    return found
