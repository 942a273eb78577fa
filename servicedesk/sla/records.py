"""Events and clocks as plain JSON values, for the database and for certificates, and back."""

import json
from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter

from servicedesk.sla.clock.states import ClockSet
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
    "queued": Queued,
    "answered": Answered,
    "left": Left,
}
"""What is stored is for ever: a name may be added, none may change its meaning."""

_ADAPTERS: dict[type[Event], TypeAdapter[Event]] = {
    kind: TypeAdapter(kind) for kind in EVENT_NAMES.values()
}
_NAMES = {kind: name for name, kind in EVENT_NAMES.items()}
_CLOCKS = TypeAdapter(ClockSet)


def event_record(event: Event) -> dict[str, Any]:
    """Return the event as JSON values, its name under "event"."""
    kind = type(event)
    return {"event": _NAMES[kind], **_ADAPTERS[kind].dump_python(event, mode="json")}


def read_event(record: dict[str, Any]) -> Event:
    """Read what `event_record` made; raises pydantic's ValidationError or KeyError."""
    fields = dict(record)
    return _ADAPTERS[EVENT_NAMES[fields.pop("event")]].validate_python(fields)


def clocks_record(clock_set: ClockSet) -> str:
    """Return all clocks of a ticket as JSON text."""
    return _CLOCKS.dump_json(clock_set).decode()


def read_clocks(text: str | bytes) -> ClockSet:
    """Read what `clocks_record` made, every microsecond of it."""
    return _CLOCKS.validate_json(text)


def canonical(value: dict[str, Any] | Sequence[Any]) -> bytes:
    """Return the one JSON text of a value: sorted keys, no white space, UTF-8 (as RFC 8785 asks).

    Numbers must be whole: how a fraction is written is where JSON texts differ.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()
