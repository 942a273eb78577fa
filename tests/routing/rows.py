"""A small company, written straight into the tables, for tests of routing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from uuid import UUID

from servicedesk.domain.actors import system_actor, user_actor
from servicedesk.domain.ids import OrderId, QueueId, TeamId, TicketId, UserId
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.people import Role
from servicedesk.domain.presence import PresenceState
from servicedesk.domain.tickets import Priority
from servicedesk.kernel import journal, leases
from servicedesk.kernel.database import Database
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.journal import Entry
from servicedesk.kernel.leases import Lease
from servicedesk.kernel.sql import Row, as_dict
from servicedesk.routing.classify import Classification
from servicedesk.routing.engine.decisions import MakeOffer
from servicedesk.routing.offer_rows import open_offer_of_order
from servicedesk.routing.offers import make_offer
from servicedesk.routing.orders import open_order
from servicedesk.routing.presence import set_presence
from servicedesk.routing.queues import NewQueue, add_queue

LONG_AGO = datetime.fromisoformat("2026-01-01T00:00:00+00:00")


@dataclass(slots=True)
class Desk:
    """One team, one queue it owns and serves, one inbox, one contact."""

    database: Database
    team_id: TeamId
    queue_id: QueueId
    brand_id: UUID
    inbox_id: UUID
    contact_id: UUID
    numbers: count[int] = field(default_factory=lambda: count(1))

    async def agent(
        self, *, available: bool = True, role: Role = Role.AGENT, in_team: bool = True
    ) -> UserId:
        user_id = UserId(new_id())
        row = {
            "id": user_id,
            "email": f"{user_id}@desk.example",
            "name": "Ana",
            "role": role,
            "password_hash": "",
            "created_at": LONG_AGO,
        }
        await self.database.sql.insert("app_user", [row])
        if in_team:
            member = {"id": new_id(), "team_id": self.team_id, "user_id": user_id}
            await self.database.sql.insert("team_member", [member])
        if available:
            await self.is_available(user_id)
        return user_id

    async def is_available(self, user_id: UserId) -> None:
        await set_presence(self.database, user_id, PresenceState.AVAILABLE, None)

    async def queue(self, name: str) -> QueueId:
        async with self.database.work(system_actor("test")) as work:
            return await add_queue(work, NewQueue(name, self.team_id, (self.team_id,)))

    async def ticket(self) -> TicketId:
        ticket_id = TicketId(new_id())
        row = {
            "id": ticket_id,
            "number": next(self.numbers),
            "subject": "Where is my parcel?",
            "status": "new",
            "channel": ChannelKind.EMAIL,
            "brand_id": self.brand_id,
            "inbox_id": self.inbox_id,
            "queue_id": self.queue_id,
            "team_id": self.team_id,
            "contact_id": self.contact_id,
            "created_at": LONG_AGO,
            "updated_at": LONG_AGO,
        }
        await self.database.sql.insert("ticket", [row])
        return ticket_id

    async def order(
        self,
        *,
        priority: Priority = Priority.NORMAL,
        queue_id: QueueId | None = None,
        ticket_id: TicketId | None = None,
    ) -> OrderId:
        classification = Classification(queue_id or self.queue_id, {}, priority, [])
        ticket_id = ticket_id or await self.ticket()
        async with self.database.work(system_actor("intake")) as work:
            return await open_order(work, ticket_id, classification, ChannelKind.EMAIL)

    async def offer(self, order_id: OrderId, user_id: UserId, *, seconds: int = 45) -> UUID:
        """Let a router of one decision offer the order, and return the offer's id."""
        lease = await self.lease()
        async with self.database.work(system_actor("router")) as work:
            assert await make_offer(work, lease, MakeOffer(order_id, user_id, seconds))
        offer = await open_offer_of_order(self.database.sql, order_id)
        assert offer is not None
        return offer.id

    async def lease(self) -> Lease:
        lease = await leases.acquire(self.database.sql, "router", "test", 60)
        assert lease is not None
        return lease

    async def row(self, table: str, row_id: object, key: str = "id") -> Row:
        row = await self.database.sql.fetch_one(f"SELECT * FROM {table} WHERE {key} = $1", row_id)
        assert row is not None
        return row

    async def presence(self, user_id: UserId) -> Row:
        return await self.row("presence", user_id, "user_id")

    async def capacity(self, user_id: UserId, **units: int) -> None:
        capacity = as_dict((await self.presence(user_id))["capacity"]) | units
        await self.database.sql.execute(
            "UPDATE presence SET capacity = $2 WHERE user_id = $1", user_id, capacity
        )
        async with self.database.work(user_actor(user_id)) as work:
            work.record("user.changed", payload={"user_id": user_id, "fields": ["capacity"]})

    async def kinds(self) -> list[str]:
        return [entry.kind for entry in await self.entries()]

    async def entries(self) -> list[Entry]:
        await self.database.stamp()
        return await journal.read_after(self.database.sql, 0, 10_000)


async def small_desk(database: Database) -> Desk:
    team_id, brand_id, inbox_id, contact_id = TeamId(new_id()), new_id(), new_id(), new_id()
    sql = database.sql
    await sql.insert("team", [{"id": team_id, "name": "Support", "created_at": LONG_AGO}])
    await sql.insert("brand", [{"id": brand_id, "name": "Acme", "created_at": LONG_AGO}])
    await sql.insert("contact", [{"id": contact_id, "name": "Lin", "created_at": LONG_AGO}])
    async with database.work(system_actor("test")) as work:
        queue_id = await add_queue(work, NewQueue("Support", team_id, (team_id,)))
    inbox = {
        "id": inbox_id,
        "channel": ChannelKind.EMAIL,
        "name": "Support",
        "address": "support@desk.example",
        "brand_id": brand_id,
        "queue_id": queue_id,
        "settings": {},
        "created_at": LONG_AGO,
    }
    await sql.insert("inbox", [inbox])
    return Desk(database, team_id, queue_id, brand_id, inbox_id, contact_id)
