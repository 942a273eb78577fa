"""Inboxes: the configured ways in, read. `inbox_changes` makes and changes them."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from servicedesk.domain.errors import Conflict, NotFound
from servicedesk.domain.ids import BrandId, InboxId, QueueId
from servicedesk.domain.messages import ChannelKind
from servicedesk.kernel.sql import Row, Sql, as_dict, as_uuid
from servicedesk.routing.rule_store import STAMP, stamp_of

FACTS = (
    f"id, channel, name, address, brand_id, queue_id, settings, active, version, {STAMP} AS rules"
)


@dataclass(frozen=True, slots=True)
class InboxFacts:
    """`address` is normalised (mail: lower case). `settings` is read by the inbox's channel.

    `version` rises with each change that a person makes; a token that is renewed leaves it.
    `rules_stamp`: of the routing rules as they were when the inbox was read."""

    id: InboxId
    channel: ChannelKind
    name: str
    address: str
    brand_id: BrandId
    queue_id: QueueId
    settings: dict[str, Any]
    active: bool
    rules_stamp: str = ""
    version: int = 0


async def get_inbox(sql: Sql, inbox_id: UUID) -> InboxFacts:
    """Return the inbox; raise NotFound."""
    row = await sql.fetch_one(f"SELECT {FACTS} FROM inbox WHERE id = $1", inbox_id)
    if row is None:
        raise NotFound(f"There is no inbox {inbox_id}.", inbox_id=str(inbox_id))
    return inbox_of(row)


class InboxOff(Conflict):
    """Nobody reads the address that an answer would come from."""

    code = "inbox-off"


async def get_answering_inbox(sql: Sql, inbox_id: UUID) -> InboxFacts:
    """Return the inbox that answers for this one: itself, or while it is switched off the oldest
    other of its brand and channel. Raises InboxOff, NotFound."""
    inbox = await get_inbox(sql, inbox_id)
    if inbox.active:
        return inbox
    row = await sql.fetch_one(
        f"SELECT {FACTS} FROM inbox WHERE brand_id = $1 AND channel = $2 AND active "
        "ORDER BY created_at, id LIMIT 1",
        inbox.brand_id,
        inbox.channel,
    )
    if row is None:
        raise InboxOff(
            f"The inbox {inbox.name} is switched off: what is answered to it would be lost. "
            "Switch it on, or add another to its brand."
        )
    return inbox_of(row)


async def get_inbox_and_own(sql: Sql, inbox_id: UUID) -> tuple[InboxFacts, frozenset[str]]:
    """Return the inbox and every address of ours on its channel, in one statement.

    Raises NotFound.
    """
    rows = await sql.fetch(
        f"SELECT {FACTS} FROM inbox WHERE channel = "
        "(SELECT channel FROM inbox WHERE id = $1) ORDER BY id",
        inbox_id,
    )
    found = [row for row in rows if as_uuid(row["id"]) == inbox_id]
    if not found:
        raise NotFound(f"There is no inbox {inbox_id}.", inbox_id=str(inbox_id))
    return inbox_of(found[0]), frozenset(row["address"] for row in rows)


async def find_inbox(sql: Sql, channel: ChannelKind, address: str) -> InboxFacts | None:
    """Return the active inbox with this normalised address."""
    row = await sql.fetch_one(
        f"SELECT {FACTS} FROM inbox WHERE channel = $1 AND address = $2", channel, address
    )
    facts = None if row is None else inbox_of(row)
    return facts if facts is not None and facts.active else None


async def find_inbox_of_domain(sql: Sql, channel: ChannelKind, domain: str) -> InboxFacts | None:
    """Return the oldest active inbox with an address in this (lower case) domain itself."""
    row = await sql.fetch_one(
        f"SELECT {FACTS} FROM inbox WHERE channel = $1 AND active "
        "AND substr(address, length(address) - length($2) + 1) = $2 ORDER BY id LIMIT 1",
        channel,
        f"@{domain}",
    )
    return None if row is None else inbox_of(row)


async def active_inboxes(sql: Sql, channel: ChannelKind) -> list[InboxFacts]:
    """Return the active inboxes of a channel, oldest first."""
    rows = await sql.fetch(
        f"SELECT {FACTS} FROM inbox WHERE channel = $1 AND active ORDER BY id LIMIT 1000", channel
    )
    return [inbox_of(row) for row in rows]


async def own_addresses(sql: Sql, channel: ChannelKind) -> frozenset[str]:
    """Return every address of ours on the channel: mail from them is never a contact's."""
    rows = await sql.fetch("SELECT address FROM inbox WHERE channel = $1", channel)
    return frozenset(row["address"] for row in rows)


def inbox_of(row: Row) -> InboxFacts:
    """Read the columns of FACTS."""
    return InboxFacts(
        id=InboxId(as_uuid(row["id"])),
        channel=ChannelKind(row["channel"]),
        name=row["name"],
        address=row["address"],
        brand_id=BrandId(as_uuid(row["brand_id"])),
        queue_id=QueueId(as_uuid(row["queue_id"])),
        settings=as_dict(row["settings"]),
        active=bool(row["active"]),
        rules_stamp=stamp_of(row["rules"]),
        version=int(row["version"]),
    )
