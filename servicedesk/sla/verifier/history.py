"""The list of a ticket's events, asked what held after the n-th of them. Nothing is remembered:
each answer is found by looking back, which is slow and easy to check."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import accumulate

from servicedesk.domain.tickets import TicketStatus
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
    Promised,
    Queued,
    StatusSet,
    WaitChanged,
)
from servicedesk.sla.promises import Audience, Metric, Promise

_DONE = (TicketStatus.SOLVED, TicketStatus.CLOSED)


class History:
    """`events` begins with Opened. `times` are theirs, none before its predecessor."""

    def __init__(self, events: Sequence[Event]) -> None:
        first = events[0]
        if not isinstance(first, Opened):
            raise ValueError(
                f"the events of a ticket begin with Opened, not {type(first).__name__}"
            )
        self.opened = first
        self.events = list(events)
        self.times = list(accumulate((event.at for event in events), max))

    def __len__(self) -> int:
        return len(self.events)

    def promise(self, n: int, metric: Metric, audience: Audience) -> Promise | None:
        for event in self._back(n):
            if isinstance(event, Opened | Promised | Moved):
                fitting = [
                    promise
                    for promise in event.promises
                    if promise.metric is metric and promise.audience is audience
                ]
                return fitting[0] if fitting else None
        return None

    def status(self, n: int) -> TicketStatus:
        for event in self._back(n):
            if isinstance(event, StatusSet):
                return event.to
        return self.opened.status

    def is_done(self, n: int) -> bool:
        return self.status(n) in _DONE

    def solves(self, n: int) -> bool:
        return n > 0 and self.is_done(n) and not self.is_done(n - 1)

    def reopens(self, n: int) -> bool:
        return n > 0 and self.is_done(n - 1) and not self.is_done(n)

    def waiting_since(self, n: int) -> datetime | None:
        """Since when a contact waits for an answer, after the n-th event."""
        waits: list[datetime] = []
        for index in range(n, -1, -1):
            event = self.events[index]
            if isinstance(event, AgentReplied | MergedAway):
                break
            if isinstance(event, StatusSet) and event.to in _DONE:
                break
            if isinstance(event, WaitChanged):
                waits += [event.waiting_since] if event.waiting_since else []
                break
            if isinstance(event, ContactWrote):
                waits.append(self.times[index])
            elif isinstance(event, Opened | Absorbed) and event.waiting_since is not None:
                waits.append(event.waiting_since)
        return min(waits) if waits else None

    def was_replied_to(self, n: int) -> bool:
        if self.opened.waiting_since is None:
            return True
        return any(isinstance(event, AgentReplied) for event in self._back(n))

    def last_reply(self, n: int) -> datetime | None:
        """When an agent last wrote on the ticket as it is open now."""
        for index in range(n, -1, -1):
            event = self.events[index]
            if isinstance(event, StatusSet) and event.to in _DONE:
                return None
            if isinstance(event, AgentReplied):
                return None if self.is_done(index) else self.times[index]
        return self.opened.at if self.opened.waiting_since is None else None

    def worked_since(self, n: int) -> datetime | None:
        if self.is_done(n):
            return None
        reopened = [self.times[index] for index in range(n + 1) if self.reopens(index)]
        return reopened[-1] if reopened else self.times[0]

    def held_since(self, n: int) -> datetime:
        taken = [
            self.times[index]
            for index in range(n + 1)
            if index == 0 or isinstance(self.events[index], Moved) or self.reopens(index)
        ]
        return taken[-1]

    def queued_since(self, n: int) -> datetime | None:
        for index in range(n, -1, -1):
            event = self.events[index]
            if isinstance(event, Queued):
                return self.times[index]
            if isinstance(event, Answered | Left | MergedAway):
                return None
            if isinstance(event, StatusSet) and event.to in _DONE:
                return None
        return None

    def is_merged(self, n: int) -> bool:
        return any(isinstance(event, MergedAway) for event in self._back(n))

    def _back(self, n: int) -> Iterator[Event]:
        return reversed(self.events[: n + 1])
