"""The organization of the contact has bought one of these levels of service."""

from typing import Annotated, Literal

from pydantic import Field

from servicedesk.routing.rules.condition import MOST_VALUES, Settings, Word
from servicedesk.routing.rules.rule import ClassifyFacts


class TierIs(Settings):
    kind: Literal["tier"]
    tiers: Annotated[list[Word], Field(min_length=1, max_length=MOST_VALUES)]

    def holds(self, facts: ClassifyFacts) -> bool:
        tier = facts.organization_tier
        return tier is not None and tier.casefold() in {name.casefold() for name in self.tiers}
