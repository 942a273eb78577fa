"""A small company for stories: one desk, two teams, who works there, and mail to it."""

from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from uuid import UUID

from servicedesk.app.wiring import Services
from servicedesk.desk.inboxes import InboxFacts, get_inbox
from servicedesk.desk.setup import NewDesk, add_desk
from servicedesk.domain.actors import system_actor
from servicedesk.domain.ids import QueueId, TeamId, TicketId, UserId
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.people import Role, Viewer
from servicedesk.intake.arrivals import Arrival, get_arrival
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.work import Work
from servicedesk.people.teams import add_team
from servicedesk.people.users import NewUser, add_user
from servicedesk.routing.queues import NewQueue, add_queue

SUPPORT = "support@acme.example"
SALES = "sales@acme.example"
UNFOLDED = policy.default.clone(max_line_length=998)  # it would encode a long Message-ID
NO_HASH = "not-a-hash"  # nobody signs in with a password in these stories


@dataclass(frozen=True, slots=True)
class Company:
    """`ana` and `ben` are agents of Support, `sam` its supervisor, `olga` its observer; `zoe` is an
    agent of Sales only; `ada` administers."""

    ada: Viewer
    ana: Viewer
    ben: Viewer
    sam: Viewer
    olga: Viewer
    zoe: Viewer
    support: TeamId
    sales: TeamId
    support_queue: QueueId
    sales_queue: QueueId
    inbox: InboxFacts
    sales_inbox: InboxFacts


async def found_company(services: Services) -> Company:
    """Set the company up in an empty desk."""
    async with services.database.work(system_actor("test")) as work:
        desk = await add_desk(work, NewDesk("Acme", _new("ada", Role.ADMINISTRATOR)), NO_HASH)
        ana, ben, sam, olga, zoe = [
            await add_user(work, _new(name, role), NO_HASH)
            for name, role in (
                ("ana", Role.AGENT),
                ("ben", Role.AGENT),
                ("sam", Role.SUPERVISOR),
                ("olga", Role.OBSERVER),
                ("zoe", Role.AGENT),
            )
        ]
        support = await add_team(work, "Acme support", [ana, ben, sam, olga])
        sales = await add_team(work, "Acme sales", [zoe])
        support_queue = await add_queue(work, NewQueue("Mail", support, team_ids=(support,)))
        sales_queue = await add_queue(work, NewQueue("Orders", sales, team_ids=(sales,)))
        inbox_id = await _inbox(work, desk.brand_id, SUPPORT, support_queue)
        sales_inbox_id = await _inbox(work, desk.brand_id, SALES, sales_queue)
    return Company(
        ada=Viewer(desk.administrator_id, Role.ADMINISTRATOR, frozenset({desk.team_id})),
        ana=_viewer(ana, Role.AGENT, support),
        ben=_viewer(ben, Role.AGENT, support),
        sam=_viewer(sam, Role.SUPERVISOR, support),
        olga=_viewer(olga, Role.OBSERVER, support),
        zoe=_viewer(zoe, Role.AGENT, sales),
        support=support,
        sales=sales,
        support_queue=support_queue,
        sales_queue=sales_queue,
        inbox=await get_inbox(services.database.sql, inbox_id),
        sales_inbox=await get_inbox(services.database.sql, sales_inbox_id),
    )


def _new(name: str, role: Role) -> NewUser:
    return NewUser(name.title(), f"{name}@acme.example", role, "")


def _viewer(user_id: UserId, role: Role, team_id: TeamId) -> Viewer:
    return Viewer(user_id, role, frozenset({team_id}))


async def _inbox(work: Work, brand_id: UUID, address: str, queue_id: QueueId) -> UUID:
    inbox_id = new_id()
    row = {
        "id": inbox_id,
        "channel": ChannelKind.EMAIL,
        "name": address.partition("@")[0].title(),
        "address": address,
        "brand_id": brand_id,
        "queue_id": queue_id,
        "settings": {},
        "active": True,
        "created_at": work.now,
    }
    await work.sql.insert("inbox", [row])
    return inbox_id


def letter(
    subject: str = "Refund",
    text: str = "Where is my refund?",
    sender: str = "Lin Wei <lin@contact.example>",
    to: str = SUPPORT,
    **headers: str,
) -> EmailMessage:
    """A plain mail; header names in keywords have underscores for dashes."""
    mail = EmailMessage(policy=UNFOLDED)
    mail["From"] = sender
    mail["To"] = to
    mail["Subject"] = subject
    mail["Message-ID"] = headers.pop("Message_ID", f"<{new_id()}@contact.example>")
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail


async def post(services: Services, inbox: InboxFacts, mail: EmailMessage | bytes) -> Arrival:
    """Let a mail in as the receiver would; return what became of it, once all can be told of it."""
    raw = mail if isinstance(mail, bytes) else mail.as_bytes()
    (arrival_id,) = await services.intake.store([inbox], raw, {})
    await services.intake.admit(arrival_id)
    await services.database.settle()
    return await get_arrival(services.database.sql, arrival_id)


async def open_by_mail(
    services: Services, company: Company, mail: EmailMessage | None = None
) -> TicketId:
    """Let a mail to Support in and return its ticket."""
    arrival = await post(services, company.inbox, mail or letter())
    assert arrival.ticket_id is not None, arrival
    return TicketId(arrival.ticket_id)
