"""What a table of rules would have made of past tickets, beside what the saved one would.

Both are asked about the same facts: the ticket's first message, its inbox and contact as they are
now. So a difference is the draft's doing, not that of what changed since.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from servicedesk.domain.ids import ContactId, InboxId, QueueId
from servicedesk.domain.messages import ChannelKind
from servicedesk.kernel.sql import Row, Sql, as_time, as_uuid
from servicedesk.routing.classify import Classification, ClassifyFacts, classify
from servicedesk.routing.rules.rule import Rule

PAST = """
    SELECT ticket.id, ticket.number, ticket.channel, ticket.brand_id, ticket.inbox_id,
        ticket.contact_id, ticket.follows_up_id, ticket.created_at,
        inbox.queue_id AS inbox_queue_id, organization.tier,
        message.subject, message.text, message.language, message.from_address,
        EXISTS (SELECT 1 FROM attachment WHERE attachment.message_id = message.id) AS has_files
    FROM ticket
    JOIN inbox ON inbox.id = ticket.inbox_id
    JOIN contact ON contact.id = ticket.contact_id
    LEFT JOIN organization ON organization.id = contact.organization_id
    JOIN message ON message.ticket_id = ticket.id AND message.seq = 1
    WHERE message.kind = 'inbound'
    ORDER BY ticket.created_at DESC, ticket.id DESC LIMIT $1
"""


@dataclass(frozen=True, slots=True)
class Changed:
    """A ticket that the draft treats otherwise: what each table says of it."""

    number: int
    before: Classification
    after: Classification


@dataclass(frozen=True, slots=True)
class DryRun:
    """`looked_at`: how many tickets were asked about; `changed`, newest first, are all of them."""

    looked_at: int
    changed: list[Changed]
    hits: dict[str, int]
    """By rule of the draft (its trace name): how many of the tickets it would have applied to."""


async def try_rules(sql: Sql, saved: Sequence[Rule], draft: Sequence[Rule], most: int) -> DryRun:
    """Ask both tables about the newest tickets that came in from outside, at most so many."""
    rows = await sql.fetch(PAST, most)
    changed: list[Changed] = []
    hits: dict[str, int] = {}
    for row in rows:
        facts = _facts(row)
        before, after = classify(facts, saved), classify(facts, draft)
        for line in after.trace:
            if line["hit"]:
                hits[str(line["rule"])] = hits.get(str(line["rule"]), 0) + 1
        if _told(before) != _told(after):
            changed.append(Changed(int(row["number"]), before, after))
    return DryRun(len(rows), changed, hits)


def _told(found: Classification) -> tuple[object, ...]:
    return (
        found.queue_id,
        found.priority,
        found.skills,
        found.preferred_user_id,
        found.attributes,
    )


def _facts(row: Row) -> ClassifyFacts:
    return ClassifyFacts(
        inbox_id=InboxId(as_uuid(row["inbox_id"])),
        inbox_queue_id=QueueId(as_uuid(row["inbox_queue_id"])),
        channel=ChannelKind(row["channel"]),
        subject=row["subject"] or "",
        text=row["text"],
        language=row["language"] or "",
        contact_id=ContactId(as_uuid(row["contact_id"])),
        organization_tier=row["tier"],
        at=as_time(row["created_at"]),
        sender=row["from_address"] or "",
        fields={
            "brand": str(as_uuid(row["brand_id"])),
            "status": "new",
            "follow_up": "no" if row["follows_up_id"] is None else "yes",
            "has_attachments": "yes" if row["has_files"] else "no",
        },
    )
