"""The order in which rules are asked. The earlier one wins. The last settles what is still open."""

from servicedesk.routing.rules.inbox_queue import INBOX_QUEUE
from servicedesk.routing.rules.rule import Rule

RULES: tuple[Rule, ...] = (INBOX_QUEUE,)
