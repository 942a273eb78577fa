"""What tests of mail look up again and again."""

from uuid import UUID

from servicedesk.app.wiring import Services
from servicedesk.desk.inboxes import InboxFacts
from servicedesk.desk.reply import NewReply, Written, reply
from servicedesk.domain.ids import TicketId
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.people import Viewer
from servicedesk.kernel.sql import Row, as_dict


async def settle_inbox(services: Services, inbox: InboxFacts, **settings: object) -> None:
    """Set settings of the inbox as its page would."""
    await services.database.sql.execute(
        "UPDATE inbox SET settings = $2 WHERE id = $1", inbox.id, settings
    )


async def timeline(services: Services, ticket_id: UUID | None) -> list[Row]:
    return await services.database.sql.fetch(
        "SELECT * FROM message WHERE ticket_id = $1 ORDER BY seq", ticket_id
    )


async def kinds(services: Services, ticket_id: UUID | None) -> list[str]:
    return [row["kind"] for row in await timeline(services, ticket_id)]


async def recipients(services: Services, message_id: UUID) -> dict[str, Row]:
    rows = await services.database.sql.fetch(
        "SELECT * FROM message_recipient WHERE message_id = $1 ORDER BY id", message_id
    )
    return {row["address"]: row for row in rows}


async def identity(services: Services, address: str) -> Row:
    row = await services.database.sql.fetch_one(
        "SELECT * FROM contact_identity WHERE value = $1", address
    )
    assert row is not None
    return row


async def references(services: Services, message_id: UUID) -> list[str]:
    """Return the foreign ids of a message, oldest first."""
    rows = await services.database.sql.fetch(
        "SELECT external_id FROM message_reference WHERE message_id = $1 ORDER BY created_at, id",
        message_id,
    )
    return [row["external_id"] for row in rows]


async def answer(
    services: Services, viewer: Viewer, ticket_id: TicketId, text: str = "Done."
) -> tuple[Written, str]:
    """Let an agent answer; return what was written and its Message-ID."""
    email = services.channels[ChannelKind.EMAIL]
    new = NewReply(text, seen_seq=1_000)
    written = await reply(services.database, email, viewer, ticket_id, new)
    return written, (await references(services, written.message_id))[0]


async def journaled(services: Services, kind: str) -> list[dict[str, object]]:
    """Return the payloads of all entries of that kind, oldest first."""
    rows = await services.database.sql.fetch(
        "SELECT payload FROM journal WHERE kind = $1 ORDER BY id", kind
    )
    return [as_dict(row["payload"]) for row in rows]


async def count(services: Services, table: str) -> int:
    row = await services.database.sql.fetch_one(f"SELECT count(*) AS found FROM {table}")
    assert row is not None
    return int(row["found"])
