"""A small office to call the API from: two teams, one person of each role, all signed in."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

import httpx2
from argon2 import PasswordHasher
from starlette.applications import Starlette

from servicedesk.app.api.application import make_application
from servicedesk.app.api.cookies import SESSION_COOKIE
from servicedesk.app.wiring import Services
from servicedesk.desk.inbox_changes import NewInbox, add_inbox
from servicedesk.desk.setup import Desk, NewDesk, add_desk
from servicedesk.domain.actors import system_actor
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.people import Role
from servicedesk.kernel.database import Database
from servicedesk.people.sessions import Origin, csrf_token, start_session
from servicedesk.people.teams import add_team
from servicedesk.people.users import NewUser, add_user
from servicedesk.routing.queues import NewQueue, add_queue

ADDRESS = "http://127.0.0.1:8000"
PASSWORD = "four unrelated words"
SESSION_SECONDS = 3600


@lru_cache(maxsize=1)
def quick_hash() -> str:
    """A hash of PASSWORD that costs little to check: sign-in renews it, as after an upgrade."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an open session. `client` sends the cookie and the CSRF header."""

    id: UUID
    email: str
    token: str
    client: httpx2.AsyncClient


@dataclass(frozen=True, slots=True)
class Office:
    """`ada` administrates, `sam` supervises and `olga` observes north; `ann` works there; `bob`
    works in south; `inbox_id` and `queue_id` are north's."""

    app: Starlette
    services: Services
    database: Database
    desk: Desk
    people: Mapping[str, Person]
    north_id: UUID
    south_id: UUID
    queue_id: UUID
    inbox_id: UUID

    def client(self, name: str) -> httpx2.AsyncClient:
        return self.people[name].client


def client_of(app: Starlette, token: str | None = None) -> httpx2.AsyncClient:
    """A client of the application in this process: signed in with the token, or a stranger."""
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app),
        base_url=ADDRESS,
        cookies={SESSION_COOKIE: token} if token else None,
        headers={"X-CSRF-Token": csrf_token(token)} if token else None,
    )


@asynccontextmanager
async def open_office(services: Services) -> AsyncIterator[Office]:
    database = services.database
    app = make_application(services)
    async with database.work(system_actor("test")) as work:
        ada = NewUser("Ada", "ada@example.com", Role.ADMINISTRATOR, PASSWORD)
        desk = await add_desk(work, NewDesk("Example", ada), quick_hash())
        south_id = await add_team(work, "South", [])
        ids = {"ada": desk.administrator_id}
        for name, role, team_id in (
            ("sam", Role.SUPERVISOR, desk.team_id),
            ("ann", Role.AGENT, desk.team_id),
            ("olga", Role.OBSERVER, desk.team_id),
            ("bob", Role.AGENT, south_id),
        ):
            new = NewUser(name.title(), f"{name}@example.com", role, PASSWORD, team_ids=(team_id,))
            ids[name] = await add_user(work, new, quick_hash())
        await add_queue(work, NewQueue("South", south_id, team_ids=(south_id,)))
        inbox_id = await add_inbox(
            work, NewInbox(ChannelKind.EMAIL, "Mail", "support@example.com", desk.queue_id)
        )
        tokens = {
            name: await start_session(work, user_id, Origin("127.0.0.1", "test"), SESSION_SECONDS)
            for name, user_id in ids.items()
        }
    async with AsyncExitStack() as stack:
        people = {
            name: Person(
                user_id,
                f"{name}@example.com",
                tokens[name],
                await stack.enter_async_context(client_of(app, tokens[name])),
            )
            for name, user_id in ids.items()
        }
        yield Office(
            app=app,
            services=services,
            database=database,
            desk=desk,
            people=people,
            north_id=desk.team_id,
            south_id=south_id,
            queue_id=desk.queue_id,
            inbox_id=inbox_id,
        )
