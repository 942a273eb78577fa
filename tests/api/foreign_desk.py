"""A ticket of Support with everything on it; Zoe and Sid of Sales must learn nothing of it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import httpx2

from servicedesk.app.api.application import make_application
from servicedesk.app.wiring import Services
from servicedesk.desk.note import note
from servicedesk.domain.actors import system_actor
from servicedesk.domain.ids import TeamId, TicketId, UserId
from servicedesk.domain.people import Role, Viewer
from servicedesk.domain.presence import PresenceState
from servicedesk.kernel import leases
from servicedesk.kernel.database import Database
from servicedesk.kernel.ids import new_id
from servicedesk.people.sessions import Origin, start_session
from servicedesk.people.users import NewUser, add_user
from servicedesk.routing.engine.decisions import MakeOffer
from servicedesk.routing.offers import make_offer
from servicedesk.routing.orders import live_order
from servicedesk.routing.presence import set_presence
from tests.api.offices import SESSION_SECONDS, client_of
from tests.stories.company import Company, found_company, letter, open_by_mail, post

MARK = "zanzibar"
"""Stands in every word of the ticket: subject, text, file, note, the contact's name and address."""


@dataclass(frozen=True, slots=True)
class ForeignDesk:
    """`ids` fills the paths: ids of Support's things, by the names that the routes give them.
    `ana` belongs to Support and is offered the ticket; `zoe`, an agent, and `sid`, a supervisor,
    belong to Sales."""

    services: Services
    company: Company
    ids: dict[str, UUID]
    ana: httpx2.AsyncClient
    zoe: httpx2.AsyncClient
    sid: httpx2.AsyncClient

    async def picture(self) -> dict[str, list[dict[str, object]]]:
        """Return the rows that a stranger's calls must leave as they are."""
        return {
            table: [dict(row) for row in await self._rows(table)]
            for table in (
                "ticket",
                "message",
                "work_order",
                "offer",
                "contact",
                "arrival",
                "attachment",
                "ticket_viewer",
            )
        }

    async def _rows(self, table: str) -> list[dict[str, object]]:
        rows = await self.services.database.sql.fetch(f"SELECT * FROM {table} ORDER BY id")
        return [dict(row) for row in rows]


@asynccontextmanager
async def open_foreign_desk(services: Services) -> AsyncIterator[ForeignDesk]:
    company = await found_company(services)
    mail = letter(
        subject=f"The {MARK} order",
        text=f"Where is my {MARK}?",
        sender=f"{MARK} lin <{MARK}@contact.example>",
    )
    mail.add_alternative(f"<p>Where is my {MARK}?</p>", subtype="html")
    mail.add_attachment(
        MARK.encode(), maintype="application", subtype="pdf", filename=f"{MARK}.pdf"
    )
    ticket_id = await open_by_mail(services, company, mail)
    await note(services.database, company.ana, ticket_id, f"Known {MARK} buyer")
    broken = await post(services, company.inbox, letter(subject=MARK))
    await services.database.sql.execute(
        "UPDATE arrival SET state = 'quarantined', message_id = NULL, ticket_id = NULL "
        "WHERE id = $1",
        broken.id,
    )
    ids = await _ids(services.database, ticket_id)
    ids["offer_id"] = await _offer(services.database, ticket_id, company.ana)
    ids["order_id"] = await _order(services.database, ticket_id)
    ids["arrival_id"] = broken.id
    app = make_application(services)
    sid = await _supervisor_of(services.database, company.sales)
    async with AsyncExitStack() as stack:
        ana, zoe, sid_client = [
            await stack.enter_async_context(
                client_of(app, await _token(services.database, user_id))
            )
            for user_id in (company.ana.user_id, company.zoe.user_id, sid)
        ]
        yield ForeignDesk(services, company, ids, ana, zoe, sid_client)


async def _ids(database: Database, ticket_id: TicketId) -> dict[str, UUID]:
    """Return the ids that paths name; those of things that Zoe may know are made up."""
    row = await database.sql.fetch_one(
        "SELECT m.id AS message_id, a.id AS file_id, t.contact_id FROM ticket t "
        "JOIN message m ON m.ticket_id = t.id JOIN attachment a ON a.message_id = m.id "
        "WHERE t.id = $1",
        ticket_id,
    )
    assert row is not None
    known = {name: UUID(str(row[name])) for name in ("message_id", "file_id", "contact_id")}
    made_up = (
        "session_id", "user_id", "team_id", "queue_id", "inbox_id", "skill_id", "template_id",
        "calendar_id", "policy_id", "escalation_id",
    )  # fmt: skip
    return {**known, "ticket_id": ticket_id, **{name: new_id() for name in made_up}}


async def _order(database: Database, ticket_id: TicketId) -> UUID:
    order = await live_order(database.sql, ticket_id)
    assert order is not None
    return order.id


async def _offer(database: Database, ticket_id: TicketId, viewer: Viewer) -> UUID:
    await set_presence(database, viewer.user_id, PresenceState.AVAILABLE, None)
    order = await live_order(database.sql, ticket_id)
    lease = await leases.acquire(database.sql, "router", "test", 60)
    assert order is not None
    assert lease is not None
    async with database.work(system_actor("router")) as work:
        assert await make_offer(work, lease, MakeOffer(order.id, viewer.user_id, 3600))
    row = await database.sql.fetch_one("SELECT id FROM offer WHERE order_id = $1", order.id)
    assert row is not None
    return UUID(str(row["id"]))


async def _supervisor_of(database: Database, team_id: TeamId) -> UserId:
    new = NewUser("Sid", "sid@acme.example", Role.SUPERVISOR, "", team_ids=(team_id,))
    async with database.work(system_actor("test")) as work:
        return await add_user(work, new, "no hash")


async def _token(database: Database, user_id: UserId) -> str:
    async with database.work(system_actor("test")) as work:
        return await start_session(work, user_id, Origin("", "test"), SESSION_SECONDS)
