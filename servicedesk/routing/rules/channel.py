"""The channel that the work came in through is one of these."""

from typing import Annotated, Literal

from pydantic import Field

from servicedesk.domain.messages import ChannelKind
from servicedesk.routing.rules.condition import MOST_VALUES, Settings
from servicedesk.routing.rules.rule import ClassifyFacts


class ChannelIs(Settings):
    kind: Literal["channel"]
    channels: Annotated[list[ChannelKind], Field(min_length=1, max_length=MOST_VALUES)]

    def holds(self, facts: ClassifyFacts) -> bool:
        return facts.channel in self.channels
