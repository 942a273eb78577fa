"""What is to be taken from a folder, decided. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from servicedesk.channels.email.headers import parse_message_ids
from servicedesk.channels.email.imap.answers import Overview
from servicedesk.channels.email.settings import Handled

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
HEAD = "MESSAGE-ID"
CLOCKS_DIFFER = timedelta(minutes=10)
"""By how much the mail server's may differ from ours: better a mail too many than one too few."""


@dataclass(frozen=True, slots=True)
class Taking:
    """What is taken from a mailbox and what happens to it there.

    Of a mail over `max_bytes` only `cut_bytes` are fetched. `since` None: only new mail.
    """

    max_bytes: int
    handled: Handled = Handled.FLAG
    handled_folder: str = ""
    since: date | None = None
    poll_seconds: float = 300.0
    cut_bytes: int = 65_536
    mails_at_once: int = 50
    bytes_at_once: int = 8_000_000


@dataclass(frozen=True, slots=True)
class Before:
    """Which of the mails that were there before us are ours to take.

    `day` bounds the search (IMAP knows days only), `instant` decides within that day.
    """

    day: date | None
    instant: datetime | None

    def criteria(self, first_uid: int, last_uid: int) -> str:
        return f"UID {first_uid}:{last_uid}" + (f" SINCE {imap_day(self.day)}" if self.day else "")

    def wants(self, overview: Overview) -> bool:
        if self.instant is None or overview.arrived_at is None:
            return True
        return overview.arrived_at >= self.instant


def old_mail(since: date | None, began_at: datetime | None) -> Before | None:
    """Return what to take of mail that is there already; None for nothing of it.

    `began_at`: when the folder was first connected, None at the first time. After its UIDs have
    changed their meaning, everything since then is looked through again: with `since` empty, what
    is older was never ours.
    """
    if since is not None:
        return Before(since, None)
    if began_at is None:
        return None
    instant = began_at - CLOCKS_DIFFER
    return Before(instant.date() - timedelta(days=1), instant)


def imap_day(day: date) -> str:
    """Write a date as SEARCH has it (RFC 3501 §9), whatever the locale."""
    return f"{day.day}-{MONTHS[day.month - 1]}-{day.year:04}"


def message_id(overview: Overview) -> str:
    """Return the Message-ID in the header lines that were fetched, as intake keeps it, or ""."""
    _, colon, value = overview.head.partition(b":")
    return next(iter(parse_message_ids(value)), "") if colon else ""


def not_known(overviews: Iterable[Overview], known: Collection[tuple[str, int]]) -> list[Overview]:
    """Leave out what came before: the same Message-ID and the same size."""
    return [one for one in overviews if (message_id(one), one.size_bytes) not in known]
