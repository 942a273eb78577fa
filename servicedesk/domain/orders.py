"""States of work orders and offers, each with one table of steps."""

from enum import StrEnum

from servicedesk.domain.errors import WrongStep


class OrderState(StrEnum):
    WAITING = "waiting"  # in its queue, no live offer
    OFFERED = "offered"  # held out to one agent
    ACTIVE = "active"  # one agent owns it
    DONE = "done"
    CANCELLED = "cancelled"


class OrderStep(StrEnum):
    OFFER = "offer"
    ACCEPT = "accept"
    RETURN = "return"  # declined, timed out, rescinded, agent lost, requeued
    FINISH = "finish"
    CANCEL = "cancel"


class OfferState(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    TIMED_OUT = "timed_out"
    RESCINDED = "rescinded"


class OfferHow(StrEnum):
    """How an order came to be held out to its agent."""

    OFFERED = "offered"  # by the engine
    AUTO_ACCEPTED = "auto_accepted"  # by the engine, without asking
    TRANSFERRED = "transferred"  # by another agent, whatever the queue's rules say
    FORCED = "forced"  # by a supervisor, above capacity if need be


class Stuck(StrEnum):
    """Why nobody is asked to take an order that waits."""

    NOBODY_QUALIFIED = "nobody_qualified"  # no agent there is could ever take it
    REFUSED_TOO_OFTEN = "refused_too_often"  # on the list that supervisors see


class Attention(StrEnum):
    """Why somebody is to look at a ticket although its contact may wait for nothing."""

    UNDELIVERED = "undelivered"  # our answer did not arrive
    UNKNOWN_SENDER = "unknown_sender"  # somebody wrote who is not known on it


class DivertCause(StrEnum):
    """Why something else is done for an order that waits."""

    STEP = "step"  # it waited as long as a step of its queue says
    TOO_LATE = "too_late"  # it waited as long as anything may in its queue
    FULL = "full"  # its queue has as many as it may
    CLOSED = "closed"  # its queue is outside its hours


class DeclineReason(StrEnum):
    BUSY = "busy"
    WRONG_SKILL = "wrong_skill"
    CONFLICT = "conflict"
    OTHER = "other"


_S = OrderState
_A = OrderStep

ORDER_TRANSITIONS: dict[OrderState, dict[OrderStep, OrderState]] = {
    _S.WAITING: {
        _A.OFFER: _S.OFFERED,
        _A.ACCEPT: _S.ACTIVE,  # taken by hand, or forced by a supervisor
        _A.RETURN: _S.WAITING,
        _A.FINISH: _S.DONE,
        _A.CANCEL: _S.CANCELLED,
    },
    _S.OFFERED: {
        _A.ACCEPT: _S.ACTIVE,
        _A.RETURN: _S.WAITING,
        _A.FINISH: _S.DONE,
        _A.CANCEL: _S.CANCELLED,
    },
    _S.ACTIVE: {
        _A.ACCEPT: _S.ACTIVE,  # handed over to another agent
        _A.RETURN: _S.WAITING,
        _A.FINISH: _S.DONE,
        _A.CANCEL: _S.CANCELLED,
    },
    _S.DONE: {},
    _S.CANCELLED: {},
}

LIVE_ORDERS = frozenset({_S.WAITING, _S.OFFERED, _S.ACTIVE})


def next_order_state(state: OrderState, step: OrderStep) -> OrderState:
    """Return the state after the step; raise WrongStep naming the steps that exist."""
    steps = ORDER_TRANSITIONS[state]
    if step not in steps:
        raise WrongStep("work order", state.value, step.value, [known.value for known in steps])
    return steps[step]
