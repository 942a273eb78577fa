"""What comes over the socket, client to server, and what others are told of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

MOST_CHARACTERS = 4_096


class MindKind(StrEnum):
    """What somebody does with a ticket at this moment; nothing of it is kept."""

    TYPING = "typing"
    VIEWING = "viewing"
    GONE = "gone"


class PresenceOfMind(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["presence_of_mind"]
    kind: MindKind
    ticket_id: UUID


class Pong(BaseModel):
    """The answer to our ping."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["pong"]


class Ephemeral(BaseModel):
    """What those who see the ticket are told. Travels on the bus, is stored nowhere."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["ephemeral"] = "ephemeral"
    kind: MindKind
    ticket_id: UUID
    user_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The client sent something that we do not know. It is dropped."""

    reason: str


ClientMessage = Annotated[PresenceOfMind | Pong, Field(discriminator="type")]

_CLIENT_MESSAGE: TypeAdapter[PresenceOfMind | Pong] = TypeAdapter(ClientMessage)


def parse_client_message(text: str) -> PresenceOfMind | Pong | Unreadable:
    """Read one message of the client; anything unknown is Unreadable, never an error."""
    if len(text) > MOST_CHARACTERS:
        return Unreadable("too long")
    try:
        return _CLIENT_MESSAGE.validate_json(text)
    except ValidationError as error:
        return Unreadable(error.errors()[0]["type"])


def parse_ephemeral(payload: bytes) -> Ephemeral | None:
    """Read what another process rang with; None if it is none of ours."""
    try:
        return Ephemeral.model_validate_json(payload)
    except ValidationError:
        return None
