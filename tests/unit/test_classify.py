"""Which queue, which skills, how urgent, and what each rule said."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from servicedesk.domain.ids import ContactId, InboxId, QueueId
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.tickets import Priority
from servicedesk.routing.classify import ClassifyFacts, classify
from servicedesk.routing.rules.rule import Finding, Miss, Rule
from servicedesk.routing.rules.table import RULES

SUPPORT, BILLING = QueueId(UUID(int=1)), QueueId(UUID(int=2))
FACTS = ClassifyFacts(
    inbox_id=InboxId(UUID(int=3)),
    inbox_queue_id=SUPPORT,
    channel=ChannelKind.EMAIL,
    subject="Invoice",
    text="Why twice?",
    language="en",
    contact_id=ContactId(UUID(int=4)),
    organization_tier=None,
    at=datetime(2027, 3, 2, tzinfo=UTC),
)


def test_work_waits_in_the_queue_of_its_inbox_with_normal_priority() -> None:
    found = classify(FACTS)
    assert (found.queue_id, found.priority, found.skills) == (SUPPORT, Priority.NORMAL, {})
    assert found.trace == [
        {"rule": "inbox_queue", "hit": True, "queue_id": str(SUPPORT), "priority": 2}
    ]


def test_earlier_rule_wins_and_highest_skill_level_counts() -> None:
    rules = (
        Rule("misses", lambda _: Miss()),
        Rule("invoices", lambda _: Finding(queue_id=BILLING, skills={"billing": 2})),
        Rule("experts", lambda _: Finding(skills={"billing": 3, "german": 1})),
        *RULES,
    )
    found = classify(FACTS, rules)
    assert (found.queue_id, found.priority) == (BILLING, Priority.NORMAL)
    assert found.skills == {"billing": 3, "german": 1}
    assert [(line["rule"], line["hit"]) for line in found.trace] == [
        ("misses", False),
        ("invoices", True),
        ("experts", True),
        ("inbox_queue", True),
    ]


def test_work_that_no_rule_places_waits_in_the_queue_of_its_inbox() -> None:
    found = classify(FACTS, ())
    assert (found.queue_id, found.priority, found.trace) == (SUPPORT, Priority.NORMAL, [])
