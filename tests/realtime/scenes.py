"""A company at work, with a hub that the test moves step by step, and consoles to listen."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import httpx2
from starlette.applications import Starlette

from servicedesk.app.api.application import make_application
from servicedesk.app.wiring import Services
from servicedesk.desk.reply import NewReply, reply
from servicedesk.domain.actors import Actor, system_actor, user_actor
from servicedesk.domain.ids import OfferId, SessionId, TicketId
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.people import Viewer
from servicedesk.domain.presence import PresenceState
from servicedesk.kernel import leases
from servicedesk.kernel.database import Database
from servicedesk.kernel.sql import as_uuid
from servicedesk.people.sessions import Origin, start_session
from servicedesk.people.sign_in import find_session
from servicedesk.realtime.hub import Hub
from servicedesk.routing.engine.decisions import MakeOffer
from servicedesk.routing.offer_rows import open_offer_of_order
from servicedesk.routing.offers import make_offer
from servicedesk.routing.orders import live_order
from servicedesk.routing.presence import set_presence
from tests.api.offices import client_of
from tests.realtime.consoles import Console
from tests.stories.company import Company, found_company, open_by_mail

OFFER_SECONDS = 45
SESSION_SECONDS = 3_600
LISTENERS = ("ana", "zoe", "ada")
"""An agent of the ticket's team, one of another team, the administrator."""
CALLERS = (*LISTENERS, "ben", "sam", "olga")


@dataclass(frozen=True, slots=True)
class Scene:
    """Mail of Lin waits as ticket `ticket_id` in Support, unassigned; `ana` and `zoe` take work."""

    services: Services
    company: Company
    app: Starlette
    hub: Hub
    consoles: dict[str, Console]
    clients: dict[str, httpx2.AsyncClient]
    ticket_id: TicketId

    @property
    def database(self) -> Database:
        return self.services.database

    @property
    def ada(self) -> Actor:
        return user_actor(self.company.ada.user_id)

    async def version(self, table: str, row_id: UUID) -> int:
        row = await self.database.sql.fetch_one(
            f"SELECT version FROM {table} WHERE id = $1", row_id
        )
        assert row is not None
        return int(row["version"])

    async def contact_id(self) -> UUID:
        row = await self.database.sql.fetch_one(
            "SELECT contact_id FROM ticket WHERE id = $1", self.ticket_id
        )
        assert row is not None
        return as_uuid(row["contact_id"])

    async def offer_to(self, viewer: Viewer) -> OfferId:
        """Offer the ticket's order to the viewer, as the router would."""
        await set_presence(self.database, viewer.user_id, PresenceState.AVAILABLE, None)
        order = await live_order(self.database.sql, self.ticket_id)
        lease = await leases.acquire(self.database.sql, "router", "test", 60)
        assert order is not None
        assert lease is not None
        async with self.database.work(system_actor("router")) as work:
            decision = MakeOffer(order.id, viewer.user_id, OFFER_SECONDS)
            assert await make_offer(work, lease, decision)
        offer = await open_offer_of_order(self.database.sql, order.id)
        assert offer is not None
        return offer.id

    async def reply(self, viewer: Viewer) -> None:
        channel = self.services.channels[ChannelKind.EMAIL]
        new = NewReply("We look into it.", seen_seq=100)
        await reply(self.database, channel, viewer, self.ticket_id, new)

    async def come(self, names: Iterable[str]) -> None:
        for name in names:
            await self.consoles[name].come(self.hub)

    async def listen(self) -> None:
        """Let the hub tell what was stamped, and every connected console hear it."""
        await self.hub.sweep()
        for console in self.consoles.values():
            if console.connection in self.hub.connections:
                await console.listen()


@asynccontextmanager
async def open_scene(services: Services) -> AsyncIterator[Scene]:
    company = await found_company(services)
    for agent in (company.ana, company.zoe):
        await set_presence(services.database, agent.user_id, PresenceState.AVAILABLE, None)
    ticket_id = await open_by_mail(services, company)
    app = make_application(services)
    hub = Hub(services.database, services.bus)
    await hub.sweep()
    async with AsyncExitStack() as stack:
        consoles = {}
        clients = {}
        for name in CALLERS:
            viewer: Viewer = getattr(company, name)
            token, session_id = await sign_in(services.database, viewer)
            clients[name] = await stack.enter_async_context(client_of(app, token))
            if name in LISTENERS:
                consoles[name] = Console(viewer, session_id, clients[name])
        yield Scene(services, company, app, hub, consoles, clients, ticket_id)


async def sign_in(database: Database, viewer: Viewer) -> tuple[str, SessionId]:
    """Open a session without a password; return its token and id."""
    origin = Origin("127.0.0.1", "test")
    async with database.work(system_actor("test")) as work:
        token = await start_session(work, viewer.user_id, origin, SESSION_SECONDS)
    found = await find_session(database, token)
    assert found is not None
    return token, found.session_id
