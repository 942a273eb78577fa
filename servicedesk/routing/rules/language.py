"""The language of the message is one of these, or a variant of one."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from servicedesk.routing.rules.condition import MOST_VALUES, Settings
from servicedesk.routing.rules.rule import ClassifyFacts

Tag = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$")]


class LanguageIs(Settings):
    """Basic filtering of RFC 4647 §3.3.1: `zh` covers `zh-CN`, not the other way round."""

    kind: Literal["language"]
    languages: Annotated[list[Tag], Field(min_length=1, max_length=MOST_VALUES)]

    def holds(self, facts: ClassifyFacts) -> bool:
        found = f"{facts.language.casefold()}-"
        return any(found.startswith(f"{tag.casefold()}-") for tag in self.languages)
