"""Mails let into a served desk, to look at the pages that show their html."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from email import policy
from email.message import EmailMessage
from uuid import UUID

from playwright.async_api import Browser, BrowserContext

from servicedesk.app.api.cookies import SESSION_COOKIE
from servicedesk.desk.inboxes import get_inbox
from servicedesk.domain.ids import ArrivalId
from servicedesk.intake.arrivals import get_arrival
from servicedesk.kernel.config import Settings
from servicedesk.kernel.ids import new_id
from tests.api.offices import Office
from tests.api.served import Served, served_office

# As MailFrame has it: what counts is that no script may run.
FRAME_SANDBOX = "allow-same-origin allow-popups allow-popups-to-escape-sandbox"
AT_ONCE = 50


@contextmanager
def served_desk(settings: Settings) -> Iterator[Served]:
    with served_office(settings) as served:
        yield served


def html_mail(html: str, subject: str) -> EmailMessage:
    """A mail with an html body and nothing else."""
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"] = "Lin Wei <lin@contact.example>"
    mail["To"] = "north@acme.example"
    mail["Subject"] = subject
    mail["Message-ID"] = f"<{new_id()}@contact.example>"
    content = html.encode("utf-8", "replace")
    mail.set_content(content, "text", "html", cte="base64", params={"charset": "utf-8"})
    return mail


def receive_mails(served: Served, mails: Sequence[EmailMessage]) -> list[tuple[UUID, UUID]]:
    """Let the mails in; return the ticket and the message that became of each, in order."""
    found: list[tuple[UUID, UUID]] = []
    for start in range(0, len(mails), AT_ONCE):
        found += served.run(_receive(served.office, mails[start : start + AT_ONCE]))
    return found


async def _receive(office: Office, mails: Sequence[EmailMessage]) -> list[tuple[UUID, UUID]]:
    inbox = await get_inbox(office.database.sql, office.inbox_id)
    found = []
    for mail in mails:
        (arrival_id,) = await office.services.intake.store([inbox], mail.as_bytes(), {})
        found.append(await _admit(office, arrival_id))
    return found


async def _admit(office: Office, arrival_id: ArrivalId) -> tuple[UUID, UUID]:
    state = await office.services.intake.admit(arrival_id)
    arrival = await get_arrival(office.database.sql, arrival_id)
    assert arrival.ticket_id is not None, (state, arrival.reason)
    assert arrival.message_id is not None
    return arrival.ticket_id, arrival.message_id


async def agent_context(browser: Browser, served: Served, **options: object) -> BrowserContext:
    """A browser in which Ann of the office is signed in."""
    context = await browser.new_context(**options)  # type: ignore[arg-type]
    cookie = {"name": SESSION_COOKIE, "value": served.new_session("ann"), "url": served.address}
    await context.add_cookies([cookie])  # type: ignore[list-item]
    return context
