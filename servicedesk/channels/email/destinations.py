"""A relay that is away is not knocked at by every message that waits: a breaker for each.

    closed ──failures in a row──▶ open (for a while, longer each time) ──time over──▶ one try
      ▲                             ▲                                               │   │
      └───────── it worked ─────────┼───────────────────────────────────────────────┼───┘
                                    └────────────── it failed ──────────────────────┘

In memory: each process finds out for itself, and a restart forgets. Pure: the caller tells the
time, in seconds of a clock that never goes back.
"""

from collections.abc import Hashable
from dataclasses import dataclass, replace

from servicedesk.kernel.backoff import delay_seconds

FAILURES_TO_OPEN = 3
FIRST_SECONDS = 30.0
LONGEST_SECONDS = 300.0
TRY_SECONDS = 180.0
"""How long the one try may take before another message tries in its place."""
OUTCOME_SECONDS = 20.0
"""When the others ask what came of it."""
MOST_REMEMBERED = 1_000


@dataclass(frozen=True, slots=True)
class _State:
    failures: int = 0
    closed_until: float = 0.0  # nobody goes there before
    tried_until: float = 0.0  # somebody may be there till then, and tell


class Destinations:
    """What this process knows of the relays it sends to."""

    def __init__(self) -> None:
        self._states: dict[Hashable, _State] = {}

    def seconds_to_wait(self, destination: Hashable, now: float) -> float:
        """Return 0 if a message may go there now, else how long it should wait.

        Who is told 0 while the breaker is open makes the one try: others wait for its outcome.
        """
        state = self._states.get(destination)
        if state is None or state.failures < FAILURES_TO_OPEN:
            return 0.0
        if now < state.closed_until:
            return state.closed_until - now
        if now < state.tried_until:
            return min(state.tried_until - now, OUTCOME_SECONDS)
        self._states[destination] = replace(state, tried_until=now + TRY_SECONDS)
        return 0.0

    def note_reached(self, destination: Hashable) -> None:
        """It answered, whatever it thought of the message."""
        self._states.pop(destination, None)

    def note_away(self, destination: Hashable, now: float) -> None:
        """It could not be reached, or does not let us in."""
        state = self._states.pop(destination, _State())
        failures = state.failures + 1
        opened = failures - FAILURES_TO_OPEN + 1
        wait = delay_seconds(opened, first_seconds=FIRST_SECONDS, longest_seconds=LONGEST_SECONDS)
        closed_until = now + wait if opened > 0 else 0.0
        self._states[destination] = _State(failures, closed_until)
        if len(self._states) > MOST_REMEMBERED:  # relays whose settings were changed long ago
            self._states.pop(next(iter(self._states)))
