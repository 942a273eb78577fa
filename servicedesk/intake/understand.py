"""How raw input becomes a message: what intake needs of each channel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from servicedesk.desk.inbox_rules import rules_of
from servicedesk.desk.inboxes import InboxFacts
from servicedesk.desk.messages import StoredFile
from servicedesk.desk.queueing import ExternalIds
from servicedesk.domain.actors import system_actor
from servicedesk.domain.messages import ChannelKind, Inbound
from servicedesk.intake.arrivals import TRUSTED_HOSTS, Arrival

INTAKE = system_actor("intake")


class Parse(Protocol):
    """How a channel understands its raw input. Whatever it raises becomes the reason of a
    quarantine."""

    def __call__(self, raw: bytes, arrival: Arrival) -> Inbound: ...


@dataclass(frozen=True, slots=True)
class Channels:
    """What each channel brings along."""

    parsers: Mapping[ChannelKind, Parse]
    external_ids: Mapping[ChannelKind, ExternalIds]


def with_trusted(arrival: Arrival, inbox: InboxFacts) -> Arrival:
    """Return the arrival with what the inbox adds to its envelope: whom it believes."""
    hosts = list(rules_of(inbox).trusted_hosts)
    return replace(arrival, envelope={**arrival.envelope, TRUSTED_HOSTS: hosts})


def stored_files(inbound: Inbound, names: Sequence[str], *, laid: bool) -> list[StoredFile]:
    """Return the message's files, which lie under these names. `laid`: without rows."""
    return [
        StoredFile(
            sha256=sha256,
            filename=file.filename,
            content_type=file.content_type,
            size_bytes=len(file.content),
            inline=file.inline,
            content_id=file.content_id,
            laid=laid,
        )
        for file, sha256 in zip(inbound.attachments, names, strict=True)
    ]
