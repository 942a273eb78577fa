"""A relay that is away is tried by one message at a time, and by all as soon as it is back."""

from hypothesis import given
from hypothesis import strategies as st

from servicedesk.channels.email.destinations import (
    FAILURES_TO_OPEN,
    FIRST_SECONDS,
    LONGEST_SECONDS,
    OUTCOME_SECONDS,
    TRY_SECONDS,
    Destinations,
)


def broken(now: float = 0.0, failures: int = FAILURES_TO_OPEN) -> Destinations:
    destinations = Destinations()
    for _ in range(failures):
        destinations.note_away("relay", now)
    return destinations


def test_few_failures_stop_nobody() -> None:
    assert broken(failures=FAILURES_TO_OPEN - 1).seconds_to_wait("relay", 0.0) == 0


def test_relay_that_is_away_is_left_alone_and_others_are_not() -> None:
    destinations = broken()
    assert destinations.seconds_to_wait("relay", 10.0) == FIRST_SECONDS - 10
    assert destinations.seconds_to_wait("other", 10.0) == 0


def test_one_message_tries_and_the_others_wait_for_its_outcome() -> None:
    destinations = broken()
    assert destinations.seconds_to_wait("relay", FIRST_SECONDS) == 0
    assert destinations.seconds_to_wait("relay", FIRST_SECONDS) == OUTCOME_SECONDS
    assert destinations.seconds_to_wait("relay", FIRST_SECONDS + TRY_SECONDS) == 0


def test_success_opens_the_way_for_all() -> None:
    destinations = broken()
    destinations.note_reached("relay")
    assert [destinations.seconds_to_wait("relay", 0.0) for _ in range(5)] == [0] * 5


@given(failures=st.integers(FAILURES_TO_OPEN, 100))
def test_waits_grow_and_end(failures: int) -> None:
    wait = broken(failures=failures).seconds_to_wait("relay", 0.0)
    assert FIRST_SECONDS <= wait <= LONGEST_SECONDS


def test_memory_is_bounded() -> None:
    destinations = Destinations()
    for number in range(5_000):
        for _ in range(FAILURES_TO_OPEN):
            destinations.note_away(number, 0.0)
    assert destinations.seconds_to_wait(4_999, 0.0) > 0
    assert destinations.seconds_to_wait(0, 0.0) == 0
