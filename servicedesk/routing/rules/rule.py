"""What a rule sees and what it may say."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from servicedesk.domain.ids import ContactId, InboxId, QueueId
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.tickets import Priority


@dataclass(frozen=True, slots=True)
class ClassifyFacts:
    """A piece of new work. `language` is a BCP 47 tag or empty; `at` is aware UTC."""

    inbox_id: InboxId
    inbox_queue_id: QueueId
    channel: ChannelKind
    subject: str
    text: str
    language: str
    contact_id: ContactId
    organization_tier: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule settles. None: it leaves that to the others. Skills add up over the rules."""

    queue_id: QueueId | None = None
    priority: Priority | None = None
    skills: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rule:
    """`decide` returns None where the rule does not apply. It is pure."""

    name: str
    decide: Callable[[ClassifyFacts], Finding | None]
