"""Words in the subject or the text."""

import re
from functools import lru_cache
from typing import Annotated, Literal
from unicodedata import normalize

from pydantic import Field, model_validator

from servicedesk.routing.rules.condition import MOST_VALUES, Settings, Word
from servicedesk.routing.rules.rule import ClassifyFacts

MOST_CHARACTERS = 20_000
"""Nobody's reason to write comes later than this, and reading has a bound."""

SPACED_LETTER = "[^\\W\u0e00-\U0010ffff]"
"""A letter of a script that puts spaces between words: from U+0E00 on (Thai, Lao, CJK, …) most do
not (UAX #29 §4)."""

Words = Annotated[list[Word], Field(max_length=MOST_VALUES)]


class HasWords(Settings):
    """At least one of `any_of` (unless empty) and none of `none_of`. Case and width of letters do
    not count. A word of letters stands alone ("port" is not in "support"), but not one in a script
    that puts no spaces between words, such as Chinese."""

    kind: Literal["words"]
    where: Literal["subject", "text", "both"] = "both"
    any_of: Words = Field(default_factory=list)
    none_of: Words = Field(default_factory=list)

    @model_validator(mode="after")
    def _names_words(self) -> "HasWords":
        if not self.any_of and not self.none_of:
            raise ValueError("name at least one word")
        return self

    def holds(self, facts: ClassifyFacts) -> bool:
        read = _folded(self._read(facts)[:MOST_CHARACTERS])
        if any(_pattern(word).search(read) for word in self.none_of):
            return False
        return not self.any_of or any(_pattern(word).search(read) for word in self.any_of)

    def _read(self, facts: ClassifyFacts) -> str:
        match self.where:
            case "subject":
                return facts.subject
            case "text":
                return facts.text
            case "both":
                return f"{facts.subject}\n{facts.text}"


@lru_cache(maxsize=4096)
def _pattern(word: str) -> re.Pattern[str]:
    """Match the word as it is: nothing in it means anything to the pattern, so it runs in linear
    time."""
    folded = _folded(word)
    spaced = r"\s+".join(re.escape(part) for part in folded.split())
    before = f"(?<!{SPACED_LETTER})" if _stands_alone(folded[0]) else ""
    after = f"(?!{SPACED_LETTER})" if _stands_alone(folded[-1]) else ""
    return re.compile(f"{before}{spaced}{after}")


def _stands_alone(letter: str) -> bool:
    return re.match(SPACED_LETTER, letter) is not None


def _folded(text: str) -> str:
    return normalize("NFKC", text).casefold()
