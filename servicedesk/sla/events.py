"""What happens to a ticket, as far as promises are concerned: the only input of clocks.

The story that changes a ticket says so with one of these, in the order of the changes. `at` is
aware UTC; an event that seems to come before its predecessor counts as coming with it.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from servicedesk.domain.tickets import TicketStatus
from servicedesk.sla.promises import Promise


class OtherWriting(StrEnum):
    """What is written on a ticket without being an answer to the contact."""

    NOTE = "note"
    BOT = "bot"
    AUTOMATIC = "automatic"  # acknowledgements, auto-replies, bounces, lists
    MERGE = "merge"  # what a merge wrote or brought along


@dataclass(frozen=True, slots=True)
class Opened:
    """The ticket exists. `waiting_since`: since when its contact waits for a first reply.

    None if an agent wrote first. Earlier than `at` for a ticket that was split off another.
    """

    at: datetime
    status: TicketStatus
    promises: tuple[Promise, ...]
    waiting_since: datetime | None


@dataclass(frozen=True, slots=True)
class ContactWrote:
    """A person's message, from the requester or any other contact."""

    at: datetime


@dataclass(frozen=True, slots=True)
class AgentReplied:
    """An agent's message that the contact can see."""

    at: datetime


@dataclass(frozen=True, slots=True)
class OtherWritten:
    """Anything else that was written; it answers nobody."""

    at: datetime
    what: OtherWriting


@dataclass(frozen=True, slots=True)
class StatusSet:
    """The status after a change of it. `in_bulk`: with many others, by one command."""

    at: datetime
    to: TicketStatus
    in_bulk: bool = False


@dataclass(frozen=True, slots=True)
class Promised:
    """Other promises hold from now on: policy, priority or calendar changed."""

    at: datetime
    promises: tuple[Promise, ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """Another team has the ticket; these promises hold with it."""

    at: datetime
    promises: tuple[Promise, ...]


@dataclass(frozen=True, slots=True)
class MergedAway:
    """The ticket went into another one. Nothing may happen to it afterwards."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Absorbed:
    """Another ticket was merged into this one; since when its contact waited, None if answered."""

    at: datetime
    waiting_since: datetime | None


@dataclass(frozen=True, slots=True)
class WaitChanged:
    """Messages went to another ticket, came from one, or count only now: since when the contact
    waits by those that are there, None if they wait for nothing."""

    at: datetime
    waiting_since: datetime | None


@dataclass(frozen=True, slots=True)
class Queued:
    """A call or chat begins to wait in a queue."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Answered:
    """An agent answered the call or chat."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Left:
    """The contact left before an agent answered."""

    at: datetime


Event = (
    Opened
    | ContactWrote
    | AgentReplied
    | OtherWritten
    | StatusSet
    | Promised
    | Moved
    | MergedAway
    | Absorbed
    | WaitChanged
    | Queued
    | Answered
    | Left
)

SOLVED_STATUSES = frozenset({TicketStatus.SOLVED, TicketStatus.CLOSED})
