"""How a folder of a mailbox stands: its states, and what leads from one to another. Pure.

                       ┌───────── connect ──────────┬─────────────┐
    off ──connect──▶ connecting ──scan──▶ first_sync │             │
                       │   │ caught_up        │      │             │
                       │   └──▶ listening ◀───┘ caught_up          │
                       │            │                │             │
                       └───lost─────┴──────────▶ waiting           │
                       └───refused──┴──────────────────────────▶ failed

Whoever takes a mailbox over connects, whatever the state was: its last owner may have been killed.
"""

from collections.abc import Mapping
from enum import StrEnum

from servicedesk.domain.errors import WrongStep


class FolderState(StrEnum):
    CONNECTING = "connecting"
    FIRST_SYNC = "first_sync"  # mail that was there before us is taken in, with progress
    LISTENING = "listening"  # all is taken in; new mail is announced or looked for
    WAITING = "waiting"  # the server is away: tried again soon
    FAILED = "failed"  # the server refuses: somebody has to mend the settings; tried again slowly
    OFF = "off"  # nobody wants this folder now


class Step(StrEnum):
    CONNECT = "connect"
    SCAN = "scan"
    CATCH_UP = "catch_up"
    LOSE = "lose"
    BE_REFUSED = "be_refused"
    SWITCH_OFF = "switch_off"


_AT_WORK = (FolderState.CONNECTING, FolderState.FIRST_SYNC, FolderState.LISTENING)

NEXT: Mapping[tuple[FolderState, Step], FolderState] = {
    **{(state, Step.CONNECT): FolderState.CONNECTING for state in FolderState},
    **{(state, Step.SWITCH_OFF): FolderState.OFF for state in FolderState},
    **{(state, Step.LOSE): FolderState.WAITING for state in _AT_WORK},
    **{(state, Step.BE_REFUSED): FolderState.FAILED for state in _AT_WORK},
    (FolderState.CONNECTING, Step.SCAN): FolderState.FIRST_SYNC,
    (FolderState.CONNECTING, Step.CATCH_UP): FolderState.LISTENING,
    (FolderState.FIRST_SYNC, Step.CATCH_UP): FolderState.LISTENING,
    (FolderState.LISTENING, Step.CATCH_UP): FolderState.LISTENING,
}


def after(state: FolderState, step: Step) -> FolderState:
    """Return the state that the step leads to. Raises WrongStep."""
    found = NEXT.get((state, step))
    if found is None:
        allowed = [one.value for one in Step if (state, one) in NEXT]
        raise WrongStep("A mailbox folder", state.value, step.value, allowed)
    return found
