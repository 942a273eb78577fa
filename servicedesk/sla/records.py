"""Events and clocks as plain JSON values, for the database and for certificates, and back."""

import json
from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter

from servicedesk.sla.clock.following import Kept
from servicedesk.sla.clock.states import Clock
from servicedesk.sla.events import (
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

EVENT_NAMES: dict[str, type[Event]] = {
    "opened": Opened,
    "contact_wrote": ContactWrote,
    "agent_replied": AgentReplied,
    "other_written": OtherWritten,
    "status_set": StatusSet,
    "promised": Promised,
    "moved": Moved,
    "merged_away": MergedAway,
    "absorbed": Absorbed,
    "wait_changed": WaitChanged,
    "queued": Queued,
    "answered": Answered,
    "left": Left,
}
"""What is stored is for ever: a name may be added, none may change its meaning."""

_ADAPTERS: dict[type[Event], TypeAdapter[Event]] = {
    kind: TypeAdapter(kind) for kind in EVENT_NAMES.values()
}
_NAMES = {kind: name for name, kind in EVENT_NAMES.items()}
_KEPT = TypeAdapter(Kept)
_CLOCK = TypeAdapter(Clock)


def event_record(event: Event) -> dict[str, Any]:
    """Return the event as JSON values, its name under "event"."""
    kind = type(event)
    return {"event": _NAMES[kind], **_ADAPTERS[kind].dump_python(event, mode="json")}


def read_event(record: dict[str, Any]) -> Event:
    """Read what `event_record` made; raises pydantic's ValidationError or KeyError."""
    fields = dict(record)
    return _ADAPTERS[EVENT_NAMES[fields.pop("event")]].validate_python(fields)


def kept_record(kept: Kept) -> str:
    """Return what is remembered of a ticket's clocks as JSON text.

    What stands at its default is left out, which halves what a timer writes: so no default of what
    is kept may ever change.
    """
    return _KEPT.dump_json(kept, exclude_defaults=True).decode()


def read_kept(text: str | bytes) -> Kept:
    """Read what `kept_record` made, every microsecond of it."""
    return _KEPT.validate_json(text)


def clock_record(clock: Clock) -> str:
    """Return one clock as JSON text."""
    return _CLOCK.dump_json(clock).decode()


def read_clock(text: str | bytes) -> Clock:
    """Read what `clock_record` made."""
    return _CLOCK.validate_json(text)


def canonical(value: dict[str, Any] | Sequence[Any]) -> bytes:
    """Return the one JSON text of a value: sorted keys, no white space, UTF-8 (as RFC 8785 asks).

    Numbers must be whole: how a fraction is written is where JSON texts differ.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()
