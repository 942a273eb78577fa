"""Work waits in the queue of the inbox that it came in through, and is of normal urgency."""

from servicedesk.domain.tickets import Priority
from servicedesk.routing.rules.rule import ClassifyFacts, Finding, Rule


def _decide(facts: ClassifyFacts) -> Finding:
    return Finding(queue_id=facts.inbox_queue_id, priority=Priority.NORMAL)


INBOX_QUEUE = Rule("inbox_queue", _decide, closes=True)
