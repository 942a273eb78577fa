"""Which ticket a message belongs to, and why: an ordered table, every hit and miss kept (pure).

Order and gate: field notes 2.5, "Rules we should adopt" 1 and 2. A signed address of ours counts
most, then a signed Message-ID of ours, then any Message-ID we have seen in the same inbox, last the
ticket's number in the subject, which anybody can write: it counts only from somebody known on the
ticket. After a match the gate asks who writes: only somebody known on the ticket continues it, and
who failed authentication is known nowhere.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from servicedesk.domain.belonging import Belonging
from servicedesk.domain.ids import TicketId
from servicedesk.domain.messages import Inbound
from servicedesk.domain.subjects import bare_subject
from servicedesk.domain.tickets import TicketStatus

MOST_MERGES = 20
"""How many merges are followed: a chain cannot be longer unless it is a circle."""
RULE = "rule"
GATE = "gate"
SUBJECT_CHANGED = "subject_changed"
"""Keys of the trace."""


class Gate(StrEnum):
    """What the sender is to the ticket that was found."""

    REQUESTER = "requester"
    PARTICIPANT = "participant"
    SAME_ORGANIZATION = "same_organization"
    UNVERIFIED = "unverified"


@dataclass(frozen=True, slots=True)
class TicketInThread:
    """A ticket that a rule may find, with who is known on it.

    `known` maps each identity value (mail: lower-case address) to what its contact is here.
    `subjects` are the bare ones that it has, and those that its messages had as far as they were
    needed to decide.
    """

    id: TicketId
    status: TicketStatus
    merged_into: TicketId | None
    known: Mapping[str, Gate]
    subjects: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ThreadFacts:
    """What was read before deciding: candidate tickets by id, stored ids → ticket id, and the
    ticket whose number the subject names."""

    tickets: Mapping[TicketId, TicketInThread]
    stored_ids: Mapping[str, TicketId]
    numbered: TicketId | None = None


Rule = Callable[[Inbound, ThreadFacts], TicketId | None]


def by_signed_reply_address(inbound: Inbound, _facts: ThreadFacts) -> TicketId | None:
    """The message was sent to an address that we signed for one ticket."""
    return _first_token(inbound, ("reply_address",))


def by_signed_message_id(inbound: Inbound, _facts: ThreadFacts) -> TicketId | None:
    """It answers a Message-ID that we made and signed: In-Reply-To first, then References."""
    return _first_token(inbound, ("in_reply_to", "references"))


def by_stored_message_id(inbound: Inbound, facts: ThreadFacts) -> TicketId | None:
    """It answers a message that came through, or left, the same inbox (newest named first)."""
    for external_id in (inbound.in_reply_to, *reversed(inbound.references)):
        if external_id in facts.stored_ids:
            return facts.stored_ids[external_id]
    return None


def by_number_in_subject(inbound: Inbound, facts: ThreadFacts) -> TicketId | None:
    """The subject names the ticket, and its sender is known there: no more proof than that, so that
    a failed one decides. Numbers follow one another."""
    if inbound.authenticated is False:
        return None
    ticket = _follow_merges(facts.numbered, facts)
    return ticket.id if ticket is not None and inbound.sender.value in ticket.known else None


RULES: Sequence[tuple[str, Rule]] = (
    ("signed_reply_address", by_signed_reply_address),
    ("signed_message_id", by_signed_message_id),
    ("stored_message_id", by_stored_message_id),
    ("number_in_subject", by_number_in_subject),
)
"""The order in which rules are asked. The first that names a ticket we know decides."""


def decide(inbound: Inbound, facts: ThreadFacts) -> Belonging:
    """Return where the message belongs. Total: without a match it opens a ticket."""
    checked: list[dict[str, object]] = []
    for name, rule in RULES:
        ticket = _follow_merges(rule(inbound, facts), facts)
        checked.append({"rule": name, "hit": ticket is not None})
        if ticket is not None:
            return _through_the_gate(inbound, ticket, name, checked)
    return Belonging(None, trace={RULE: "nothing_matched", "checked": checked})


def _through_the_gate(
    inbound: Inbound, ticket: TicketInThread, rule: str, checked: list[dict[str, object]]
) -> Belonging:
    known = {} if inbound.authenticated is False else ticket.known
    gate = known.get(inbound.sender.value, Gate.UNVERIFIED)
    trace: dict[str, object] = {RULE: rule, "checked": checked, GATE: gate.value}
    if _changes_the_subject(inbound, ticket):
        trace[SUBJECT_CHANGED] = True
    if ticket.status is not TicketStatus.CLOSED:
        return Belonging(ticket.id, unverified=gate is Gate.UNVERIFIED, trace=trace)
    if gate is Gate.UNVERIFIED:
        return Belonging(None, trace={**trace, "closed": str(ticket.id)})
    return Belonging(None, follows_up=ticket.id, trace={**trace, "follows_up": str(ticket.id)})


def _changes_the_subject(inbound: Inbound, ticket: TicketInThread) -> bool:
    """Somebody took an old mail for a new matter: the console offers to split it off."""
    bare = bare_subject(inbound.subject)
    return bool(bare) and bool(ticket.subjects) and bare not in ticket.subjects


def _first_token(inbound: Inbound, places: Sequence[str]) -> TicketId | None:
    for place in places:
        for token in inbound.tokens:
            if token.found_in == place:
                return token.ticket_id
    return None


def _follow_merges(ticket_id: TicketId | None, facts: ThreadFacts) -> TicketInThread | None:
    for _ in range(MOST_MERGES):
        ticket = None if ticket_id is None else facts.tickets.get(ticket_id)
        if ticket is None or ticket.merged_into is None:
            return ticket
        ticket_id = ticket.merged_into
    return None


def candidates(
    inbound: Inbound, stored_ids: Mapping[str, TicketId], numbered: TicketId | None = None
) -> list[UUID]:
    """Return the tickets that any rule could name, each once: what has to be read first."""
    named = [token.ticket_id for token in inbound.tokens]
    last = [] if numbered is None else [numbered]
    return list(dict.fromkeys([*named, *stored_ids.values(), *last]))
