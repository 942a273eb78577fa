"""The life of a ticket, walked pair by pair."""

import pytest

from servicedesk.domain.errors import WrongStep
from servicedesk.domain.orders import (
    ORDER_TRANSITIONS,
    OrderState,
    OrderStep,
    next_order_state,
)
from servicedesk.domain.tickets import (
    STEP_TO_REACH,
    TicketStatus,
    TicketStep,
    next_status,
    reachable_statuses,
)

NEW, OPEN, PENDING = TicketStatus.NEW, TicketStatus.OPEN, TicketStatus.PENDING
HOLD, SOLVED, CLOSED = TicketStatus.ON_HOLD, TicketStatus.SOLVED, TicketStatus.CLOSED
# step: status after it from new, open, pending, on hold, solved, closed; None is refused
EXPECTED = {
    TicketStep.ASSIGN: (OPEN, OPEN, PENDING, HOLD, SOLVED, None),
    TicketStep.CONTACT_WRITES: (NEW, OPEN, OPEN, OPEN, OPEN, None),
    TicketStep.SET_OPEN: (OPEN, OPEN, OPEN, OPEN, OPEN, None),
    TicketStep.SET_PENDING: (PENDING, PENDING, PENDING, PENDING, PENDING, None),
    TicketStep.SET_ON_HOLD: (HOLD, HOLD, HOLD, HOLD, HOLD, None),
    TicketStep.SOLVE: (SOLVED, SOLVED, SOLVED, SOLVED, SOLVED, None),
    TicketStep.CLOSE: (None, None, None, None, CLOSED, None),
    TicketStep.MERGE: (CLOSED, CLOSED, CLOSED, CLOSED, CLOSED, None),
}
PAIRS = [
    (status, step, after)
    for step, afters in EXPECTED.items()
    for status, after in zip(TicketStatus, afters, strict=True)
]


@pytest.mark.parametrize(("status", "step", "after"), PAIRS)
def test_every_pair_of_status_and_step_is_decided(
    status: TicketStatus, step: TicketStep, after: TicketStatus | None
) -> None:
    if after is None:
        with pytest.raises(WrongStep) as refused:
            next_status(status, step)
        assert status.value in str(refused.value)
    else:
        assert next_status(status, step) is after


def test_all_steps_are_in_the_expected_table() -> None:
    assert set(EXPECTED) == set(TicketStep)


def test_nothing_goes_back_to_new() -> None:
    assert TicketStatus.NEW not in STEP_TO_REACH
    afters = {after for _, _, after in PAIRS if after is not None}
    assert all(
        next_status(status, step) is not NEW
        for status, step, after in PAIRS
        if after is not None and status is not NEW
    )
    assert afters == set(TicketStatus)


def test_closed_is_final() -> None:
    assert reachable_statuses(TicketStatus.CLOSED) == []


def test_what_an_agent_may_set_from_solved() -> None:
    assert reachable_statuses(TicketStatus.SOLVED) == [OPEN, PENDING, HOLD, CLOSED]


@pytest.mark.parametrize("state", OrderState)
@pytest.mark.parametrize("step", OrderStep)
def test_every_pair_of_order_state_and_step_is_decided(state: OrderState, step: OrderStep) -> None:
    allowed = ORDER_TRANSITIONS[state]
    if step in allowed:
        assert next_order_state(state, step) is allowed[step]
    else:
        with pytest.raises(WrongStep):
            next_order_state(state, step)


def test_every_order_state_but_the_ends_has_an_exit() -> None:
    ends = {state for state, steps in ORDER_TRANSITIONS.items() if not steps}
    assert ends == {OrderState.DONE, OrderState.CANCELLED}
