"""Mails that wait together are let in together; what goes wrong with one is that one's affair."""

import asyncio
from collections.abc import Sequence
from email.message import EmailMessage

from servicedesk.app.wiring import Services, make_services
from servicedesk.domain.actors import system_actor
from servicedesk.domain.ids import ArrivalId
from servicedesk.intake.accept import Collected
from servicedesk.intake.arrivals import ArrivalState
from servicedesk.kernel import journal
from servicedesk.kernel.work import Work
from tests.stories.company import Company, letter, post
from tests.stories.mail_rows import count
from tests.stories.test_collected import nothing_to_note

ACCEPTED, DUPLICATE = ArrivalState.ACCEPTED, ArrivalState.DUPLICATE
MAILS = 20


def mail(number: int, **headers: str) -> EmailMessage:
    return letter(f"Order {number}", sender=f"Kim <kim{number}@contact.example>", **headers)


def with_logo(number: int) -> EmailMessage:
    written = mail(number)
    written.add_attachment(b"the same logo", maintype="image", subtype="png", filename="logo.png")
    return written


async def collected(
    services: Services, company: Company, mails: Sequence[EmailMessage | bytes]
) -> list[ArrivalId]:
    await post(services, company.inbox, letter("Warm", sender="warm@contact.example"))
    raws = [one if isinstance(one, bytes) else one.as_bytes() for one in mails]
    portion = [Collected(raw, {}) for raw in raws]
    return await services.intake.store_collected(company.inbox, portion, nothing_to_note)


async def test_many_mails_become_a_ticket_each(services: Services, company: Company) -> None:
    ids = await collected(services, company, [mail(number) for number in range(MAILS)])
    assert await services.intake.admit_all(ids) == [ACCEPTED] * MAILS
    assert await count(services, "ticket") == MAILS + 1
    assert await count(services, "work_order") == MAILS + 1
    assert await count(services, "ticket_clocks") == MAILS + 1


async def test_what_is_let_in_together_is_all_in_the_journal(
    services: Services, company: Company
) -> None:
    ids = await collected(services, company, [mail(number) for number in range(5)])
    await services.intake.admit_all(ids)
    await services.database.settle()
    entries = await journal.read_after(services.database.sql, 0, 1_000)
    opened = [entry for entry in entries if entry.kind == "ticket.opened"]
    assert len(opened) == 6
    assert [entry.position for entry in entries] == sorted({one.position for one in entries})


async def test_same_logo_in_many_mails_is_counted_for_each(
    services: Services, company: Company
) -> None:
    ids = await collected(services, company, [with_logo(number) for number in range(5)])
    assert await services.intake.admit_all(ids) == [ACCEPTED] * 5
    (row,) = await services.database.sql.fetch(
        "SELECT uses FROM blob WHERE sha256 IN (SELECT sha256 FROM attachment)"
    )
    assert row["uses"] == 5


async def test_answer_finds_the_mail_that_waited_before_it(
    services: Services, company: Company
) -> None:
    first = mail(1, Message_ID="<first@contact.example>")
    answer = mail(1, In_Reply_To="<first@contact.example>")
    ids = await collected(services, company, [mail(0), first, answer, mail(2)])
    assert await services.intake.admit_all(ids) == [ACCEPTED] * 4
    assert await count(services, "ticket") == 4  # one of them before, one answered


async def test_same_mail_twice_in_a_lot_is_let_in_once(
    services: Services, company: Company
) -> None:
    twice = mail(1)
    ids = await collected(services, company, [mail(0), twice, twice, mail(2)])
    assert await services.intake.admit_all(ids) == [ACCEPTED, ACCEPTED, DUPLICATE, ACCEPTED]
    assert await count(services, "ticket") == 4


async def test_two_mails_of_one_sender_are_one_contact(
    services: Services, company: Company
) -> None:
    ids = await collected(services, company, [mail(1), mail(1), mail(1)])
    assert await services.intake.admit_all(ids) == [ACCEPTED] * 3
    assert await count(services, "contact") == 2


async def test_two_processes_that_let_the_same_in_at_once_double_nothing(
    services: Services, company: Company
) -> None:
    ids = await collected(services, company, [mail(number) for number in range(MAILS)])
    other = make_services(services.settings, services.database, services.bus)
    await asyncio.gather(
        services.intake.admit_all(ids), *(other.intake.admit(one) for one in reversed(ids))
    )
    assert await count(services, "ticket") == MAILS + 1
    states = await services.database.sql.fetch("SELECT DISTINCT state FROM arrival")
    assert [row["state"] for row in states] == [ACCEPTED]


async def test_one_sender_in_two_lots_at_once_is_one_contact(
    services: Services, company: Company
) -> None:
    """Both lots foresee an address that nobody has; the second finds out at its constraint."""
    ids = await collected(services, company, [mail(number % 5) for number in range(10)])
    states = await asyncio.gather(
        services.intake.admit_all(ids[:5]), services.intake.admit_all(ids[5:])
    )
    assert list(states) == [[ACCEPTED] * 5] * 2
    assert await count(services, "contact") == 6
    assert await count(services, "ticket") == 11


async def test_what_a_lot_left_behind_is_let_in_later_and_once(
    services: Services, company: Company
) -> None:
    """As after a kill: the process knows nothing of what it stored."""
    ids = await collected(services, company, [mail(number) for number in range(5)])
    services.intake.forget()
    assert await services.intake.admit_all(ids) == [ACCEPTED] * 5
    assert await services.intake.admit_all(ids) == [ACCEPTED] * 5
    assert await count(services, "ticket") == 6


async def test_one_mail_that_cannot_be_let_in_does_not_hold_up_the_others(
    services: Services, company: Company
) -> None:
    """The database refuses its ticket."""
    ids = await collected(services, company, [mail(number) for number in range(5)])
    async with services.database.work(system_actor("test")) as work:
        await _refuse_subject(work, "Order 3")
    states = await services.intake.admit_all(ids)
    assert states == [ACCEPTED, ACCEPTED, ACCEPTED, ArrivalState.QUARANTINED, ACCEPTED]
    assert await count(services, "ticket") == 5


async def _refuse_subject(work: Work, subject: str) -> None:
    if work.sql.on_sqlite:
        await work.sql.execute(
            "CREATE TRIGGER refuse BEFORE INSERT ON ticket WHEN new.subject = "
            f"'{subject}' BEGIN SELECT RAISE(ABORT, 'refused'); END"
        )
        return
    await work.sql.execute(f"ALTER TABLE ticket ADD CHECK (subject <> '{subject}')")
