"""What each event does to each clock: one table, metric by happening.

Pausing is not in it, because it is the same for all: a clock stands still in the statuses that its
promise names. Sources: Zendesk's metrics (help article 4408829459866) and the rules adopted for
this project: a message of a bot, an automatic mail, an internal note, a merge and a bulk close
answer nobody, so no reply clock is met by them (`OTHER_WRITTEN` is in no row at all).
"""

from enum import StrEnum

from servicedesk.sla.clock.states import Reason, Situation
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
from servicedesk.sla.promises import Metric


class Happening(StrEnum):
    """An event, as the table sees it: a status is looked at together with the one before."""

    OPENED = "opened"
    CONTACT_WROTE = "contact_wrote"
    AGENT_REPLIED = "agent_replied"
    OTHER_WRITTEN = "other_written"
    STATUS_CHANGED = "status_changed"
    SOLVED = "solved"
    SOLVED_IN_BULK = "solved_in_bulk"
    REOPENED = "reopened"
    PROMISED = "promised"
    MOVED = "moved"
    MERGED_AWAY = "merged_away"
    ABSORBED = "absorbed"
    WAIT_CHANGED = "wait_changed"
    QUEUED = "queued"
    ANSWERED = "answered"
    LEFT = "left"


class Action(StrEnum):
    """START begins an instance if one is owed and none is live; see `situation.owed_since`."""

    START = "start"
    FULFIL = "fulfil"
    RESET = "reset"  # fulfil, then start
    CANCEL = "cancel"
    REALIGN = "realign"  # count from when the contact waits as is known now; cancel if they do not


_H, _A, _M = Happening, Action, Metric

_ALWAYS = {_H.PROMISED: _A.START, _H.MOVED: _A.START, _H.MERGED_AWAY: _A.CANCEL}
_REPLY = {
    **_ALWAYS,
    _H.OPENED: _A.START,
    _H.CONTACT_WROTE: _A.START,
    _H.AGENT_REPLIED: _A.FULFIL,
    _H.SOLVED: _A.CANCEL,
    _H.SOLVED_IN_BULK: _A.CANCEL,
    _H.ABSORBED: _A.REALIGN,
    _H.WAIT_CHANGED: _A.REALIGN,
}
_UPDATE = {
    **_ALWAYS,
    _H.OPENED: _A.START,
    _H.AGENT_REPLIED: _A.RESET,
    _H.SOLVED: _A.CANCEL,
    _H.SOLVED_IN_BULK: _A.CANCEL,
}
_UNTIL_SOLVED = {
    **_ALWAYS,
    _H.OPENED: _A.START,
    _H.SOLVED: _A.FULFIL,
    _H.SOLVED_IN_BULK: _A.FULFIL,
    _H.REOPENED: _A.START,
}
_ANSWER = {
    **_ALWAYS,
    _H.QUEUED: _A.START,
    _H.ANSWERED: _A.FULFIL,
    _H.LEFT: _A.CANCEL,
    _H.SOLVED: _A.CANCEL,
    _H.SOLVED_IN_BULK: _A.CANCEL,
}

TABLE: dict[Metric, dict[Happening, Action]] = {
    _M.FIRST_REPLY: _REPLY,
    _M.NEXT_REPLY: _REPLY,
    _M.PERIODIC_UPDATE: _UPDATE,
    _M.PAUSABLE_UPDATE: _UPDATE,
    _M.REQUESTER_WAIT: _UNTIL_SOLVED,
    _M.AGENT_WORK: _UNTIL_SOLVED,
    _M.TOTAL_RESOLUTION: _UNTIL_SOLVED,
    _M.TIME_TO_ANSWER: _ANSWER,
}
"""What is not named changes nothing."""

KEPT_BY_HANDING_OVER = frozenset({_M.REQUESTER_WAIT, _M.AGENT_WORK, _M.TOTAL_RESOLUTION})
"""Handing a ticket on ends what its team promised internally: work as done, the rest cancelled.

To the contact it makes no difference which team answers: customer promises go on.
"""

REASONS: dict[Happening, Reason] = {
    _H.AGENT_REPLIED: Reason.REPLIED,
    _H.SOLVED: Reason.SOLVED,
    _H.SOLVED_IN_BULK: Reason.SOLVED_IN_BULK,
    _H.MERGED_AWAY: Reason.MERGED,
    _H.ABSORBED: Reason.MERGED,
    _H.WAIT_CHANGED: Reason.MESSAGES_MOVED,
    _H.MOVED: Reason.MOVED,
    _H.ANSWERED: Reason.ANSWERED,
    _H.LEFT: Reason.LEFT,
}
"""Why a clock or a stretch of it ended: every happening that can end one is here."""


_PLAIN: dict[type[Event], Happening] = {
    Opened: _H.OPENED,
    ContactWrote: _H.CONTACT_WROTE,
    AgentReplied: _H.AGENT_REPLIED,
    OtherWritten: _H.OTHER_WRITTEN,
    Promised: _H.PROMISED,
    Moved: _H.MOVED,
    MergedAway: _H.MERGED_AWAY,
    Absorbed: _H.ABSORBED,
    WaitChanged: _H.WAIT_CHANGED,
    Queued: _H.QUEUED,
    Answered: _H.ANSWERED,
    Left: _H.LEFT,
}


def happening_of(event: Event, before: Situation | None) -> Happening:
    """Return which column of the table the event belongs to, given the situation before it."""
    if not isinstance(event, StatusSet):
        return _PLAIN[type(event)]
    was_solved = before is not None and before.status in SOLVED_STATUSES
    match was_solved, event.to in SOLVED_STATUSES:
        case False, True:
            return _H.SOLVED_IN_BULK if event.in_bulk else _H.SOLVED
        case True, False:
            return _H.REOPENED
        case _:
            return _H.STATUS_CHANGED
