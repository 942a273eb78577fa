"""Certificates: what became of one clock, with all that is needed to work it out again, signed."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from servicedesk.domain.errors import BadInput
from servicedesk.sla.clock.states import Clock, ClockState, Stretch
from servicedesk.sla.events import Event
from servicedesk.sla.promises import Promise
from servicedesk.sla.questions import instant_text
from servicedesk.sla.records import canonical, event_record
from servicedesk.sla.zones import ZONE_DATA_VERSION

FORMAT = "servicedesk-sla-1"
PURPOSE = "sla certificate"
_MICROSECOND = timedelta(microseconds=1)


class Signer(Protocol):
    def sign(self, purpose: str, data: bytes) -> tuple[str, bytes]: ...


class SignatureChecker(Protocol):
    def verify(self, purpose: str, key_id: str, mac: bytes, data: bytes) -> bool: ...


@dataclass(frozen=True, slots=True)
class Certificate:
    """`body` is canonical JSON; the signature is over exactly these bytes."""

    body: bytes
    key_id: str
    mac: bytes

    def as_line(self) -> str:
        """Return it as one line of JSON, for an export."""
        signature = base64.b64encode(self.mac).decode()
        line = {"certificate": self.body.decode(), "key_id": self.key_id, "signature": signature}
        return canonical(line).decode()


def certify(ticket_id: str, clock: Clock, events: Sequence[Event], signer: Signer) -> Certificate:
    """Return the signed record of a clock that ended; ValueError for one that still lives.

    `events` are all of the ticket up to the end of the clock: with the calendar versions that the
    record names, they are enough to recount it.
    """
    if clock.state is not ClockState.ENDED:
        raise ValueError(f"clock {clock.promise.metric.value} {clock.instance} has not ended yet")
    body = canonical(_body(ticket_id, clock, events))
    key_id, mac = signer.sign(PURPOSE, body)
    return Certificate(body, key_id, mac)


def read_certificate(line: str, checker: SignatureChecker) -> dict[str, Any]:
    """Return the record in the line; raise BadInput if it is broken or we did not sign it."""
    try:
        outer = json.loads(line)
        body, key_id = outer["certificate"].encode(), str(outer["key_id"])
        mac = base64.b64decode(outer["signature"], validate=True)
        record: dict[str, Any] = json.loads(body)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadInput("This is no certificate of a clock: export it again.") from None
    if not checker.verify(PURPOSE, key_id, mac, body):
        raise BadInput(
            f"The signature by the key {key_id!r} does not fit: the certificate was changed, or "
            "another desk made it.",
            key_id=key_id,
        )
    return record


def _body(ticket_id: str, clock: Clock, events: Sequence[Event]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "zone_data": ZONE_DATA_VERSION,
        "ticket_id": ticket_id,
        "instance": clock.instance,
        "promise": _promise(clock.promise),
        "started_at": instant_text(clock.started_at),
        "carried_us": _whole(clock.carried),
        "intervals": [_interval(stretch) for stretch in clock.stretches],
        "counted_us": _whole(clock.counted),
        "due_at": _text(clock.due_at),
        "breached_at": _text(clock.breached_at),
        "ended_at": _text(clock.ended_at),
        "outcome": clock.outcome,
        "reason": clock.reason,
        "events": [event_record(event) for event in events],
    }


def _promise(promise: Promise) -> dict[str, Any]:
    return {
        "metric": promise.metric,
        "audience": promise.audience,
        "target_seconds": promise.target_seconds,
        "policy_id": promise.policy_id,
        "policy_version": promise.policy_version,
        "calendar": promise.calendar,
        "pauses_in": sorted(promise.stands_still_in),
        "reopening": promise.reopening,
    }


def _interval(stretch: Stretch) -> dict[str, Any]:
    return {
        "from": instant_text(stretch.began),
        "to": _text(stretch.ended),
        "calendar": stretch.calendar,
        "counted_us": _whole(stretch.counted),
        "ended_by": stretch.ended_by,
        "dodges": stretch.dodges,
    }


def _text(at: datetime | None) -> str | None:
    return None if at is None else instant_text(at)


def _whole(length: timedelta) -> int:
    return length // _MICROSECOND
