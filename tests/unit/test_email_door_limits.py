"""Limits at the mail receiver: nobody floods it, nobody is shut out for good."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicedesk.channels.email.door_limits import (
    HOUR_SECONDS,
    MOST_REMEMBERED,
    DoorLimits,
    Limits,
    client_of,
)

SOMEBODY, OTHER = "203.0.113.5", "198.51.100.7"
FEW = Limits(3, 2, 3, 2, connections=5)


def send(limits: DoorLimits, peer: str, sender: str, now: float) -> bool:
    if limits.begin_mail(peer, sender, now) is not None:
        return False
    limits.count_mail(peer, sender, now)
    return True


def test_client_that_sends_too_much_waits_and_others_do_not() -> None:
    limits = DoorLimits(FEW)
    taken = [send(limits, SOMEBODY, f"{n}@x.example", 0.0) for n in range(5)]
    assert taken == [True, True, True, False, False]
    assert send(limits, OTHER, "9@x.example", 0.0)
    assert not send(limits, SOMEBODY, "5@x.example", HOUR_SECONDS / 3 - 1)
    assert send(limits, SOMEBODY, "5@x.example", HOUR_SECONDS / 3)


def test_sender_is_limited_at_a_client_and_the_null_sender_is_not() -> None:
    limits = DoorLimits(Limits(mails_per_client=100, mails_per_sender=2))
    taken = [send(limits, SOMEBODY, name, 0.0) for name in ("Ann@x.example", "ann@X.example") * 2]
    assert taken == [True, True, False, False]
    assert all(send(limits, SOMEBODY, "", 0.0) for _ in range(4))


def test_who_floods_in_a_customer_s_name_does_not_lock_the_customer_out() -> None:
    limits = DoorLimits(FEW)
    for _ in range(3):
        send(limits, SOMEBODY, "ann@x.example", 0.0)
    assert send(limits, OTHER, "ann@x.example", 0.0)


@given(
    st.lists(st.floats(0, 3 * HOUR_SECONDS, allow_nan=False), max_size=60).map(sorted),
    st.integers(1, 5),
)
def test_never_more_than_two_hours_worth_in_an_hour(times: list[float], size: int) -> None:
    limits = DoorLimits(Limits(mails_per_client=size, mails_per_sender=1_000))
    taken = [now for now in times if send(limits, SOMEBODY, "a@x.example", now)]
    for start in taken:
        assert sum(start <= now < start + HOUR_SECONDS for now in taken) <= 2 * size


def test_guessing_addresses_ends_and_shuts_the_door_for_a_while() -> None:
    limits = DoorLimits(FEW)
    assert [limits.count_unknown(SOMEBODY, 0.0) is None for _ in range(4)] == [
        True, True, False, False,
    ]  # fmt: skip
    assert (limits.connect(SOMEBODY, 0.0) or "").startswith("421 4.7.1")
    assert limits.connect(SOMEBODY, HOUR_SECONDS) is None


def test_connections_of_one_client_and_of_all() -> None:
    limits = DoorLimits(FEW)
    assert [limits.connect(SOMEBODY, 0.0) is None for _ in range(3)] == [True, True, False]
    limits.disconnect(SOMEBODY)
    limits.disconnect(SOMEBODY)
    assert limits.connect(SOMEBODY, 0.0) is None
    peers = [f"198.51.100.{n}" for n in range(4)]
    assert [limits.connect(peer, 0.0) is None for peer in peers] == [True, True, True, False]


def test_trusted_relay_has_no_limit_of_its_own() -> None:
    limits = DoorLimits(Limits(1, 1, 1, 1, trusted=[ip_network("203.0.113.0/24")]))
    for peer in (SOMEBODY, f"::ffff:{SOMEBODY}"):
        assert all(limits.connect(peer, 0.0) is None for _ in range(5))
        assert all(send(limits, peer, "a@x.example", 0.0) for _ in range(5))
        assert all(limits.count_unknown(peer, 0.0) is None for _ in range(5))


@pytest.mark.parametrize(
    ("peer", "client"),
    [
        ("203.0.113.5", "203.0.113.5"),
        ("::ffff:203.0.113.5", "203.0.113.5"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_one_customer_is_one_client(peer: str, client: str) -> None:
    assert client_of(peer) == client


def test_memory_is_bounded_and_the_newest_are_remembered() -> None:
    limits = DoorLimits(Limits(mails_per_client=1))
    for number in range(MOST_REMEMBERED + 10):
        send(limits, f"client-{number}", "", 0.0)
    assert send(limits, "client-0", "", 0.0)
    assert not send(limits, f"client-{MOST_REMEMBERED + 9}", "", 0.0)
