"""The sample company: Northwind Outdoor, with its people, queues, inboxes and a few mails."""

from dataclasses import dataclass

from servicedesk.app.demo.letters import HELD_BACK, SAMPLES, SampleMail, raw_mail
from servicedesk.app.wiring import Services
from servicedesk.desk.inbox_changes import NewInbox, add_inbox
from servicedesk.desk.inboxes import InboxFacts, find_inbox
from servicedesk.desk.lifecycle import TicketChanges, change_ticket
from servicedesk.desk.note import note
from servicedesk.desk.reply import NewReply, reply
from servicedesk.desk.setup import NewDesk, add_desk, needs_setup
from servicedesk.desk.tickets import find_tickets
from servicedesk.domain.actors import system_actor
from servicedesk.domain.ids import TeamId, TicketId, UserId
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.people import Role, Viewer
from servicedesk.domain.tickets import Priority, TicketStatus
from servicedesk.intake.arrivals import get_arrival
from servicedesk.kernel.work import Work
from servicedesk.people.shapes import Locale
from servicedesk.people.teams import add_team
from servicedesk.people.users import NewUser, add_user, hash_new_password
from servicedesk.routing.queues import NewQueue, add_queue

COMPANY = "Northwind Outdoor"
PASSWORD = "pine-forest-trail"  # noqa: S105  # printed at every start; the demo is local only
DEMO = system_actor("demo")


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    email: str
    role: Role
    locale: Locale = "en"


ADMINISTRATOR = Person("Marit Berg", "admin@northwind-outdoor.example", Role.ADMINISTRATOR)
SUPERVISOR = Person("Tomás Rivas", "supervisor@northwind-outdoor.example", Role.SUPERVISOR)
AGENT = Person("Sofia Marin", "agent@northwind-outdoor.example", Role.AGENT)
CHINESE_AGENT = Person("李娜", "lina@northwind-outdoor.example", Role.AGENT, "zh-CN")
OBSERVER = Person("Jonas Weiss", "observer@northwind-outdoor.example", Role.OBSERVER)
IN_SUPPORT = (SUPERVISOR, AGENT, OBSERVER)
IN_CHINA = (CHINESE_AGENT,)


@dataclass(frozen=True, slots=True)
class Staff:
    agent: Viewer
    chinese_agent: Viewer


async def build_company(services: Services) -> None:
    """Set the sample company up once; a desk that has a company is left as it is."""
    if not await needs_setup(services.database.sql):
        return
    staff = await _add_people(services)
    tickets = [await _let_in(services, sample) for sample in SAMPLES]
    for sample in HELD_BACK:
        await _let_in(services, sample)
    await _work_a_little(services, staff, tickets)


async def _add_people(services: Services) -> Staff:
    everybody = (ADMINISTRATOR, *IN_SUPPORT, *IN_CHINA)
    new = {person: _new_user(person) for person in everybody}
    hashes = {person: await hash_new_password(user) for person, user in new.items()}
    async with services.database.work(DEMO) as work:
        desk = await add_desk(work, NewDesk(COMPANY, new[ADMINISTRATOR]), hashes[ADMINISTRATOR])
        users = {
            person: await add_user(work, new[person], hashes[person])
            for person in (*IN_SUPPORT, *IN_CHINA)
        }
        support = await add_team(work, "Support Europe", [users[person] for person in IN_SUPPORT])
        china = await add_team(work, "华东客服", [users[person] for person in IN_CHINA])
        await _add_inbox(work, "Support Europe", "support@northwind-outdoor.example", support)
        await _add_inbox(work, "华东客服", "service@northwind-outdoor.example", china)
    del desk
    return Staff(
        agent=_viewer(users[AGENT], AGENT, support),
        chinese_agent=_viewer(users[CHINESE_AGENT], CHINESE_AGENT, china),
    )


def _new_user(person: Person) -> NewUser:
    zone = "Asia/Shanghai" if person.locale == "zh-CN" else "Europe/Berlin"
    return NewUser(
        person.name, person.email, person.role, PASSWORD, locale=person.locale, time_zone=zone
    )


def _viewer(user_id: UserId, person: Person, team_id: TeamId) -> Viewer:
    return Viewer(user_id, person.role, frozenset({team_id}))


async def _add_inbox(work: Work, name: str, address: str, team_id: TeamId) -> None:
    queue_id = await add_queue(work, NewQueue(name, team_id, team_ids=(team_id,)))
    await add_inbox(work, NewInbox(ChannelKind.EMAIL, name, address, queue_id))


async def _let_in(services: Services, sample: SampleMail) -> TicketId | None:
    inbox: InboxFacts | None = await find_inbox(services.database.sql, ChannelKind.EMAIL, sample.to)
    if inbox is None:
        return None
    raw = raw_mail(sample, await services.database.now())
    envelope = {"sender": sample.address, "recipients": [sample.to]}
    (arrival_id,) = await services.intake.store([inbox], raw, envelope)
    await services.intake.admit(arrival_id)
    arrival = await get_arrival(services.database.sql, arrival_id)
    return None if arrival.ticket_id is None else TicketId(arrival.ticket_id)


async def _work_a_little(services: Services, staff: Staff, tickets: list[TicketId | None]) -> None:
    """Leave the desk as in the middle of a day: some answered, some solved, some waiting."""
    refund, _, invoice, stove, _, zip_repair, _ = tickets
    email = services.channels[ChannelKind.EMAIL]
    if refund:
        words = "Finance traced it: the payment bounced on 16 November. We need a new IBAN."
        await note(services.database, staff.agent, refund, words)
        await _set(services, staff.agent, refund, TicketChanges(priority=Priority.HIGH))
    if zip_repair:
        text = (
            "Hello Pedro,\n\nour workshop repairs zips free of charge within two years. Please "
            "send the pack to the address on the warranty card.\n\nKind regards\nSofia Marin"
        )
        pending = NewReply(text=text, seen_seq=1, set_status=TicketStatus.PENDING)
        await reply(services.database, email, staff.agent, zip_repair, pending)
    if stove:
        text = (
            "Hello Mikael,\n\nadapter 4411 fits both threads; it is on its way to you, free of "
            "charge.\n\nKind regards\nSofia Marin"
        )
        solved = NewReply(text=text, seen_seq=1, set_status=TicketStatus.SOLVED)
        await reply(services.database, email, staff.agent, stove, solved)
    if invoice:
        await _set(services, staff.agent, invoice, TicketChanges(priority=Priority.URGENT))


async def _set(
    services: Services, viewer: Viewer, ticket_id: TicketId, changes: TicketChanges
) -> None:
    facts = (await find_tickets(services.database.sql, [ticket_id]))[ticket_id]
    await change_ticket(services.database, viewer, ticket_id, facts.version, changes)
