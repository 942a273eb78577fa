"""The facts of new work for the rule table, from a message that comes in or from one kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from servicedesk.desk.inboxes import InboxFacts
from servicedesk.desk.tags import load_tags
from servicedesk.domain.belonging import Belonging
from servicedesk.domain.ids import ContactId
from servicedesk.domain.messages import ChannelKind, Inbound
from servicedesk.kernel.sql import Sql
from servicedesk.routing.classify import Classification, ClassifyFacts, classify
from servicedesk.routing.rule_store import rules_of
from servicedesk.routing.rules.rule import Rule


@dataclass(frozen=True, slots=True)
class WorkOf:
    """Whose work it is. `ticket_id`: on a ticket that was there before. `fields` are its own."""

    contact_id: ContactId
    fields: Mapping[str, str]
    ticket_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody wrote, as far as rules look at it."""

    channel: ChannelKind
    subject: str
    text: str
    language: str
    sender: str
    at: datetime


async def classify_inbound(
    sql: Sql, inbox: InboxFacts, inbound: Inbound, of: WorkOf
) -> Classification:
    """Ask the rules about what comes in."""
    words = Words(
        channel=inbound.channel,
        subject=inbound.subject,
        text=inbound.reply_text or inbound.text,
        language=inbound.language,
        sender=inbound.sender.value,
        at=inbound.received_at,
    )
    return await classify_words(sql, inbox, words, of)


async def classify_words(sql: Sql, inbox: InboxFacts, words: Words, of: WorkOf) -> Classification:
    """Ask the rules as they are now. Costs a statement only if they changed, and one more each if
    some of them look at the organization's tier, or at the tags of a ticket that has any."""
    rules = await rules_of(sql, inbox.rules_stamp)
    tier = await load_tier(sql, of.contact_id) if asks_tier(rules) else None
    tags: frozenset[str] = frozenset()
    if of.ticket_id is not None and any(rule.asks_tags for rule in rules):
        tags = await load_tags(sql, of.ticket_id)
    facts = ClassifyFacts(
        inbox_id=inbox.id,
        inbox_queue_id=inbox.queue_id,
        channel=words.channel,
        subject=words.subject,
        text=words.text,
        language=words.language,
        contact_id=of.contact_id,
        organization_tier=tier,
        at=words.at,
        sender=words.sender,
        fields={"brand": str(inbox.brand_id), **of.fields},
        tags=tags,
    )
    return classify(facts, rules)


def fields_of_new_ticket(inbound: Inbound, belonging: Belonging) -> dict[str, str]:
    return {
        "status": "new",
        "follow_up": _yes_or_no(said=belonging.follows_up is not None),
        "has_attachments": _yes_or_no(said=bool(inbound.attachments)),
    }


def asks_tier(rules: Sequence[Rule]) -> bool:
    return any(rule.asks_tier for rule in rules)


async def load_tier(sql: Sql, contact_id: UUID) -> str | None:
    """Return the tier of the contact's organization, if they have both."""
    row = await sql.fetch_one(
        "SELECT organization.tier FROM contact "
        "JOIN organization ON organization.id = contact.organization_id WHERE contact.id = $1",
        contact_id,
    )
    return None if row is None else row["tier"]


def _yes_or_no(*, said: bool) -> str:
    return "yes" if said else "no"
