"""The brake on guessing, decided without a database."""

from datetime import UTC, datetime, timedelta

import pytest

from servicedesk.kernel.throttle import Count, Limit, count_attempt, seconds_blocked

NOW = datetime(2027, 3, 2, 9, 0, tzinfo=UTC)
LIMIT = Limit(attempts=5, window_seconds=900, first_block_seconds=60, longest_block_seconds=3600)


def after(tries: int, start: Count | None = None) -> Count:
    """Try so often, each time as soon as the block ends."""
    count, now = start, NOW
    for _ in range(tries):
        now += timedelta(seconds=seconds_blocked(count, now))
        count = count_attempt(count, LIMIT, now)
    assert count is not None
    return count


@pytest.mark.parametrize(
    ("tries", "blocked_seconds"),
    [(1, 0), (4, 0), (5, 60), (6, 120), (7, 240), (8, 480), (10, 1920), (11, 3600), (40, 3600)],
)
def test_block_doubles_with_each_attempt_up_to_an_hour(tries: int, blocked_seconds: int) -> None:
    count = after(tries)
    began = NOW if tries < 5 else after(tries - 1).blocked_until or NOW
    assert seconds_blocked(count, began) == blocked_seconds


def test_attempts_far_apart_never_block() -> None:
    count, now = None, NOW
    for _ in range(50):
        count = count_attempt(count, LIMIT, now)
        assert seconds_blocked(count, now) == 0
        now += timedelta(seconds=900)


def test_window_counts_from_the_end_of_a_block() -> None:
    blocked = after(11)
    assert blocked.blocked_until is not None
    soon = blocked.blocked_until + timedelta(seconds=899)
    late = blocked.blocked_until + timedelta(seconds=900)
    assert count_attempt(blocked, LIMIT, soon).count == 12
    assert count_attempt(blocked, LIMIT, late).count == 1


def test_part_of_a_second_counts_as_a_whole_one() -> None:
    count = Count(5, NOW, NOW + timedelta(seconds=1, milliseconds=1))
    assert seconds_blocked(count, NOW) == 2
    assert seconds_blocked(count, NOW + timedelta(seconds=1, milliseconds=1)) == 0
