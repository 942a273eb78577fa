"""The types of conditions, and the order in which rules are asked: the administrators' own, by
their place, then these. The earlier one wins. The last settles what is still open."""

from typing import Annotated

from pydantic import Field

from servicedesk.routing.rules.channel import ChannelIs
from servicedesk.routing.rules.contact import ContactIs
from servicedesk.routing.rules.inbox import InboxIs
from servicedesk.routing.rules.inbox_queue import INBOX_QUEUE
from servicedesk.routing.rules.language import LanguageIs
from servicedesk.routing.rules.rule import Rule
from servicedesk.routing.rules.tags import HasTags
from servicedesk.routing.rules.ticket_field import TicketFieldIs
from servicedesk.routing.rules.tier import TierIs
from servicedesk.routing.rules.time_of_day import TimeOfDay
from servicedesk.routing.rules.words import HasWords

Condition = Annotated[
    ChannelIs
    | InboxIs
    | LanguageIs
    | ContactIs
    | TierIs
    | HasWords
    | HasTags
    | TimeOfDay
    | TicketFieldIs,
    Field(discriminator="kind"),
]

RULES: tuple[Rule, ...] = (INBOX_QUEUE,)
