"""Who answers a desk by itself: good responders, bad ones, and the post that carries mail for them.

A responder sees nothing but the mail that it got. What it does is its habits; a good one keeps to
RFC 3834, a bad one leaves out all by which one could tell that no person wrote.
"""

from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from enum import StrEnum

from servicedesk.app.wiring import Services
from servicedesk.channels.email.letters import Letters
from servicedesk.channels.email.settings import EmailInboxSettings
from servicedesk.channels.email.tokens import MailMarks
from servicedesk.desk.delivery import record_receipt
from servicedesk.desk.inboxes import InboxFacts
from servicedesk.desk.outgoing import load_outbound
from servicedesk.domain.messages import DeliveryState, Receipt
from servicedesk.intake.arrivals import Arrival, get_arrival
from servicedesk.kernel.outbox import claim_due
from tests.stories.company import UNFOLDED

AT_MOST = 50
AUTOMATIC = ("auto-submitted", "precedence", "x-auto-response-suppress", "x-servicedesk-loop")


@dataclass(frozen=True, slots=True)
class Posted:
    """A mail on its way. `sender` is the envelope's, "" for a notice about delivery."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes

    @property
    def mail(self) -> EmailMessage:
        return message_from_bytes(self.content, policy=policy.default)


class Target(StrEnum):
    """Whom a responder answers."""

    ENVELOPE = "envelope"  # as RFC 3834 §4 wants it
    REPLY_TO = "reply_to"
    FROM = "from"


@dataclass(frozen=True, slots=True)
class Habits:
    """How a responder answers. `subject` has {subject} and {number} for what it got and how often
    it has answered; `faces` is how many addresses it writes from, in turn."""

    target: Target = Target.ENVELOPE
    headers: dict[str, str] = field(default_factory=dict)
    threads: bool = True
    subject: str = "Re: {subject}"
    faces: int = 1
    copies: int = 1


VACATION = Habits(headers={"Auto-Submitted": "auto-replied (vacation)"})


def answer_to(posted: Posted, habits: Habits, address: str, number: int) -> list[Posted]:
    """Return what the responder at the address sends back."""
    got = posted.mail
    local, _, domain = address.partition("@")
    me = f"{local}{number % habits.faces or ''}@{domain}"
    to = _target(posted, got, habits.target)
    answers = []
    for copy in range(habits.copies):
        mail = EmailMessage(policy=UNFOLDED)
        mail["From"] = me
        mail["To"] = to
        mail["Subject"] = habits.subject.format(subject=got["Subject"], number=number)
        mail["Message-ID"] = f"<{number}.{copy}.{local}@{domain}>"
        if habits.threads:
            mail["In-Reply-To"] = got["Message-ID"]
            mail["References"] = got["Message-ID"]
        for name, value in habits.headers.items():
            mail[name] = value
        mail.set_content(f"I got your mail, number {number}.{copy}.")
        answers.append(Posted(me, (to,), mail.as_bytes()))
    return answers


def _target(posted: Posted, got: EmailMessage, target: Target) -> str:
    if target is Target.ENVELOPE:
        return posted.sender
    named = got["Reply-To"] if target is Target.REPLY_TO else None
    return str((named or got["From"]).addresses[0].addr_spec)


def without_marks(posted: Posted) -> Posted:
    """A gateway that rewrites a mail until nothing tells that it is automatic, nor what it
    answers."""
    mail = posted.mail
    for name in (*AUTOMATIC, "in-reply-to", "references", "message-id", "reply-to"):
        del mail[name]
    mail.replace_header("Subject", mail["Subject"].replace("[", "").replace("]", ""))
    sender = mail["From"].addresses[0].addr_spec
    return Posted(sender, posted.recipients, mail.as_bytes())


async def collect_post(services: Services) -> list[Posted]:
    """Take what waits in the outbox, as a relay would that accepts everything."""
    letters = Letters(MailMarks(services.secrets), services.blobs.open, _no_clock)
    posted = []
    for claimed in await claim_due(services.database, "test", AT_MOST, 60):
        inbox, outbound = await load_outbound(
            services.database.sql, claimed.message_id, claimed.external_id
        )
        settings = EmailInboxSettings.model_validate(inbox.settings)
        letter = await letters.write(outbound, settings)
        posted.append(Posted(letter.sender, tuple(letter.recipients), letter.content))
        await record_receipt(services.database, claimed, Receipt(DeliveryState.SENT, "250 ok"))
    return posted


def _no_clock() -> datetime:
    raise AssertionError("a message says itself when it was written")


async def deliver(services: Services, inbox: InboxFacts, posted: Posted) -> Arrival:
    """Let a mail in as the receiver would, with its envelope."""
    envelope = {"sender": posted.sender, "recipients": list(posted.recipients)}
    (arrival_id,) = await services.intake.store([inbox], posted.content, envelope)
    await services.intake.admit(arrival_id)
    await services.database.settle()
    return await get_arrival(services.database.sql, arrival_id)
