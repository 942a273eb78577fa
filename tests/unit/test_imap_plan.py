"""What is taken from a mailbox, how a folder stands, and how long is waited: decided by tables."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicedesk.channels.email.imap.answers import Overview
from servicedesk.channels.email.imap.plan import Before, imap_day, message_id, not_known, old_mail
from servicedesk.channels.email.imap.watch import Pace
from servicedesk.channels.email.parse import parse_mail
from servicedesk.domain.errors import WrongStep
from servicedesk.intake.mailbox_states import NEXT, FolderState, Step, after
from tests.fakes.mail import INBOX, MARKS, NOW, make_mail

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def overview(head: bytes = b"", size: int = 10, arrived_at: datetime | None = NOON) -> Overview:
    return Overview(1, size, arrived_at, head)


@pytest.mark.parametrize("state", FolderState)
@pytest.mark.parametrize("step", Step)
def test_every_step_of_a_folder(state: FolderState, step: Step) -> None:
    working = state in {FolderState.CONNECTING, FolderState.FIRST_SYNC, FolderState.LISTENING}
    expected = {
        Step.CONNECT: FolderState.CONNECTING,
        Step.SWITCH_OFF: FolderState.OFF,
        Step.LOSE: FolderState.WAITING if working else None,
        Step.BE_REFUSED: FolderState.FAILED if working else None,
        Step.SCAN: FolderState.FIRST_SYNC if state is FolderState.CONNECTING else None,
        Step.CATCH_UP: FolderState.LISTENING if working else None,
    }[step]
    if expected is not None:
        assert after(state, step) is expected
        return
    with pytest.raises(WrongStep) as caught:
        after(state, step)
    assert caught.value.facts["allowed"] == [one for one in Step if (state, one) in NEXT]


@pytest.mark.parametrize(
    ("since", "began_at", "expected"),
    [
        (None, None, None),  # only new mail
        (date(2026, 1, 5), None, Before(date(2026, 1, 5), None)),
        (date(2026, 1, 5), NOON, Before(date(2026, 1, 5), None)),
        (None, NOON, Before(date(2026, 3, 1), NOON - timedelta(minutes=10))),
    ],
)
def test_which_old_mail_is_ours(
    since: date | None, began_at: datetime | None, expected: Before | None
) -> None:
    assert old_mail(since, began_at) == expected


def test_search_names_days_in_english_whatever_the_locale() -> None:
    assert [imap_day(date(2026, month, 9)) for month in (1, 5, 10, 12)] == [
        "9-Jan-2026",
        "9-May-2026",
        "9-Oct-2026",
        "9-Dec-2026",
    ]
    assert Before(date(2026, 1, 5), None).criteria(3, 8) == "UID 3:8 SINCE 5-Jan-2026"


@pytest.mark.parametrize(
    ("arrived_at", "wanted"),
    [(NOON, True), (NOON - timedelta(seconds=1), False), (None, True)],
)
def test_hour_within_the_day_decides_too(arrived_at: datetime | None, wanted: bool) -> None:
    assert Before(NOON.date(), NOON).wants(overview(arrived_at=arrived_at)) is wanted


def test_known_is_the_same_id_and_the_same_size() -> None:
    first = overview(b"Message-ID: <a@x>\r\n\r\n", 10)
    second = overview(b"Message-ID: <a@x>\r\n\r\n", 11)
    nameless = overview(b"\r\n", 10)
    assert not_known([first, second, nameless], {("a@x", 10)}) == [second, nameless]


@given(st.from_regex(r"<?[!-~ ]{1,80}>?", fullmatch=True))
def test_message_id_is_read_as_intake_keeps_it(written: str) -> None:
    raw = make_mail(f"Message-ID: {written}")
    inbound = parse_mail(raw, INBOX, NOW, MARKS)
    head = f"Message-ID: {written}\r\n\r\n".encode()
    assert message_id(overview(head)) in {inbound.external_id, ""}


@pytest.mark.parametrize(
    ("attempts", "refused", "jitter", "seconds"),
    [
        (1, False, 0.0, 0.5),
        (1, False, 1.0, 1.0),
        (4, False, 1.0, 8.0),
        (500, False, 1.0, 300.0),
        (1, True, 1.0, 60.0),
        (500, True, 0.0, 450.0),
    ],
)
def test_wait_grows_to_a_bound_and_differs_by_chance(
    attempts: int, refused: bool, jitter: float, seconds: float
) -> None:
    assert Pace(lambda: jitter).wait_seconds(attempts, refused=refused) == seconds
