"""The brakes on automatic mail: how much of it may go out (pure), and the rows that count it.

Field notes 2.5, "Rules we should adopt" 6: at most one acknowledgement for a sender and subject in
24 h, three for a sender in 3 h; and an inbox that writes too many by itself is silent for an hour.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from servicedesk.domain.actors import Actor
from servicedesk.domain.ids import InboxId, Position, TicketId
from servicedesk.domain.subjects import bare_subject
from servicedesk.kernel.database import Database
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.sql import as_time_or_none
from servicedesk.kernel.work import Work

SAME_SUBJECT_HOURS = 24
SENDER_HOURS = 3
MOST_FOR_SENDER = 3
BREAKER_MINUTES = 10
MOST_OF_INBOX = 100
OPEN_HOURS = 1
MOST_HOPS = 1
"""A mail that has passed this desk so often is answered by nobody but a person."""
TOO_MANY = "too_many"
_NOBODY_READS = re.compile(
    r"(?:mailer-?daemon|postmaster|hostmaster|abuse|root|bounces?|daemon|listserv|majordomo|"
    r"auto(?:matic)?-?(?:reply|responder)|(?:do-?)?not?-?repl(?:y|ies)|ne-?pas-?repondre|"
    r"no-?responder|keine-?antwort|noreply.*|no-reply.*|donotreply.*|.*-(?:request|bounces|owner)|"
    r"owner-.*|bounces?[+=-].*|prvs=.*|srs[01]=.*)",
    re.IGNORECASE,
)


class Withheld(StrEnum):
    """Why no acknowledgement is sent."""

    NOBODY_READS = "nobody_reads"
    OWN_ADDRESS = "own_address"
    DEAD_ADDRESS = "dead_address"
    HOPS = "hops"
    SAME_SUBJECT = "same_subject"
    SENDER = "sender"
    BREAKER = "breaker"


@dataclass(frozen=True, slots=True)
class Sent:
    """What went out by itself: to this sender about this subject in 24 h, to them in 3 h, from this
    inbox in 10 min or since its breaker was closed. `open_until`: the breaker."""

    same_subject: int
    to_sender: int
    from_inbox: int
    open_until: datetime | None


@dataclass(frozen=True, slots=True)
class Letter:
    """An automatic mail that somebody would get. `address` is normalised."""

    address: str
    subject: str
    hops: int = 0
    own: bool = False
    dead: bool = False

    @property
    def subject_key(self) -> str:
        return hashlib.sha256(bare_subject(self.subject).encode()).hexdigest()


def nobody_reads(address: str) -> bool:
    """Is this an address that only programs write from?"""
    local, at, _ = address.rpartition("@")
    return not at or _NOBODY_READS.fullmatch(local) is not None


def hold_back(letter: Letter, sent: Sent, now: datetime) -> Withheld | None:
    """Return why the letter must not be written, None if it may."""
    if letter.own:
        return Withheld.OWN_ADDRESS
    if nobody_reads(letter.address):
        return Withheld.NOBODY_READS
    if letter.dead:
        return Withheld.DEAD_ADDRESS
    if letter.hops >= MOST_HOPS:
        return Withheld.HOPS
    if sent.open_until is not None and now < sent.open_until:
        return Withheld.BREAKER
    if sent.same_subject:
        return Withheld.SAME_SUBJECT
    if sent.to_sender >= MOST_FOR_SENDER:
        return Withheld.SENDER
    return Withheld.BREAKER if sent.from_inbox >= MOST_OF_INBOX else None


def breaks(sent: Sent, now: datetime) -> bool:
    """Say whether one more letter opens the inbox's breaker."""
    is_open = sent.open_until is not None and now < sent.open_until
    return not is_open and sent.from_inbox >= MOST_OF_INBOX


async def count_sent(work: Work, inbox_id: InboxId, letter: Letter) -> Sent:
    """Count what went out. Of several who ask about one sender the others wait for the first."""
    if not work.sql.on_sqlite:  # its one writer needs no lock; this one goes with the transaction
        await work.sql.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"ack:{letter.address}"
        )
    row = await work.sql.fetch_one(
        "SELECT "
        "(SELECT count(*) FROM acknowledgement WHERE sender = $1 AND subject_key = $2 "
        "AND created_at > $3) AS same_subject, "
        "(SELECT count(*) FROM acknowledgement WHERE sender = $1 AND created_at > $4) "
        "AS to_sender, "
        "(SELECT count(*) FROM acknowledgement WHERE inbox_id = $5 AND created_at > $6 "
        "AND created_at > coalesce((SELECT open_until FROM inbox_brake WHERE inbox_id = $5), $6)) "
        "AS from_inbox, "
        "(SELECT open_until FROM inbox_brake WHERE inbox_id = $5) AS open_until",
        letter.address,
        letter.subject_key,
        work.now - timedelta(hours=SAME_SUBJECT_HOURS),
        work.now - timedelta(hours=SENDER_HOURS),
        inbox_id,
        work.now - timedelta(minutes=BREAKER_MINUTES),
    )
    assert row is not None  # noqa: S101  # counts always answer
    return Sent(
        int(row["same_subject"]),
        int(row["to_sender"]),
        int(row["from_inbox"]),
        as_time_or_none(row["open_until"]),
    )


async def note_sent(work: Work, inbox_id: InboxId, ticket_id: TicketId, letter: Letter) -> None:
    row = {
        "id": new_id(),
        "inbox_id": inbox_id,
        "ticket_id": ticket_id,
        "sender": letter.address,
        "subject_key": letter.subject_key,
        "created_at": work.now,
    }
    await work.sql.insert("acknowledgement", [row])


async def open_breaker(work: Work, inbox_id: InboxId, sent: Sent) -> None:
    """Keep the inbox silent for a while, and say so to those who can do something."""
    row = {
        "inbox_id": inbox_id,
        "opened_at": work.now,
        "open_until": work.now + timedelta(hours=OPEN_HOURS),
        "reason": TOO_MANY,
        "count": sent.from_inbox,
    }
    opened = await work.sql.insert(
        "inbox_brake",
        [row],
        "ON CONFLICT (inbox_id) DO UPDATE SET opened_at = excluded.opened_at, "
        "open_until = excluded.open_until, reason = excluded.reason, count = excluded.count "
        "WHERE inbox_brake.open_until <= excluded.opened_at",
    )
    if opened:
        payload = {"inbox_id": str(inbox_id), "reason": TOO_MANY, "count": sent.from_inbox}
        work.record("inbox.breaker_opened", payload=payload)


async def close_breaker(database: Database, actor: Actor, inbox_id: UUID) -> Position:
    """A story: let the inbox write by itself again. Position 0: it was not kept silent."""
    async with database.work(actor) as work:
        closed = await work.sql.execute(
            "UPDATE inbox_brake SET open_until = $2 WHERE inbox_id = $1 AND open_until > $2",
            inbox_id,
            work.now,
        )
        if closed:
            work.record("inbox.breaker_closed", payload={"inbox_id": str(inbox_id)})
    return work.position
