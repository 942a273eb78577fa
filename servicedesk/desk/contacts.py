"""Contacts and their identities: unique by kind and normalised value."""

from dataclasses import asdict, dataclass
from uuid import UUID

from servicedesk.domain.actors import user_actor
from servicedesk.domain.errors import BadInput, Forbidden, NotFound
from servicedesk.domain.ids import ContactId, Position, UserId
from servicedesk.domain.messages import Address, ChannelKind, Inbound
from servicedesk.domain.people import Viewer
from servicedesk.domain.plain import one_line
from servicedesk.kernel.database import Database
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import Row, Sql, as_uuid, as_uuid_or_none
from servicedesk.kernel.work import Work

IDENTITY_KINDS = {
    ChannelKind.EMAIL: "email",
    ChannelKind.WEB: "email",
    ChannelKind.API: "email",
    ChannelKind.SMS: "phone",
    ChannelKind.VOICE: "phone",
    ChannelKind.CHAT: "visitor",
}
"""What kind of identity an address of each channel is."""

NAME_LENGTH = 200


@dataclass(frozen=True, slots=True)
class KnownSender:
    """Who has an address already: a contact, an active user of ours, both or neither.

    `failing`: messages to it came back, for good (`dead`) or for now. `locale` is what the contact
    set.
    """

    contact_id: ContactId | None = None
    user_id: UserId | None = None
    locale: str | None = None
    failing: bool = False
    dead: bool = False


async def find_sender(sql: Sql, channel: ChannelKind, value: str) -> KnownSender:
    """Return who has this normalised address, in one statement."""
    kind = IDENTITY_KINDS[channel]
    row = await sql.fetch_one(
        "SELECT i.contact_id, i.undeliverable_at, i.soft_bounces, c.locale AS contact_locale, "
        "u.id AS user_id "
        "FROM (SELECT 1 AS one) asked "
        "LEFT JOIN contact_identity i ON i.kind = $1 AND i.value = $2 "
        "LEFT JOIN contact c ON c.id = i.contact_id "
        "LEFT JOIN app_user u ON u.active AND u.email = $2 AND $1 = 'email'",
        kind,
        value,
    )
    return KnownSender() if row is None else known_sender(row)


def known_sender(row: Row) -> KnownSender:
    """Read who has an address: identity, contact's locale and user."""
    contact_id, user_id = as_uuid_or_none(row["contact_id"]), as_uuid_or_none(row["user_id"])
    dead = row["undeliverable_at"] is not None
    return KnownSender(
        contact_id=None if contact_id is None else ContactId(contact_id),
        user_id=None if user_id is None else UserId(user_id),
        locale=row["contact_locale"],
        failing=dead or bool(row["soft_bounces"]),
        dead=dead,
    )


async def find_or_add_contact(work: Work, channel: ChannelKind, address: Address) -> ContactId:
    """Return the contact with this address; add one if there is none, also when two race."""
    found = await find_contact(work.sql, IDENTITY_KINDS[channel], address.value)
    return await add_contact(work, channel, address) if found is None else found


async def add_contact(work: Work, channel: ChannelKind, address: Address) -> ContactId:
    """Add a contact with this address; whoever added one meanwhile wins."""
    kind = IDENTITY_KINDS[channel]
    contact_id = ContactId(new_id())
    identity = await _write_contact(work, contact_id, kind, address)
    if await work.sql.insert_along("contact_identity", [identity], "ON CONFLICT DO NOTHING"):
        work.record("contact.created", payload={"contact_id": str(contact_id)})
        return contact_id
    await work.sql.execute("DELETE FROM contact WHERE id = $1", contact_id)
    winner = await find_contact(work.sql, kind, address.value)
    if winner is None:
        raise NotFound("The contact of this address was removed just now. Try again.")
    return winner


