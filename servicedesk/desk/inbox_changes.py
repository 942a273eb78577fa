"""Stories of inboxes: made and changed by administrators. None is ever deleted: tickets name it."""

import re
from dataclasses import dataclass
from uuid import UUID

from servicedesk.desk.inbox_settings import SettingsForm
from servicedesk.domain.actors import Actor
from servicedesk.domain.errors import BadInput, Conflict, NotFound
from servicedesk.domain.ids import BrandId, InboxId, Position
from servicedesk.domain.messages import ChannelKind
from servicedesk.kernel.database import Database
from servicedesk.kernel.http.conditions import check_version
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import Row, Sql, as_dict, as_uuid
from servicedesk.kernel.work import Work

_MAIL_ADDRESS = re.compile(r"[^@\s\x00-\x1f\x7f+]{1,64}@[^@\s\x00-\x1f\x7f]{1,180}")


@dataclass(frozen=True, slots=True)
class NewInbox:
    """`address` as typed: a mail address is kept lower case. `settings` None: the channel's own."""

    channel: ChannelKind
    name: str
    address: str
    queue_id: UUID
    settings: SettingsForm | None = None


@dataclass(frozen=True, slots=True)
class InboxChanges:
    """What shall become different; None leaves it as it is. The channel never changes."""

    name: str | None = None
    address: str | None = None
    queue_id: UUID | None = None
    active: bool | None = None
    settings: SettingsForm | None = None


class AddressTaken(Conflict):
    """Another inbox of the channel has the address."""

    code = "address-taken"


class AddressInUse(Conflict):
    """Mail came through the address: answers to what we wrote from it will come there for years."""

    code = "address-in-use"


async def create_inbox(database: Database, actor: Actor, new: NewInbox) -> tuple[InboxId, Position]:
    """A story. Raises BadInput (address, unknown queue) and AddressTaken."""
    async with database.work(actor) as work:
        inbox_id = await add_inbox(work, new)
    return inbox_id, work.position


async def add_inbox(work: Work, new: NewInbox) -> InboxId:
    """Make an inbox inside a story. It shows the brand that the installation was set up with."""
    await _check_queue(work.sql, new.queue_id)
    inbox_id = InboxId(new_id())
    row = {
        "id": inbox_id,
        "channel": new.channel,
        "name": new.name,
        "address": normal_address(new.channel, new.address),
        "brand_id": await _first_brand(work.sql),
        "queue_id": new.queue_id,
        "settings": new.settings.sealed(inbox_id, {}) if new.settings else {},
        "active": True,
        "created_at": work.now,
    }
    if not await work.sql.insert("inbox", [row], "ON CONFLICT (channel, address) DO NOTHING"):
        raise _address_taken()
    work.record("inbox.created", payload={"inbox_id": inbox_id})
    return inbox_id


async def change_inbox(
    database: Database, actor: Actor, inbox_id: UUID, version: int, changes: InboxChanges
) -> Position:
    """A story. Raises NotFound, VersionMismatch, BadInput, AddressTaken and AddressInUse."""
    async with database.work(actor) as work:
        before = await _lock(work.sql, inbox_id)
        check_version(version, before["version"])
        columns = await _changed_columns(work.sql, before, changes)
        if columns:
            settings = ", ".join(f"{name} = ${place}" for place, name in enumerate(columns, 2))
            await work.sql.execute(
                f"UPDATE inbox SET {settings}, version = version + 1 WHERE id = $1",
                inbox_id,
                *columns.values(),
            )
            work.record("inbox.changed", payload={"inbox_id": inbox_id})
    return work.position


def normal_address(channel: ChannelKind, address: str) -> str:
    """Return the address as it is kept. Raises BadInput for one that the channel cannot have."""
    normal = address.strip().lower()
    if channel is ChannelKind.EMAIL and not _MAIL_ADDRESS.fullmatch(normal):
        raise BadInput(
            "An inbox needs a plain mail address like support@example.com, without a plus: what "
            "follows a plus names the ticket.",
            path="address",
        )
    return normal


async def _changed_columns(sql: Sql, before: Row, changes: InboxChanges) -> dict[str, object]:
    columns: dict[str, object] = {
        name: value
        for name in ("name", "queue_id", "active")
        if (value := getattr(changes, name)) is not None
    }
    if changes.queue_id is not None:
        await _check_queue(sql, changes.queue_id)
    if changes.address is not None:
        channel = ChannelKind(before["channel"])
        address = normal_address(channel, changes.address)
        if address != before["address"]:
            await _check_free(sql, channel, address, before)
            await _check_unused(sql, before)
        columns["address"] = address
    if changes.settings is not None:
        stored = as_dict(before["settings"])
        columns["settings"] = changes.settings.sealed(as_uuid(before["id"]), stored)
    return columns


async def _check_free(sql: Sql, channel: ChannelKind, address: str, before: Row) -> None:
    found = await sql.fetch_one(
        "SELECT id FROM inbox WHERE channel = $1 AND address = $2", channel, address
    )
    if found is not None and as_uuid(found["id"]) != as_uuid(before["id"]):
        raise _address_taken()


async def _check_unused(sql: Sql, before: Row) -> None:
    """The door, the loop rules and the signed marks know an inbox by the address that it has."""
    used = await sql.fetch_one(
        "SELECT 1 AS used FROM message_reference WHERE inbox_id = $1 LIMIT 1",
        as_uuid(before["id"]),
    )
    if used is not None:
        raise AddressInUse(
            "Mail came and went by this address, and answers to it would be refused. Make another "
            "inbox for the new address, and leave this one switched on.",
            path="address",
        )


async def _check_queue(sql: Sql, queue_id: UUID) -> None:
    if await sql.fetch_one("SELECT id FROM queue WHERE id = $1 AND active", queue_id) is None:
        raise BadInput(
            f"There is no queue {queue_id} that is switched on. Choose another.", path="queue_id"
        )


async def _first_brand(sql: Sql) -> BrandId:
    row = await sql.fetch_one("SELECT id FROM brand ORDER BY created_at, id LIMIT 1")
    if row is None:
        raise Conflict("The desk has no brand yet. Set the desk up first.")
    return BrandId(as_uuid(row["id"]))


async def _lock(sql: Sql, inbox_id: UUID) -> Row:
    row = await sql.fetch_one(
        f"SELECT id, channel, address, settings, version FROM inbox WHERE id = $1 {sql.for_update}",
        inbox_id,
    )
    if row is None:
        raise NotFound(f"There is no inbox {inbox_id}.", inbox_id=str(inbox_id))
    return row


def _address_taken() -> AddressTaken:
    return AddressTaken("Another inbox has this address. Choose a different one.", path="address")
