"""What goes over the socket, server to client: one JSON object in each WebSocket message.

Frames carry new values, never deltas. A client applies them in the order they come: a value
replaces the one with the same id, `ticket.removed` drops the ticket and its messages,
`message.removed` a message of one ticket (it went to another), `contact` and `user` also replace
the name and address wherever that contact or user is shown inside other values.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any, Protocol
from uuid import UUID

import orjson
from pydantic import BaseModel

from servicedesk.domain.people import Viewer
from servicedesk.realtime.protocol.audience import Audience, hears


class FrameKind(StrEnum):
    TICKET = "ticket"
    TICKET_REMOVED = "ticket.removed"
    MESSAGE = "message"
    MESSAGE_REMOVED = "message.removed"
    OFFER = "offer"
    PRESENCE = "presence"
    QUEUE = "queue"
    USER = "user"
    TEAM = "team"
    INBOX = "inbox"
    CONTACT = "contact"
    ESCALATION = "escalation"
    POSITION = "position"


class CloseCode(IntEnum):
    """Why we close; 4000 to 4999 are for applications (RFC 6455 §7.4.2)."""

    SESSION_ENDED = 4401
    WRONG_ORIGIN = 4403
    TOO_SLOW = 4408
    GOING_AWAY = 1001


class ResyncReason(StrEnum):
    """Why the client must load everything anew and go on from the position."""

    TOO_FAR_BEHIND = "too_far_behind"
    VIEWER_CHANGED = "viewer_changed"


class Presentable(Protocol):
    """A frame as the hub passes it on: to whom, and what each of them reads."""

    @property
    def position(self) -> int: ...

    def text_for(self, viewer: Viewer) -> str | None:
        """Return the text for this viewer, None if it is not for them."""
        ...


@dataclass(frozen=True, slots=True)
class Heading:
    """Where in the journal a frame stands; several may share a position."""

    position: int
    at: datetime
    kind: FrameKind


@dataclass(frozen=True, slots=True)
class Frame:
    """One value for a whole audience, encoded once."""

    heading: Heading
    audience: Audience
    text: str

    @property
    def position(self) -> int:
        return self.heading.position

    def text_for(self, viewer: Viewer) -> str | None:
        return self.text if hears(viewer, self.audience) else None


Variation = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class VariedFrame:
    """A value of which some parts are the viewer's own: encoded once for each variation in use."""

    heading: Heading
    audience: Audience
    vary: Callable[[Viewer], tuple[Variation, BaseModel]]
    _texts: dict[Variation, str] = field(default_factory=dict)

    @property
    def position(self) -> int:
        return self.heading.position

    def text_for(self, viewer: Viewer) -> str | None:
        if not hears(viewer, self.audience):
            return None
        variation, value = self.vary(viewer)
        if variation not in self._texts:
            self._texts[variation] = encode(self.heading, value)
        return self._texts[variation]


def encode(heading: Heading, value: BaseModel) -> str:
    """Return the text of a frame with this value."""
    return _enclose(heading, value.model_dump_json())


def encode_removed(heading: Heading, ticket_id: UUID) -> str:
    return _enclose(heading, _json({"ticket_id": ticket_id}))


def encode_message_removed(heading: Heading, ticket_id: UUID, message_id: UUID) -> str:
    return _enclose(heading, _json({"ticket_id": ticket_id, "message_id": message_id}))


def position_frame(position: int, at: datetime) -> str:
    """Nothing for you, but the journal moved on to here."""
    return _enclose(Heading(position, at, FrameKind.POSITION), "{}")


def hello(position: int, at: datetime, user_id: UUID, *, resumed: bool) -> str:
    """The first message: frames after `position` follow."""
    return _json(
        {
            "type": "hello",
            "position": position,
            "server_time": at,
            "user_id": user_id,
            "resumed": resumed,
        }
    )


def resync(position: int, reason: ResyncReason) -> str:
    return _json({"type": "resync", "position": position, "reason": reason})


def ping(at: datetime) -> str:
    return _json({"type": "ping", "at": at})


def _enclose(heading: Heading, data: str) -> str:
    head = {
        "type": "frame",
        "position": heading.position,
        "at": heading.at,
        "kind": heading.kind,
    }
    return f'{_json(head)[:-1]},"data":{data}}}'


def _json(value: dict[str, Any]) -> str:
    return orjson.dumps(value).decode()
