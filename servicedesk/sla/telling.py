"""What the journal is told of clocks: ids, enums, numbers and instants."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from servicedesk.kernel.work import Work
from servicedesk.sla.clock.machine import Change, Turn
from servicedesk.sla.clock.states import Clock
from servicedesk.sla.clock_rows import NewEscalation
from servicedesk.sla.events import Event
from servicedesk.sla.policy.matching import Look
from servicedesk.sla.questions import instant_text
from servicedesk.sla.records import event_record

TOLD = "clocks.told"
"""The entry that says which events the clocks of a ticket were told: what `sla verify` recounts."""
ESCALATED = "clock.escalated"


def tell_events(
    work: Work, ticket_id: UUID, events: Sequence[Event], looks: Sequence[Look]
) -> None:
    """Note what the clocks were told, with the policies that were looked at."""
    if events:
        payload = {"events": [event_record(event) for event in events]}
        work.record(TOLD, ticket_id=ticket_id, payload=payload, trace=_trace(looks))


def tell_changes(work: Work, ticket_id: UUID, changes: Iterable[Change]) -> None:
    for change in changes:
        payload = {**_clock(change.clock), "at": instant_text(change.at)}
        work.record(f"clock.{_word(change)}", ticket_id=ticket_id, payload=payload)


def tell_escalations(work: Work, escalations: Iterable[NewEscalation]) -> None:
    for new in escalations:
        late = max((work.now - new.due.at).total_seconds(), 0.0)
        payload = {
            **_clock(new.due.clock),
            "escalation_id": str(new.id),
            "step": new.due.step.id,
            "at": instant_text(new.due.at),
            "late_ms": round(late * 1_000),
        }
        work.record(ESCALATED, ticket_id=new.ticket_id, payload=payload)


def _word(change: Change) -> str:
    if change.turn is Turn.ENDED and change.clock.outcome is not None:
        return change.clock.outcome.value
    return change.turn.value


def _clock(clock: Clock) -> dict[str, object]:
    promise = clock.promise
    return {
        "metric": promise.metric,
        "audience": promise.audience,
        "instance": clock.instance,
        "policy_id": promise.policy_id,
        "policy_version": promise.policy_version,
        "target_seconds": promise.target_seconds,
        "due_at": None if clock.due_at is None else instant_text(clock.due_at),
        "reason": clock.reason,
    }


def _trace(looks: Sequence[Look]) -> dict[str, object] | None:
    if not looks:
        return None
    return {
        "policies": [
            {
                "policy_id": look.policy_id,
                "version": look.policy_version,
                "audience": look.audience.value,
                "verdict": look.verdict.value,
                "field": look.field,
            }
            for look in looks
        ]
    }
