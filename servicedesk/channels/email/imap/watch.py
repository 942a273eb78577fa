"""Keeps a folder read, for ever: connects, works, waits after each end, and says how it stands.

    connect ──▶ sign in ──▶ session (see `session`) ──connection lost──▶ waiting ──▶ connect …
       │           │             │
       │           └──refused────┴──▶ failed: told what to mend, tried again slowly ──▶ connect …
       └──not there──▶ waiting: sooner at first, at last every five minutes

`intake/mailbox_states` has the table. LeaseLost ends it: another process reads the mailbox.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import structlog

from servicedesk.channels.email.imap.account import Account
from servicedesk.channels.email.imap.connect import signed_in
from servicedesk.channels.email.imap.errors import FolderRefused, MailboxFault, SignInRefused
from servicedesk.channels.email.imap.plan import Taking
from servicedesk.channels.email.imap.session import Books, Session
from servicedesk.domain.errors import BadInput, LeaseLost, ServicedeskError
from servicedesk.intake.mailbox_states import FolderState, Step
from servicedesk.intake.mailboxes import FolderBook
from servicedesk.kernel import metrics
from servicedesk.kernel.backoff import delay_seconds

log = structlog.get_logger(__name__)
OUR_FAULT = "The desk met a fault of its own with this folder; see its log. It goes on trying."


class OpensBooks(Books, Protocol):
    async def open(self, folder: str) -> FolderBook: ...


@dataclass(frozen=True, slots=True)
class Pace:
    """How long to wait between attempts, in seconds. `jitter` gives 0 to 1: desks that lost the
    same server do not all come back at once."""

    jitter: Callable[[], float]
    first_seconds: float = 1.0
    longest_seconds: float = 300.0
    refused_first_seconds: float = 60.0  # a provider locks an account that is tried too often
    refused_longest_seconds: float = 900.0

    def wait_seconds(self, attempts: int, *, refused: bool) -> float:
        """Return the wait after `attempts` failed ones in a row: half to all of it by chance."""
        first = self.refused_first_seconds if refused else self.first_seconds
        longest = self.refused_longest_seconds if refused else self.longest_seconds
        whole = delay_seconds(attempts, first_seconds=first, longest_seconds=longest)
        return whole * (0.5 + 0.5 * self.jitter())


async def watch_folder(
    account: Account, folder: str, books: OpensBooks, taking: Taking, pace: Pace
) -> None:
    """Take in what comes into the folder, until cancelled. Raises LeaseLost."""
    attempts = 0
    while True:
        ended = await _read(account, folder, books, taking, attempts)
        attempts = 1 if ended.had_caught_up else attempts + 1
        await _tell(books, folder, ended, attempts)
        await asyncio.sleep(pace.wait_seconds(attempts, refused=ended.refused))


@dataclass(frozen=True, slots=True)
class _Ended:
    """How one connection ended. `refused`: it will not get better by itself."""

    words: str
    refused: bool
    had_caught_up: bool


async def _read(
    account: Account, folder: str, books: OpensBooks, taking: Taking, attempts: int
) -> _Ended:
    """Connect and read until it ends by a fault, which is returned. Raises LeaseLost."""
    session: Session | None = None
    try:
        book = await books.open(folder)
        book = await books.take_step(book, Step.CONNECT, book.error, attempts)
        async with signed_in(account) as client:
            session = Session(client, books, book, taking)
            await session.run()
    except LeaseLost:
        raise
    except (ServicedeskError, OSError) as error:
        fault = error.code if isinstance(error, ServicedeskError) else "unavailable"
        log.warning("mailbox_lost", fault=fault, attempts=attempts)
        refused = isinstance(error, SignInRefused | FolderRefused | BadInput)
        known = isinstance(error, MailboxFault | BadInput)
        words = str(error) if known else "The desk cannot store mail now. It is tried again."
    except Exception:
        fault, refused, words = "fault", False, OUR_FAULT
        log.exception("mailbox_failed", attempts=attempts)
    metrics.note_mailbox_loss(fault)
    caught_up = session is not None and session.book.state is FolderState.LISTENING
    return _Ended(words, refused, caught_up)


async def _tell(books: OpensBooks, folder: str, ended: _Ended, attempts: int) -> None:
    """Write down how it ended, if the database answers: it is also in the log."""
    step = Step.BE_REFUSED if ended.refused else Step.LOSE
    try:
        await books.take_step(await books.open(folder), step, ended.words, attempts)
    except LeaseLost:
        raise
    except (ServicedeskError, OSError) as error:
        log.warning("mailbox_state_untold", error=type(error).__name__)
