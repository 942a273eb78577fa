"""A field of the ticket has one of these values."""

from typing import Annotated, Literal

from pydantic import Field

from servicedesk.routing.rules.condition import MOST_VALUES, Settings, Word
from servicedesk.routing.rules.rule import ClassifyFacts

FieldName = Literal["brand", "status", "priority", "follow_up", "has_attachments"]
"""`brand`: its id. `status`, `priority`: as they are when the work begins; a new ticket has no
priority yet, otherwise it is a number. `follow_up`, `has_attachments`: yes or no."""


class TicketFieldIs(Settings):
    """`negate`: it has none of the values."""

    kind: Literal["ticket_field"]
    field: FieldName
    values: Annotated[list[Word], Field(min_length=1, max_length=MOST_VALUES)]
    negate: bool = False

    def holds(self, facts: ClassifyFacts) -> bool:
        found = facts.fields.get(self.field, "").casefold()
        return self.negate is (found not in {value.casefold() for value in self.values})
