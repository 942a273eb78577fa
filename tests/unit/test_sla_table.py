"""The table of clocks, walked pair by pair: metric by happening."""

import pytest

from servicedesk.sla.clock.table import REASONS, TABLE, Action, Happening
from servicedesk.sla.promises import Metric

START, FULFIL, RESET = Action.START, Action.FULFIL, Action.RESET
CANCEL, REALIGN = Action.CANCEL, Action.REALIGN
# happening: what it does to reply, update, until-solved and answer clocks
EXPECTED: dict[Happening, tuple[Action | None, ...]] = {
    Happening.OPENED: (START, START, START, None),
    Happening.CONTACT_WROTE: (START, None, None, None),
    Happening.AGENT_REPLIED: (FULFIL, RESET, None, None),
    Happening.OTHER_WRITTEN: (None, None, None, None),
    Happening.STATUS_CHANGED: (None, None, None, None),
    Happening.SOLVED: (CANCEL, CANCEL, FULFIL, CANCEL),
    Happening.SOLVED_IN_BULK: (CANCEL, CANCEL, FULFIL, CANCEL),
    Happening.REOPENED: (None, None, START, None),
    Happening.PROMISED: (START, START, START, START),
    Happening.MOVED: (START, START, START, START),
    Happening.MERGED_AWAY: (CANCEL, CANCEL, CANCEL, CANCEL),
    Happening.ABSORBED: (REALIGN, None, None, None),
    Happening.WAIT_CHANGED: (REALIGN, None, None, None),
    Happening.QUEUED: (None, None, None, START),
    Happening.ANSWERED: (None, None, None, FULFIL),
    Happening.LEFT: (None, None, None, CANCEL),
}
FAMILIES = (
    (Metric.FIRST_REPLY, Metric.NEXT_REPLY),
    (Metric.PERIODIC_UPDATE, Metric.PAUSABLE_UPDATE),
    (Metric.REQUESTER_WAIT, Metric.AGENT_WORK, Metric.TOTAL_RESOLUTION),
    (Metric.TIME_TO_ANSWER,),
)
PAIRS = [
    (metric, happening, action)
    for happening, actions in EXPECTED.items()
    for family, action in zip(FAMILIES, actions, strict=True)
    for metric in family
]


@pytest.mark.parametrize(("metric", "happening", "action"), PAIRS)
def test_every_pair_of_metric_and_happening_is_decided(
    metric: Metric, happening: Happening, action: Action | None
) -> None:
    assert TABLE[metric].get(happening) is action


def test_no_pair_is_left_out() -> None:
    assert len(PAIRS) == len(Metric) * len(Happening)


def test_whatever_can_end_a_clock_has_a_reason() -> None:
    ending = {
        happening
        for row in TABLE.values()
        for happening, action in row.items()
        if action in (FULFIL, RESET, CANCEL, REALIGN)
    }
    assert ending <= set(REASONS)
