"""The ticket has one of these tags, or none of those. Work on a new ticket has none yet."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from servicedesk.routing.rules.condition import MOST_VALUES, Settings, Word
from servicedesk.routing.rules.rule import ClassifyFacts

Tags = Annotated[list[Word], Field(max_length=MOST_VALUES)]


class HasTags(Settings):
    kind: Literal["tags"]
    any_of: Tags = Field(default_factory=list)
    none_of: Tags = Field(default_factory=list)

    @model_validator(mode="after")
    def _names_tags(self) -> "HasTags":
        if not self.any_of and not self.none_of:
            raise ValueError("name at least one tag")
        return self

    def holds(self, facts: ClassifyFacts) -> bool:
        has = {tag.casefold() for tag in facts.tags}
        if has & {tag.casefold() for tag in self.none_of}:
            return False
        return not self.any_of or bool(has & {tag.casefold() for tag in self.any_of})
