"""The life of a ticket: one table of (status, step) → status.

Source: Zendesk's native rules (help articles 4408894213018 and 8263915942938) as gathered for this
project: never back to new; whatever the contact writes reopens pending, on hold and solved; closed
is final and an answer to it opens a follow-up ticket.
"""

from enum import IntEnum, StrEnum

from servicedesk.domain.errors import WrongStep


class TicketStatus(StrEnum):
    NEW = "new"
    OPEN = "open"
    PENDING = "pending"  # waits for the contact
    ON_HOLD = "on_hold"  # waits for somebody else
    SOLVED = "solved"
    CLOSED = "closed"  # final


class TicketStep(StrEnum):
    ASSIGN = "assign"
    CONTACT_WRITES = "contact_writes"
    SET_OPEN = "set_open"
    SET_PENDING = "set_pending"
    SET_ON_HOLD = "set_on_hold"
    SOLVE = "solve"
    CLOSE = "close"
    MERGE = "merge"


class Priority(IntEnum):
    """A larger number is more urgent, everywhere."""

    LOW = 1
    NORMAL = 2
    HIGH = 3
    URGENT = 4


class ParticipantRole(StrEnum):
    REQUESTER = "requester"
    CC = "cc"
    FOLLOWER = "follower"


_S = TicketStatus
_A = TicketStep
_SET_BY_AGENT = {
    _A.SET_OPEN: _S.OPEN,
    _A.SET_PENDING: _S.PENDING,
    _A.SET_ON_HOLD: _S.ON_HOLD,
    _A.SOLVE: _S.SOLVED,
    _A.MERGE: _S.CLOSED,
}

TRANSITIONS: dict[TicketStatus, dict[TicketStep, TicketStatus]] = {
    _S.NEW: {_A.ASSIGN: _S.OPEN, _A.CONTACT_WRITES: _S.NEW, **_SET_BY_AGENT},
    _S.OPEN: {_A.ASSIGN: _S.OPEN, _A.CONTACT_WRITES: _S.OPEN, **_SET_BY_AGENT},
    _S.PENDING: {_A.ASSIGN: _S.PENDING, _A.CONTACT_WRITES: _S.OPEN, **_SET_BY_AGENT},
    _S.ON_HOLD: {_A.ASSIGN: _S.ON_HOLD, _A.CONTACT_WRITES: _S.OPEN, **_SET_BY_AGENT},
    _S.SOLVED: {
        _A.ASSIGN: _S.SOLVED,
        _A.CONTACT_WRITES: _S.OPEN,
        _A.CLOSE: _S.CLOSED,
        **_SET_BY_AGENT,
    },
    _S.CLOSED: {},
}

STEP_TO_REACH: dict[TicketStatus, TicketStep] = {
    _S.OPEN: _A.SET_OPEN,
    _S.PENDING: _A.SET_PENDING,
    _S.ON_HOLD: _A.SET_ON_HOLD,
    _S.SOLVED: _A.SOLVE,
    _S.CLOSED: _A.CLOSE,
}
"""Which step an agent's choice of a status means. NEW is missing: nothing goes back to it."""

NEEDS_NOBODY = frozenset({_S.PENDING, _S.ON_HOLD, _S.SOLVED, _S.CLOSED})
"""In these the ticket waits for somebody outside, so its work order is done."""


def next_status(status: TicketStatus, step: TicketStep) -> TicketStatus:
    """Return the status after the step; raise WrongStep naming the steps that exist."""
    steps = TRANSITIONS[status]
    if step not in steps:
        raise WrongStep("ticket", status.value, step.value, [known.value for known in steps])
    return steps[step]


def reachable_statuses(status: TicketStatus) -> list[TicketStatus]:
    """Return what an agent may set now, in the order of the enum, the present one left out."""
    steps = TRANSITIONS[status]
    return [to for to, step in STEP_TO_REACH.items() if step in steps and to is not status]
