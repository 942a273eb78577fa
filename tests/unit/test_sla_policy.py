"""Which policy holds, and what it promises."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from servicedesk.domain.tickets import Priority, TicketStatus
from servicedesk.sla.errors import PolicyInvalid
from servicedesk.sla.policy.conditions import Condition, Facts, Operator, Value, holds
from servicedesk.sla.policy.matching import Verdict, match_policies, promises_of
from servicedesk.sla.policy.policies import Counting, Policy, Target, refuse_unknown_fields
from servicedesk.sla.promises import Audience, CalendarVersion, Metric

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
DAY = timedelta(days=1)
CALENDAR = CalendarVersion("office:3")
GOLD: Facts = {"organization.tier": "gold", "ticket.channel": "email", "ticket.priority": 3}
TARGETS = (
    Target(Metric.FIRST_REPLY, Priority.NORMAL, 3_600),
    Target(Metric.FIRST_REPLY, Priority.HIGH, 900),
    Target(Metric.TOTAL_RESOLUTION, Priority.HIGH, 86_400, Counting.CALENDAR_TIME),
)


def condition(field: str, operator: Operator, *values: str | int) -> Condition:
    return Condition(field, operator, values)


def policy(name: str, *all_of: Condition, **more: Any) -> Policy:
    return Policy(name, 1, name, TARGETS, all_of=all_of, **more)


TIER_IS_GOLD = condition("organization.tier", Operator.IS, "gold", "platinum")
BY_PHONE = condition("ticket.channel", Operator.IS, "voice")
CLAIMS: list[tuple[Operator, tuple[str | int, ...], Value, bool]] = [
    (Operator.IS, ("gold", "silver"), "gold", True),
    (Operator.IS, ("gold",), "Gold", False),
    (Operator.IS, ("gold",), None, False),
    (Operator.IS, (3,), 3, True),
    (Operator.IS_NOT, ("gold",), "silver", True),
    (Operator.IS_NOT, ("gold",), "gold", False),
    (Operator.IS_NOT, ("gold",), None, True),
    (Operator.AT_LEAST, (3,), 3, True),
    (Operator.AT_LEAST, (3,), 2, False),
    (Operator.AT_LEAST, (3,), None, False),
    (Operator.AT_LEAST, (3,), "4", False),
    (Operator.AT_MOST, (3,), 3, True),
    (Operator.AT_MOST, (3,), 4, False),
    (Operator.IS, ("vip", "gold"), ("new", "vip"), True),
    (Operator.IS, ("vip",), ("vips",), False),
    (Operator.IS_NOT, ("vip",), ("new", "vip"), False),
    (Operator.IS_NOT, ("vip",), (), True),
    (Operator.CONTAINS, ("vip",), ("new", "vip"), True),
    (Operator.CONTAINS, ("vip",), ("vips",), False),
    (Operator.CONTAINS, ("urgent",), "URGENT: help", True),
    (Operator.CONTAINS, ("a", "b"), "xbx", True),
    (Operator.CONTAINS, ("a",), None, False),
    (Operator.IS_SET, (), "x", True),
    (Operator.IS_SET, (), 0, True),
    (Operator.IS_SET, (), "", False),
    (Operator.IS_SET, (), (), False),
    (Operator.IS_EMPTY, (), None, True),
    (Operator.IS_EMPTY, (), ("x",), False),
]


@pytest.mark.parametrize(("operator", "values", "found", "expected"), CLAIMS)
def test_a_claim_about_a_field_is_judged(
    operator: Operator, values: tuple[str | int, ...], found: Value, expected: bool
) -> None:
    claim = Condition("ticket.field", operator, values)
    assert holds(claim, {"ticket.field": found}) is expected
    if found is None:
        assert holds(claim, {}) is expected


def test_the_first_policy_that_fits_holds_and_the_trace_says_why_not_the_others() -> None:
    policies = [
        policy("old", valid_to=NOW),
        policy("calls", BY_PHONE),
        policy("either", TIER_IS_GOLD, any_of=(BY_PHONE,)),
        policy("gold", TIER_IS_GOLD),
        policy("all"),
    ]
    match = match_policies(policies, GOLD, NOW)
    assert [found.id for found in match.policies] == ["gold"]
    assert [(look.policy_id, look.verdict, look.field) for look in match.trace] == [
        ("old", Verdict.NOT_VALID, ""),
        ("calls", Verdict.CONDITION_FAILED, "ticket.channel"),
        ("either", Verdict.NO_ALTERNATIVE, "ticket.channel"),
        ("gold", Verdict.HOLDS, ""),
    ]


def test_a_policy_between_teams_holds_beside_one_for_the_contact() -> None:
    policies = [policy("all"), policy("other"), policy("teams", audience=Audience.INTERNAL)]
    match = match_policies(policies, GOLD, NOW)
    assert [found.id for found in match.policies] == ["all", "teams"]
    audiences = {promise.audience for promise in promises_of(match, Priority.HIGH, CALENDAR)}
    assert audiences == set(Audience)


def test_nothing_fits_and_nothing_is_promised() -> None:
    match = match_policies([policy("calls", BY_PHONE)], GOLD, NOW)
    assert match.policies == ()
    assert promises_of(match, Priority.HIGH, CALENDAR) == ()


@pytest.mark.parametrize(
    ("at", "expected"),
    [(NOW - DAY, False), (NOW, True), (NOW + DAY, False), (NOW + DAY / 2, True)],
)
def test_a_policy_holds_from_its_first_instant_to_just_before_its_last(
    at: datetime, expected: bool
) -> None:
    found = match_policies([policy("day", valid_from=NOW, valid_to=NOW + DAY)], GOLD, at)
    assert bool(found.policies) is expected


def test_the_priority_picks_the_targets_and_each_counts_its_own_time() -> None:
    match = match_policies([policy("gold")], GOLD, NOW)
    found = promises_of(match, Priority.HIGH, CALENDAR)
    assert [(one.metric, one.target_seconds, one.calendar) for one in found] == [
        (Metric.FIRST_REPLY, 900, CALENDAR),
        (Metric.TOTAL_RESOLUTION, 86_400, None),
    ]
    assert promises_of(match, Priority.LOW, CALENDAR) == ()


def test_a_target_may_name_its_own_statuses() -> None:
    standing = frozenset({TicketStatus.PENDING})
    target = Target(Metric.FIRST_REPLY, Priority.LOW, 60, pauses_in=standing)
    match = match_policies([Policy("one", 4, "One", (target,))], GOLD, NOW)
    found = promises_of(match, Priority.LOW, None)
    assert found[0].stands_still_in == standing
    assert (found[0].policy_id, found[0].policy_version) == ("one", 4)


@pytest.mark.parametrize(
    ("field", "operator", "values"),
    [
        ("tier", Operator.IS, ("gold",)),
        ("customer.tier", Operator.IS, ("gold",)),
        ("ticket.channel", Operator.IS, ()),
        ("ticket.channel", Operator.IS_SET, ("x",)),
        ("ticket.priority", Operator.AT_LEAST, ("high",)),
        ("ticket.priority", Operator.AT_MOST, (1, 2)),
    ],
)
def test_a_condition_that_could_never_be_judged_is_refused(
    field: str, operator: Operator, values: tuple[str | int, ...]
) -> None:
    with pytest.raises(PolicyInvalid):
        Condition(field, operator, values)


def test_a_policy_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(PolicyInvalid, match="2 targets for first_reply at priority normal"):
        Policy("x", 1, "X", (*TARGETS, TARGETS[0]))
    with pytest.raises(PolicyInvalid, match="ends before it begins"):
        policy("x", valid_from=NOW, valid_to=NOW)
    with pytest.raises(PolicyInvalid, match="5 seconds"):
        Target(Metric.FIRST_REPLY, Priority.LOW, 5)


def test_a_field_that_no_ticket_has_is_named_with_those_that_there_are() -> None:
    with pytest.raises(PolicyInvalid, match=r"'organization.tier'.*There are: ticket.channel"):
        refuse_unknown_fields(policy("gold", TIER_IS_GOLD), {"ticket.channel"})
    refuse_unknown_fields(policy("gold", TIER_IS_GOLD), {"organization.tier"})
