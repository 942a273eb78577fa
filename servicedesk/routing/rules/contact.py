"""Who wrote: one of these contacts, addresses or domains."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, model_validator

from servicedesk.routing.rules.condition import MOST_VALUES, Settings, Word
from servicedesk.routing.rules.rule import ClassifyFacts


class ContactIs(Settings):
    """`addresses` are whole ones (`lin@acme.example`, `+15550100`) or domains (`@acme.example`),
    which stand for their subdomains too."""

    kind: Literal["contact"]
    contact_ids: Annotated[list[UUID], Field(max_length=MOST_VALUES)] = Field(default_factory=list)
    addresses: Annotated[list[Word], Field(max_length=MOST_VALUES)] = Field(default_factory=list)

    @model_validator(mode="after")
    def _names_somebody(self) -> "ContactIs":
        if not self.contact_ids and not self.addresses:
            raise ValueError("name at least one contact, address or domain")
        return self

    def holds(self, facts: ClassifyFacts) -> bool:
        return facts.contact_id in self.contact_ids or any(
            _fits(wanted.casefold(), facts.sender.casefold()) for wanted in self.addresses
        )


def _fits(wanted: str, address: str) -> bool:
    if not wanted.startswith("@"):
        return address == wanted
    domain = address.rpartition("@")[2]
    return domain == wanted[1:] or domain.endswith(f".{wanted[1:]}")
