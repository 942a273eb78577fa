"""The inbox that the work came in through is one of these."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from servicedesk.routing.rules.condition import MOST_VALUES, Settings
from servicedesk.routing.rules.rule import ClassifyFacts


class InboxIs(Settings):
    kind: Literal["inbox"]
    inbox_ids: Annotated[list[UUID], Field(min_length=1, max_length=MOST_VALUES)]

    def holds(self, facts: ClassifyFacts) -> bool:
        return facts.inbox_id in self.inbox_ids
