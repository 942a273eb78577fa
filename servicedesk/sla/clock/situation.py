"""What an event makes of the situation, and what the situation owes: from when a clock counts."""

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from servicedesk.sla.clock.states import Situation
from servicedesk.sla.events import (
    SOLVED_STATUSES,
    Absorbed,
    AgentReplied,
    Answered,
    ContactWrote,
    Event,
    Left,
    MergedAway,
    Moved,
    Opened,
    OtherWritten,
    Promised,
    Queued,
    StatusSet,
    WaitChanged,
)
from servicedesk.sla.promises import Audience, Metric, Promise


def opening(event: Opened) -> Situation:
    """Return the situation that a ticket begins with."""
    agent_wrote = event.waiting_since is None
    return Situation(
        latest=event.at,
        statuses=((event.at, event.status),),
        work_since=event.at,
        held_since=event.at,
        waiting_since=event.waiting_since,
        first_reply_given=agent_wrote,
        last_reply_at=event.at if agent_wrote else None,
    )


def learn(before: Situation, event: Event, at: datetime) -> Situation:
    """Return the situation after the event, which counts as having come `at`."""
    now = replace(before, latest=at)
    match event:
        case ContactWrote():
            return replace(now, waiting_since=now.waiting_since or at)
        case AgentReplied():
            updates_from = None if now.status in SOLVED_STATUSES else at
            return replace(
                now, waiting_since=None, first_reply_given=True, last_reply_at=updates_from
            )
        case StatusSet():
            return _with_status(now, event, at)
        case Moved():
            return replace(now, held_since=at)
        case MergedAway():
            return replace(now, merged=True, waiting_since=None, queued_at=None)
        case Absorbed() | WaitChanged():
            return replace(now, waiting_since=_waits_since(now, event))
        case Queued():
            return replace(now, queued_at=at)
        case Answered() | Left():
            return replace(now, queued_at=None)
        case Opened() | OtherWritten() | Promised():
            return now
        case _:
            assert_never(event)


def _waits_since(now: Situation, event: Absorbed | WaitChanged) -> datetime | None:
    if isinstance(event, WaitChanged):
        return event.waiting_since
    return min(filter(None, (now.waiting_since, event.waiting_since)), default=None)


def _with_status(now: Situation, event: StatusSet, at: datetime) -> Situation:
    """Solving settles what was owed to the contact; opening again begins new work."""
    reopens = now.status in SOLVED_STATUSES and event.to not in SOLVED_STATUSES
    after = replace(now, statuses=(*now.statuses, (at, event.to)))
    if event.to in SOLVED_STATUSES:
        return replace(after, waiting_since=None, last_reply_at=None, queued_at=None)
    return replace(after, work_since=at, held_since=at) if reopens else after


def owed_since(promise: Promise, situation: Situation) -> datetime | None:
    """Return since when a clock for the promise counts, None if nothing is owed now.

    A team owes from when it got the ticket, the company from when the contact began to wait.
    """
    if situation.merged:
        return None
    since = _owed_to_contact(promise.metric, situation)
    if since is not None and promise.audience is Audience.INTERNAL:
        return max(since, situation.held_since)
    return since


def _owed_to_contact(metric: Metric, situation: Situation) -> datetime | None:
    match metric:
        case Metric.FIRST_REPLY:
            return None if situation.first_reply_given else situation.waiting_since
        case Metric.NEXT_REPLY:
            return situation.waiting_since if situation.first_reply_given else None
        case Metric.PERIODIC_UPDATE | Metric.PAUSABLE_UPDATE:
            return situation.last_reply_at
        case Metric.REQUESTER_WAIT | Metric.AGENT_WORK | Metric.TOTAL_RESOLUTION:
            return None if situation.status in SOLVED_STATUSES else situation.work_since
        case Metric.TIME_TO_ANSWER:
            return situation.queued_at
        case _:
            assert_never(metric)
