"""What a channel is: the few things that the desk may ask of every way in and out.

A new channel is one folder that offers these, one line in wiring and its name in the contract.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from pydantic import BaseModel

from servicedesk.domain.errors import BadInput
from servicedesk.domain.ids import InboxId, MessageId, TicketId
from servicedesk.domain.messages import ChannelKind, Inbound, Outbound, Receipt


class ParseFailed(BadInput):
    """This raw input cannot become a message; the arrival goes to quarantine with the reason."""

    code = "parse-failed"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a message of this channel can carry. `max_characters` None: as long as you like."""

    html: bool
    attachments: bool
    max_characters: int | None
    typing: bool
    delivery_receipts: bool


@dataclass(frozen=True, slots=True)
class Origin:
    """Where and when a raw input arrived. `envelope` is what the transport said, as stored."""

    inbox_id: InboxId
    received_at: datetime
    envelope: Mapping[str, object]


class Channel(Protocol):
    """One way in and out."""

    @property
    def kind(self) -> ChannelKind: ...

    @property
    def settings_type(self) -> type[BaseModel]:
        """The typed settings of an inbox of this channel; the console makes its form from them."""
        ...

    @property
    def capabilities(self) -> Capabilities: ...

    def parse(self, raw: bytes, origin: Origin) -> Inbound:
        """Pure. Raises ParseFailed, and nothing else."""
        ...

    def new_external_id(self, ticket_id: TicketId, message_id: MessageId, address: str) -> str:
        """The id that a message sent from `address` will have; fixed before the first attempt."""
        ...

    async def send(self, outbound: Outbound, settings: BaseModel) -> Receipt:
        """One attempt. Never raises for what the other side says or does: that is the Receipt."""
        ...


@runtime_checkable
class KeepsCopies(Channel, Protocol):
    """A channel that can lay a copy of what was sent where people look for it."""

    async def keep_copy(self, outbound: Outbound, settings: BaseModel) -> None:
        """Once or again: a copy that is there already is not made twice.

        Raises ServicedeskError, with words that say what to do.
        """
        ...


class AcceptRaw(Protocol):
    """intake's door: it returns once the raw input is durable, and only then is it acknowledged.

    Raises Unavailable (StorageFull too) when it could not be stored: the sender tries again.
    """

    async def __call__(
        self, recipients: Sequence[str], raw: bytes, envelope: Mapping[str, object]
    ) -> None: ...


class KnowsAddress(Protocol):
    """Is this the address of an active inbox? Raises Unavailable when it cannot be told now."""

    async def __call__(self, address: str) -> bool: ...


class Listens(Protocol):
    """A channel that also waits for input by itself (a mailbox, a port)."""

    async def listen(self, accept: AcceptRaw, knows: KnowsAddress) -> None: ...


class ReadBlob(Protocol):
    """The content of an attachment, by its sha256."""

    async def __call__(self, sha256: str) -> bytes: ...
