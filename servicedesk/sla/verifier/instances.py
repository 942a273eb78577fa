"""Which clocks there must have been: when each began to count, and which event ended it."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import datetime

from servicedesk.sla.events import (
    Absorbed,
    AgentReplied,
    Answered,
    ContactWrote,
    Left,
    MergedAway,
    Moved,
    Opened,
    Promised,
    Queued,
    WaitChanged,
)
from servicedesk.sla.promises import Audience, Metric
from servicedesk.sla.verifier.history import History

_REPLIES = (Metric.FIRST_REPLY, Metric.NEXT_REPLY)
_UPDATES = (Metric.PERIODIC_UPDATE, Metric.PAUSABLE_UPDATE)


@dataclass(frozen=True, slots=True)
class Instance:
    """From the event `first` (counting since `since`) to the event `last`; None: it still lives.

    `kept` says whether that was what had been promised, or the end of the promise. `taken_back`:
    nothing of the kind was promised any more.
    """

    number: int
    since: datetime
    first: int
    last: int | None = None
    kept: bool = False
    by_solving: bool = False
    taken_back: bool = False


def instances_of(
    history: History, metric: Metric, audience: Audience
) -> Generator[Instance, datetime | None, None]:
    """Yield the instances in order; only the last may live.

    Whoever asks sends, for each one, the start of a wait over which nothing can be promised again,
    or None.
    """
    number, settled = 1, None
    begun: tuple[datetime, int] | None = None
    for n in range(len(history)):
        if begun is not None and (kept := _ends(history, n, metric, audience)) is not None:
            taken_back = not kept and history.promise(n, metric, audience) is None
            solving = history.solves(n)
            settled = yield Instance(number, *begun, n, kept, solving, taken_back)
            number, begun = number + 1, None
        if begun is None:
            since = _begins(history, n, metric, audience)
            begun = None if since is None or since == settled else (since, n)
    if begun is not None:
        yield Instance(number, *begun)


def kinds_of(history: History) -> Iterator[tuple[Metric, Audience]]:
    """Yield what was ever promised on the ticket, each once."""
    seen: set[tuple[Metric, Audience]] = set()
    for event in history.events:
        if isinstance(event, Opened | Promised | Moved):
            for promise in event.promises:
                kind = (promise.metric, promise.audience)
                if kind not in seen:
                    seen.add(kind)
                    yield kind


def _ends(history: History, n: int, metric: Metric, audience: Audience) -> bool | None:
    """Does the n-th event end a clock that lives? True: as promised, False: otherwise, None: no."""
    event = history.events[n]
    until_solved = metric not in (*_REPLIES, *_UPDATES, Metric.TIME_TO_ANSWER)
    if isinstance(event, Moved) and audience is Audience.INTERNAL:
        return until_solved
    if history.promise(n, metric, audience) is None or isinstance(event, MergedAway):
        return False
    if history.solves(n):
        return until_solved
    if metric is Metric.TIME_TO_ANSWER:
        return True if isinstance(event, Answered) else False if isinstance(event, Left) else None
    if isinstance(event, AgentReplied) and not until_solved:
        return True
    if isinstance(event, Absorbed | WaitChanged) and metric in _REPLIES:
        return False if history.waiting_since(n) is None else None
    return None


def _begins(history: History, n: int, metric: Metric, audience: Audience) -> datetime | None:
    """Return since when a clock counts that the n-th event begins, None if it begins none."""
    if history.promise(n, metric, audience) is None or history.is_merged(n):
        return None
    event = history.events[n]
    may_begin = isinstance(event, Promised | Moved)
    if metric in _REPLIES:
        may_begin |= isinstance(event, Opened | ContactWrote | Absorbed | WaitChanged)
        due_metric = Metric.NEXT_REPLY if history.was_replied_to(n) else Metric.FIRST_REPLY
        since = history.waiting_since(n) if metric is due_metric else None
    elif metric in _UPDATES:
        may_begin |= isinstance(event, Opened | AgentReplied)
        since = history.last_reply(n)
    elif metric is Metric.TIME_TO_ANSWER:
        may_begin |= isinstance(event, Queued)
        since = history.queued_since(n)
    else:
        may_begin |= isinstance(event, Opened) or history.reopens(n)
        since = history.worked_since(n)
    if not may_begin or since is None:
        return None
    return max(since, history.held_since(n)) if audience is Audience.INTERNAL else since
