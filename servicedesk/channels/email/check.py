"""The live check of a mail inbox, saved or not yet: its mailbox, its relay, a mail to itself.

Only for administrators: whoever may name hosts and ports and hear whether they answer looks into
the network that the desk stands in.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime

from servicedesk.channels.email.check_mailbox import MailboxCheck
from servicedesk.channels.email.check_relay import RelayCheck
from servicedesk.channels.email.check_steps import CheckStep, Step, StepName, run_chain
from servicedesk.channels.email.check_words import Finding, Found, failed
from servicedesk.channels.email.imap.account import account_of
from servicedesk.channels.email.relays import Relays
from servicedesk.channels.email.settings import EmailInboxSettings
from servicedesk.channels.email.tokens import MailMarks
from servicedesk.domain.errors import ServicedeskError, Unavailable
from servicedesk.domain.ids import InboxId
from servicedesk.domain.messages import Address

ROUND_TRIP_SECONDS = 90.0
LOOK_SECONDS = 2.0
Arrived = Callable[[str], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class CheckedInbox:
    """`settings` hold their secrets in the clear."""

    id: InboxId
    address: Address
    settings: EmailInboxSettings


@dataclass(frozen=True, slots=True)
class CheckTools:
    """`arrived` says whether a mail with this Message-ID has come in here, by whatever way."""

    relays: Relays
    marks: MailMarks
    arrived: Arrived
    clock: Callable[[], datetime]
    round_trip_seconds: float = ROUND_TRIP_SECONDS
    look_seconds: float = LOOK_SECONDS


async def check_inbox(
    inbox: CheckedInbox, tools: CheckTools, *, send_mail: bool
) -> AsyncIterator[CheckStep]:
    """Yield each step as it ends. `send_mail`: a mail goes to the inbox's own address and is
    waited for; it says that it is automatic, and becomes no ticket."""
    mailbox = _mailbox(inbox, tools)
    if mailbox is not None:
        async for step in run_chain(mailbox.steps()):
            yield step
    async with AsyncExitStack() as stack:
        relay = RelayCheck(inbox.address, inbox.settings, tools.marks, tools.clock)
        stack.callback(relay.close)
        steps = relay.steps(tools.relays.of_inbox(inbox.id, inbox.settings))
        if send_mail:
            steps += [Step(StepName.SEND, relay.send), _round_trip(mailbox, relay, tools)]
        async for step in run_chain(steps):
            yield step


def _mailbox(inbox: CheckedInbox, tools: CheckTools) -> MailboxCheck | None:
    imap = inbox.settings.imap
    if imap is None:
        return None
    tokens = tools.relays.tell_token(inbox.id, inbox.settings)
    account = account_of(imap, tokens, lambda: tools.relays.tls_context)
    return MailboxCheck(imap, inbox.settings, account)


def _round_trip(mailbox: MailboxCheck | None, relay: RelayCheck, tools: CheckTools) -> Step:
    async def wait() -> Found:
        try:
            async with asyncio.timeout(tools.round_trip_seconds):
                while True:
                    if await _has_come(mailbox, relay.message_id, tools):
                        break
                    await asyncio.sleep(tools.look_seconds)
        except TimeoutError:
            return failed(Finding.MAIL_NOT_BACK, seconds=f"{tools.round_trip_seconds:.0f}")
        return Found(Finding.MAIL_CAME_BACK)

    return Step(StepName.ROUND_TRIP, wait, tools.round_trip_seconds + 30)


async def _has_come(mailbox: MailboxCheck | None, message_id: str, tools: CheckTools) -> bool:
    if await tools.arrived(message_id):
        return True
    if mailbox is None:
        return False
    try:
        return await mailbox.has(message_id)
    except Unavailable:
        return False
    except ServicedeskError as error:
        raise Unavailable(f"The mailbox cannot be looked into: {error}") from None
