"""What a rule sees and what it may say."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from servicedesk.domain.ids import ContactId, InboxId, QueueId, UserId
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.tickets import Priority


@dataclass(frozen=True, slots=True)
class ClassifyFacts:
    """A piece of new work. `language` is a BCP 47 tag or empty; `at` is aware UTC.

    `sender` is the address that wrote, normalised. `fields` are the ticket's own, by name (see
    `ticket_field`); one that is missing is empty. `tags`: those of the ticket.
    """

    inbox_id: InboxId
    inbox_queue_id: QueueId
    channel: ChannelKind
    subject: str
    text: str
    language: str
    contact_id: ContactId
    organization_tier: str | None
    at: datetime
    sender: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule settles. None: it leaves that to the others. Skills add up over the rules, and
    so do `attributes`, words that travel with the work order."""

    queue_id: QueueId | None = None
    priority: Priority | None = None
    skills: Mapping[str, int] = field(default_factory=dict)
    preferred_user_id: UserId | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Miss:
    """The rule does not apply. `condition` names the first that failed, empty if there is none."""

    condition: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """`decide` is pure. `stops`: once it hits, only the rules that close are still asked.

    `closes`: it settles what nobody else has, whoever stopped before it. `asks_tier`: it looks at
    the organization's tier, `asks_tags` at the ticket's tags, which are worth a look into the
    database only then.
    """

    name: str
    decide: Callable[[ClassifyFacts], Finding | Miss]
    stops: bool = False
    closes: bool = False
    asks_tier: bool = False
    asks_tags: bool = False
