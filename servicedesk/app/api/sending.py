"""Which channel carries what an agent writes, and to whom."""

from typing import TYPE_CHECKING

from servicedesk.channels.protocol import Channel
from servicedesk.domain.errors import BadInput
from servicedesk.domain.messages import Address, ChannelKind
from servicedesk.people.users import normal_email

if TYPE_CHECKING:
    from servicedesk.app.wiring import Services


def channel_of(services: "Services", kind: ChannelKind) -> Channel:
    """Return the channel; raise BadInput if this desk cannot send over it."""
    channel = services.channels.get(kind)
    if channel is None:
        able = ", ".join(sorted(known.value for known in services.channels)) or "none"
        raise BadInput(
            f"Nothing can be sent over {kind.value} here. Channels that can: {able}.",
            channel=kind.value,
        )
    return channel


def typed_address(text: str, name: str = "") -> Address:
    """Return a mail address that somebody typed, normalised as those that arrive are."""
    return Address(normal_email(text), name.strip())
