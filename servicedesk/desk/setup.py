"""The story of the first start: company, brand, administrator, one team and one queue."""

from dataclasses import dataclass

from servicedesk.desk.company import COMPANY
from servicedesk.domain.actors import system_actor
from servicedesk.domain.errors import Conflict
from servicedesk.domain.ids import BrandId, QueueId, TeamId, UserId
from servicedesk.domain.people import Role
from servicedesk.kernel.database import Database
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import Sql
from servicedesk.kernel.work import Work
from servicedesk.people.sessions import Origin, start_session
from servicedesk.people.sign_in import Started
from servicedesk.people.teams import add_team
from servicedesk.people.users import NewUser, add_user, hash_new_password
from servicedesk.routing.queues import NewQueue, add_queue

FIRST_TEAM = {"en": "Support", "zh-CN": "客服组"}
FIRST_QUEUE = {"en": "Support", "zh-CN": "客服"}


@dataclass(frozen=True, slots=True)
class NewDesk:
    """Of `administrator`, role and teams are not looked at: the first user is what they must be."""

    company: str
    administrator: NewUser


@dataclass(frozen=True, slots=True)
class Desk:
    """What the first start made."""

    brand_id: BrandId
    team_id: TeamId
    queue_id: QueueId
    administrator_id: UserId


class SetupDone(Conflict):
    """The desk was set up before."""

    code = "setup-done"


async def needs_setup(sql: Sql) -> bool:
    return await sql.fetch_one("SELECT name FROM setting WHERE name = $1", COMPANY) is None


async def set_up_desk(
    database: Database, new: NewDesk, origin: Origin, session_seconds: int
) -> tuple[Desk, Started]:
    """Set the desk up and sign its administrator in. Raises SetupDone, WeakPassword.

    Of two who try at the same time one succeeds.
    """
    password_hash = await hash_new_password(new.administrator, new.company)
    async with database.work(system_actor("setup")) as work:
        desk = await add_desk(work, new, password_hash)
        token = await start_session(work, desk.administrator_id, origin, session_seconds)
    return desk, Started(token, work.position)


async def add_desk(work: Work, new: NewDesk, password_hash: str) -> Desk:
    """Do the same inside a story, without a session."""
    await _claim(work, new.company)
    brand_id = BrandId(new_id())
    brand = {"id": brand_id, "name": new.company, "created_at": work.now}
    await work.sql.insert("brand", [brand])
    typed = new.administrator
    first = NewUser(
        name=typed.name,
        email=typed.email,
        role=Role.ADMINISTRATOR,
        password=typed.password,
        locale=typed.locale,
        time_zone=typed.time_zone,
    )
    user_id = await add_user(work, first, password_hash)
    team_id = await add_team(work, FIRST_TEAM[typed.locale], [user_id])
    queue = NewQueue(FIRST_QUEUE[typed.locale], team_id, team_ids=(team_id,))
    queue_id = await add_queue(work, queue)
    work.record("desk.set_up")
    return Desk(brand_id, team_id, queue_id, user_id)


async def _claim(work: Work, company: str) -> None:
    row = {"name": COMPANY, "value": {"name": company}}
    if not await work.sql.insert("setting", [row], "ON CONFLICT (name) DO NOTHING"):
        raise SetupDone("This desk was set up before. Sign in, or ask its administrator.")
