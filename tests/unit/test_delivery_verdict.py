"""What becomes of a message whose recipients were accepted, refused, or put off."""

from dataclasses import replace

import pytest

from servicedesk.desk.delivery_verdict import (
    LONGEST_HOLD_SECONDS,
    Progress,
    begin_again,
    judge,
    read_progress,
    write_progress,
)
from servicedesk.domain.messages import DeliveryState, Receipt

FIRST = Progress()
BO_LEFT = Progress(("bo@x",), {}, carried=True)
SENT, FAILED, UNKNOWN, QUEUED = (
    DeliveryState.SENT,
    DeliveryState.FAILED,
    DeliveryState.UNKNOWN,
    DeliveryState.QUEUED,
)
HELD = Receipt(QUEUED, "away a moment ago", retry=True, wait_seconds=30.0)
NO, LATER = {"al@x": "550 no"}, {"bo@x": "451 later"}


@pytest.mark.parametrize(
    ("before", "receipt", "state", "error"),
    [
        (FIRST, Receipt(SENT, "250 ok"), SENT, None),
        (FIRST, Receipt(SENT, "250 ok", refused=NO), SENT, "al@x: 550 no"),
        (FIRST, Receipt(SENT, "250", True, NO, LATER), SENT, "al@x: 550 no; bo@x: 451 later"),
        (FIRST, Receipt(FAILED, "554 spam"), FAILED, "554 spam"),
        (FIRST, Receipt(FAILED, "No one.", refused=NO), FAILED, "No one. al@x: 550 no"),
        (FIRST, Receipt(FAILED, "refused", retry=True), FAILED, "refused"),
        (FIRST, Receipt(FAILED, "550 refus\udce9\x00"), FAILED, "550 refus?"),
        (FIRST, Receipt(SENT, "", refused={"al@x": "550 \udce9\x00"}), SENT, "al@x: 550 ?"),
        (FIRST, Receipt(UNKNOWN, "Lost.", False, {}, LATER), UNKNOWN, "Lost. bo@x: 451 later"),
        (BO_LEFT, Receipt(SENT, "250 ok"), SENT, None),
        (BO_LEFT, Receipt(FAILED, "554 spam"), SENT, "bo@x: 554 spam"),
        (BO_LEFT, Receipt(FAILED, "No one.", True, {}, LATER), SENT, "No one. bo@x: 451 later"),
        (BO_LEFT, Receipt(UNKNOWN, "Lost."), UNKNOWN, "Lost."),
        (Progress(("bo@x",), NO, carried=True), Receipt(SENT, "250"), SENT, "al@x: 550 no"),
        (Progress(("bo@x",), NO), Receipt(FAILED, "554 spam"), FAILED, "554 spam al@x: 550 no"),
    ],
)
def test_last_attempt_ends_it_and_names_who_was_refused(
    before: Progress, receipt: Receipt, state: DeliveryState, error: str | None
) -> None:
    verdict = judge(before, receipt, may_try_again=False)
    assert (verdict.state, verdict.error) == (state, error)


@pytest.mark.parametrize(
    ("before", "receipt", "after", "error"),
    [
        (FIRST, Receipt(FAILED, "away", retry=True), FIRST, "away"),
        (FIRST, Receipt(SENT, "250", True, {}, LATER), BO_LEFT, "bo@x: 451 later"),
        (
            FIRST,
            Receipt(FAILED, "No one.", True, NO, LATER),
            Progress(("bo@x",), NO),
            "No one. al@x: 550 no; bo@x: 451 later",
        ),
        (BO_LEFT, Receipt(FAILED, "away", retry=True), BO_LEFT, "away"),
    ],
)
def test_those_put_off_are_tried_again_and_only_they(
    before: Progress, receipt: Receipt, after: Progress, error: str
) -> None:
    verdict = judge(before, receipt, may_try_again=True)
    assert (verdict.state, verdict.progress, verdict.error) == (QUEUED, after, error)


@pytest.mark.parametrize(
    ("progress", "again"),
    [
        (FIRST, FIRST),
        (Progress(("bo@x",), NO), FIRST),
        (Progress(("bo@x",), NO, carried=True), Progress(("al@x", "bo@x"), {}, carried=True)),
    ],
)
def test_who_has_it_does_not_get_it_again(progress: Progress, again: Progress) -> None:
    assert begin_again(progress) == again


def test_progress_survives_its_envelope() -> None:
    progress = Progress(("bo@x",), NO, carried=True)
    assert read_progress(write_progress(progress)) == progress
    assert read_progress({}) == FIRST


def test_message_held_back_is_counted_as_no_attempt_and_forgets_nothing() -> None:
    verdict = judge(BO_LEFT, HELD, may_try_again=False)
    assert (verdict.state, verdict.hold_seconds) == (QUEUED, 30.0)
    assert verdict.progress == replace(BO_LEFT, held_seconds=30.0)
    assert read_progress(write_progress(verdict.progress)) == verdict.progress


def test_message_is_not_held_back_for_ever() -> None:
    verdict = judge(Progress(held_seconds=LONGEST_HOLD_SECONDS), HELD, may_try_again=True)
    assert (verdict.state, verdict.hold_seconds) == (FAILED, None)
