"""The brakes on automatic mail, one by one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from servicedesk.desk.brakes import (
    MOST_FOR_SENDER,
    MOST_OF_INBOX,
    Letter,
    Sent,
    Withheld,
    breaks,
    hold_back,
    nobody_reads,
)

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
LIN = Letter("lin@contact.example", "Refund")
NOTHING = Sent(0, 0, 0, None)
CLOSED = replace(NOTHING, from_inbox=MOST_OF_INBOX)

CASES = {
    "nothing in the way": (LIN, NOTHING, None),
    "an address of ours": (replace(LIN, own=True), NOTHING, Withheld.OWN_ADDRESS),
    "an address that is dead": (replace(LIN, dead=True), NOTHING, Withheld.DEAD_ADDRESS),
    "a program": (replace(LIN, address="noreply@x.example"), NOTHING, Withheld.NOBODY_READS),
    "it was here before": (replace(LIN, hops=1), NOTHING, Withheld.HOPS),
    "the same subject": (LIN, replace(NOTHING, same_subject=1), Withheld.SAME_SUBJECT),
    "two for the sender": (LIN, replace(NOTHING, to_sender=MOST_FOR_SENDER - 1), None),
    "three for the sender": (LIN, replace(NOTHING, to_sender=MOST_FOR_SENDER), Withheld.SENDER),
    "one less than too many": (LIN, replace(NOTHING, from_inbox=MOST_OF_INBOX - 1), None),
    "too many": (LIN, CLOSED, Withheld.BREAKER),
    "the breaker is open": (
        LIN,
        replace(NOTHING, open_until=NOW + timedelta(seconds=1)),
        Withheld.BREAKER,
    ),
    "the breaker was open": (LIN, replace(NOTHING, open_until=NOW), None),
}


@pytest.mark.parametrize("case", CASES)
def test_a_letter_is_held_back(case: str) -> None:
    letter, sent, reason = CASES[case]
    assert hold_back(letter, sent, NOW) is reason


def test_the_breaker_opens_once() -> None:
    assert breaks(CLOSED, NOW)
    assert not breaks(NOTHING, NOW)
    assert not breaks(replace(CLOSED, open_until=NOW + timedelta(hours=1)), NOW)


@pytest.mark.parametrize(
    "local",
    [
        "mailer-daemon",
        "MAILER-DAEMON",
        "postmaster",
        "no-reply",
        "noreply",
        "no-reply-3af2",
        "donotreply",
        "do-not-reply",
        "bounce+lin=contact",
        "news-bounces",
        "owner-news",
        "news-request",
        "abuse",
        "root",
    ],
)
def test_nobody_reads_what_goes_to_a_program(local: str) -> None:
    assert nobody_reads(f"{local}@contact.example")


@pytest.mark.parametrize("local", ["lin", "reply", "rooth", "noor", "abuselawyer", "notareplica"])
def test_people_with_odd_names_are_people(local: str) -> None:
    assert not nobody_reads(f"{local}@contact.example")


def test_a_subject_counts_without_its_marks() -> None:
    again = replace(LIN, subject="AW: [#7] refund")
    assert again.subject_key == LIN.subject_key != replace(LIN, subject="Lamp").subject_key