async def add_new_contact(work: Work, channel: ChannelKind, address: Address) -> ContactId:
    """Add a contact with an address that nobody had a moment ago. If somebody has it by now, the
    whole story fails with an IntegrityError: tell it anew with `add_contact`."""
    contact_id = ContactId(new_id())
    identity = await _write_contact(work, contact_id, IDENTITY_KINDS[channel], address)
    await work.sql.insert_later("contact_identity", [identity])
    work.record("contact.created", payload={"contact_id": str(contact_id)})
    return contact_id


def name_of(address: Address) -> str:
    """Return what a contact is called of whom only the address is known."""
    return one_line(address.name, NAME_LENGTH) or address.value[:NAME_LENGTH]


async def _write_contact(
    work: Work, contact_id: ContactId, kind: str, address: Address
) -> dict[str, object]:
    """Write the contact's row and return that of the identity, still to be written."""
    contact = {"id": contact_id, "name": name_of(address), "created_at": work.now}
    await work.sql.insert_later("contact", [contact])
    return {
        "id": new_id(),
        "contact_id": contact_id,
        "kind": kind,
        "value": address.value,
        "created_at": work.now,
    }


async def forget_failures(work: Work, inbound: Inbound, contact_id: ContactId) -> None:
    """The address lives: mail came from it."""
    await work.sql.execute(
        "UPDATE contact_identity SET undeliverable_at = NULL, undeliverable_reason = NULL, "
        "soft_bounces = 0 WHERE kind = $1 AND value = $2",
        IDENTITY_KINDS[inbound.channel],
        inbound.sender.value,
    )
    work.record("contact.deliverable", payload={"contact_id": str(contact_id)})


async def find_contact(sql: Sql, kind: str, value: str) -> ContactId | None:
    row = await sql.fetch_one(
        "SELECT contact_id FROM contact_identity WHERE kind = $1 AND value = $2", kind, value
    )
    return None if row is None else ContactId(as_uuid(row["contact_id"]))


async def addresses_of(sql: Sql, contact_id: UUID, kind: str) -> list[str]:
    """Return the contact's addresses of that kind, oldest first."""
    rows = await sql.fetch(
        "SELECT value FROM contact_identity WHERE contact_id = $1 AND kind = $2 "
        "ORDER BY created_at, id",
        contact_id,
        kind,
    )
    return [row["value"] for row in rows]


@dataclass(frozen=True, slots=True)
class ContactChanges:
    """None leaves a property as it is."""

    name: str | None = None
    locale: str | None = None
    time_zone: str | None = None
    agent_id: UUID | None = None


async def change_contact(
    database: Database,
    viewer: Viewer,
    contact_id: UUID,
    wanted: ContactChanges,
) -> Position:
    """Change what we know of a contact. The caller has seen to it that the viewer may see them."""
    if wanted.name is not None and not wanted.name.strip():
        raise BadInput("A contact needs a name. Write one.", field="name")
    changes = {column: value for column, value in asdict(wanted).items() if value is not None}
    if wanted.agent_id is not None and not viewer.may_supervise:
        raise Forbidden("Only a supervisor says whose contact this is.")
    async with database.work(user_actor(viewer.user_id)) as work:
        if wanted.agent_id is not None:
            await _check_agent(work.sql, wanted.agent_id)
        settings = ", ".join(f"{column} = ${place}" for place, column in enumerate(changes, 2))
        if changes and not await work.sql.execute(
            f"UPDATE contact SET {settings} WHERE id = $1", contact_id, *changes.values()
        ):
            raise NotFound(f"There is no contact {contact_id}.", contact_id=str(contact_id))
        work.record(
            "contact.changed", payload={"contact_id": str(contact_id), "fields": sorted(changes)}
        )
    return work.position


async def _check_agent(sql: Sql, user_id: UUID) -> None:
    row = await sql.fetch_one(
        "SELECT id FROM app_user WHERE id = $1 AND active AND role <> 'observer'", user_id
    )
    if row is None:
        raise BadInput("They take no work. Choose an active agent.", field="agent_id")
