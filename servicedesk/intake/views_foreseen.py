"""Reads, in one statement, what letting several messages into one inbox has to know.

It is read before their transaction, which then writes in one statement too. Nothing is locked: who
was quicker is found by the constraints of what is written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from servicedesk.desk.contacts import IDENTITY_KINDS, KnownSender, known_sender
from servicedesk.desk.foreknown import Foreknown
from servicedesk.desk.inboxes import FACTS, InboxFacts, inbox_of
from servicedesk.domain.ids import InboxId
from servicedesk.domain.messages import Inbound
from servicedesk.intake.lots import addresses_in, names_nothing
from servicedesk.kernel.numbers import TICKET_SERIES
from servicedesk.kernel.sql import Row, Sql, json_text
from servicedesk.routing.facts import QueueFacts
from servicedesk.routing.queues import COLUMNS as QUEUE_COLUMNS
from servicedesk.routing.queues import queue_of
from servicedesk.routing.rule_store import STAMP as RULES_STAMP
from servicedesk.sla.setup import REVISION, STAMP

_INBOX = tuple(name for name in FACTS.split(", ") if " " not in name)
_QUEUE = tuple(name.strip() for name in QUEUE_COLUMNS.split(","))
# Every look-up is by itself, one index at a time, and JSON hides the number of messages from the
# planner: PostgreSQL would plan the statement anew each time, which costs more than running it.
_SELECT = f"""
    SELECT asked.place, {", ".join(f"b.{name} AS inbox_{name}" for name in _INBOX)},
        {RULES_STAMP} AS inbox_rules, {", ".join(f"q.{name} AS queue_{name}" for name in _QUEUE)},
        q.team_id, q.calendar_id, {REVISION} AS setup_revision, {STAMP} AS setup_stamp,
        (SELECT array_agg(own.address::text) FROM inbox own
            WHERE own.channel = b.channel AND own.address = ANY($3)) AS own,
        EXISTS (SELECT 1 FROM arrival_key k WHERE k.inbox_id = b.id
            AND k.external_id = asked.external_id AND k.content_hash = asked.content_hash)
        OR EXISTS (SELECT 1 FROM mail_once o WHERE o.external_id = asked.external_id
            AND o.content_hash = asked.content_hash) AS known,
        (SELECT u.id FROM app_user u
            WHERE u.active AND u.email = asked.sender AND $4 = 'email') AS user_id,
        who.*, CASE WHEN asked.opens THEN nextval('{TICKET_SERIES}') END AS number
    FROM json_to_recordset($2::json)
        AS asked (place int, external_id text, content_hash text, sender text, opens boolean)
    JOIN inbox b ON b.id = $1
    JOIN queue q ON q.id = b.queue_id
    LEFT JOIN LATERAL (
        SELECT i.contact_id AS identity_contact_id, i.undeliverable_at, i.soft_bounces,
            c.id AS contact_id, c.name AS contact_name, c.locale AS contact_locale,
            c.time_zone AS contact_time_zone, n.id AS organization_id,
            n.name AS organization_name, n.tier AS organization_tier
        FROM contact_identity i
        JOIN contact c ON c.id = i.contact_id
        LEFT JOIN organization n ON n.id = c.organization_id
        WHERE i.kind = $4 AND i.value = asked.sender LIMIT 1
    ) who ON TRUE
    ORDER BY asked.place
"""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """`own`: those of the addresses in the messages that are ours. `known`: this message came in
    before, through this inbox or another."""

    inbox: InboxFacts
    own: frozenset[str]
    known: bool
    sender: KnownSender
    foreknown: Foreknown


async def foresee(
    sql: Sql, inbox_id: InboxId, messages: Sequence[Inbound]
) -> list[Foreseen] | None:
    """Return what is known for each message, all of one inbox and channel; PostgreSQL only.

    None if there is no such inbox. Each that may open a ticket draws its number here.
    """
    mentioned = {address for message in messages for address in addresses_in(message)}
    rows = await sql.fetch(
        _SELECT,
        inbox_id,
        json_text([_asked(place, message) for place, message in enumerate(messages)]),
        sorted(mentioned),
        IDENTITY_KINDS[messages[0].channel],
    )
    return [_foreseen(row) for row in rows] if len(rows) == len(messages) else None


def _asked(place: int, message: Inbound) -> dict[str, object]:
    return {
        "place": place,
        "external_id": message.external_id[:512],
        "content_hash": message.content_hash,
        "sender": message.sender.value,
        "opens": names_nothing(message),
    }


def _foreseen(row: Row) -> Foreseen:
    inbox = _inbox_of(_INBOX_NAMES, tuple(row[name] for name in _INBOX_ALIASES))
    queue = _queue_of(tuple(row[name] for name in _QUEUE_ALIASES))
    return Foreseen(
        inbox=inbox,
        own=frozenset(row["own"] or ()),
        known=bool(row["known"]),
        sender=known_sender({**row, "contact_id": row["identity_contact_id"]}),
        foreknown=Foreknown(queue, row),
    )


_INBOX_NAMES = (*_INBOX, "rules")
_INBOX_ALIASES = tuple(f"inbox_{name}" for name in _INBOX_NAMES)
_QUEUE_ALIASES = tuple(f"queue_{name}" for name in _QUEUE)


@lru_cache(maxsize=256)
def _inbox_of(names: tuple[str, ...], values: tuple[Any, ...]) -> InboxFacts:
    """Read an inbox; what reads the same is the same."""
    return inbox_of(_mapping(names, values))


@lru_cache(maxsize=256)
def _queue_of(values: tuple[Any, ...]) -> QueueFacts:
    return queue_of(_mapping(_QUEUE, values))


def _mapping(names: Sequence[str], values: Sequence[Any]) -> Mapping[str, Any]:
    return dict(zip(names, values, strict=True))
