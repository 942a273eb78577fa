"""A ticket's live clocks, as lists and frames show them: values that no passing time changes."""

from uuid import UUID

from servicedesk.sla.clock.following import Kept
from servicedesk.sla.clock.measuring import remaining
from servicedesk.sla.clock.states import Clock, ClockState
from servicedesk.sla.records import read_kept
from servicedesk.sla.shapes import ClockBadge


def badges_of_record(record: str | None) -> list[ClockBadge]:
    """Return the badges of what a ticket's clocks remember, the most pressing first."""
    return [] if record is None else badges_of(read_kept(record))


def badges_of(kept: Kept) -> list[ClockBadge]:
    """Those that run come first, by their due instant, then those that stand still."""
    badges = map(_badge, kept.clock_set.live())
    return sorted(badges, key=_urgency)


def _badge(clock: Clock) -> ClockBadge:
    running = clock.state is ClockState.RUNNING
    return ClockBadge(
        metric=clock.promise.metric,
        audience=clock.promise.audience,
        instance=clock.instance,
        state=ClockState.RUNNING if running else ClockState.PAUSED,
        policy_id=UUID(clock.promise.policy_id),
        target_seconds=clock.promise.target_seconds,
        calendar=clock.stretches[-1].calendar if running else clock.promise.calendar,
        due_at=clock.due_at,
        breached_at=clock.breached_at,
        left_seconds=None if running else remaining(clock).total_seconds(),
    )


def _urgency(badge: ClockBadge) -> tuple[bool, str, str, str]:
    due = "" if badge.due_at is None else badge.due_at.isoformat()
    return badge.state is ClockState.PAUSED, due, badge.metric.value, badge.audience.value
