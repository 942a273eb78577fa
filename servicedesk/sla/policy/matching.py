"""Which policy holds for a ticket, why, and what it promises.

Policies are looked at in their order; the first that fits holds, one for the contact and one
between teams. The trace names fields and never what the ticket has in them: it goes into the
journal, where a person's words must not be.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from servicedesk.domain.tickets import Priority
from servicedesk.sla.policy.conditions import Facts, holds
from servicedesk.sla.policy.policies import Counting, Policy, Target
from servicedesk.sla.promises import Audience, CalendarVersion, Promise


class Verdict(StrEnum):
    HOLDS = "holds"
    NOT_VALID = "not_valid"  # not yet, or no more
    CONDITION_FAILED = "condition_failed"
    NO_ALTERNATIVE = "no_alternative"  # none of `any_of` is true


@dataclass(frozen=True, slots=True)
class Look:
    """One policy being looked at. `field` is the first that failed, empty if none did."""

    policy_id: str
    policy_version: int
    audience: Audience
    verdict: Verdict
    field: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """The policies that hold, at most one for each audience, and every look in order."""

    policies: tuple[Policy, ...]
    trace: tuple[Look, ...]


def match_policies(policies: Iterable[Policy], facts: Facts, at: datetime) -> Match:
    """Return what holds now; after a match no other policy of the same audience is looked at."""
    found: dict[Audience, Policy] = {}
    trace: list[Look] = []
    for policy in policies:
        if policy.audience in found:
            continue
        look = _look_at(policy, facts, at)
        trace.append(look)
        if look.verdict is Verdict.HOLDS:
            found[policy.audience] = policy
    return Match(tuple(found.values()), tuple(trace))


def promises_of(
    match: Match, priority: Priority, calendar: CalendarVersion | None
) -> tuple[Promise, ...]:
    """Return the targets for this priority. `calendar` is that of the ticket's queue.

    Without a calendar every second is business time.
    """
    return tuple(
        _promise(policy, target, calendar)
        for policy in match.policies
        for target in policy.targets
        if target.priority is priority
    )


def _promise(policy: Policy, target: Target, calendar: CalendarVersion | None) -> Promise:
    return Promise(
        metric=target.metric,
        target_seconds=target.seconds,
        policy_id=policy.id,
        policy_version=policy.version,
        calendar=calendar if target.counting is Counting.BUSINESS_TIME else None,
        audience=policy.audience,
        pauses_in=target.pauses_in,
        reopening=target.reopening,
    )


def _look_at(policy: Policy, facts: Facts, at: datetime) -> Look:
    verdict, field = Verdict.HOLDS, ""
    if not policy.is_valid_at(at):
        verdict = Verdict.NOT_VALID
    elif failed := [one for one in policy.all_of if not holds(one, facts)]:
        verdict, field = Verdict.CONDITION_FAILED, failed[0].field
    elif policy.any_of and not any(holds(one, facts) for one in policy.any_of):
        verdict, field = Verdict.NO_ALTERNATIVE, policy.any_of[0].field
    return Look(policy.id, policy.version, policy.audience, verdict, field)
