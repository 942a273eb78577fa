"""The second opinion itself: every instance of every promise, measured anew."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from servicedesk.sla.calendar.hours import Hours
from servicedesk.sla.errors import NeverOpens
from servicedesk.sla.events import Absorbed, Event, StatusSet, WaitChanged
from servicedesk.sla.promises import (
    PAUSES_IN,
    Audience,
    CalendarVersion,
    Metric,
    Promise,
    Reopening,
)
from servicedesk.sla.verifier.history import History
from servicedesk.sla.verifier.instances import Instance, instances_of, kinds_of
from servicedesk.sla.verifier.open_time import OpenTime

_NOTHING = timedelta()


@dataclass(frozen=True, slots=True)
class Recount:
    """What became of one instance. `outcome` is met, late, cancelled, or None while it lives.

    `counted` has all working time up to `until`. `dodges` are the pauses that began while the
    contact waited for an answer.
    """

    metric: Metric
    audience: Audience
    instance: int
    started_at: datetime
    ended_at: datetime | None
    due_at: datetime | None
    breached_at: datetime | None
    outcome: str | None
    counted: timedelta
    dodges: tuple[datetime, ...]


def recount(
    events: Sequence[Event], hours: Mapping[CalendarVersion, Hours], until: datetime
) -> list[Recount]:
    """Return every instance that the events must have led to, as of `until`."""
    history = History(events)
    open_times = {version: OpenTime(found) for version, found in hours.items()}
    results: list[Recount] = []
    for metric, audience in kinds_of(history):
        earlier: tuple[Instance, timedelta] | None = None
        instances = instances_of(history, metric, audience)
        instance = next(instances, None)
        while instance is not None:
            measured = _Measuring(history, (metric, audience), instance, open_times)
            result = measured.run(earlier, until)
            results.append(result)
            earlier = (instance, result.counted)
            broken = instance.taken_back and result.breached_at is not None
            instance = _following(instances, result.started_at if broken else None)
    return results


def _following(
    instances: Generator[Instance, datetime | None, None], settled: datetime | None
) -> Instance | None:
    try:
        return instances.send(settled)
    except StopIteration:
        return None


class _Measuring:
    """One instance, walked from event to event."""

    def __init__(
        self,
        history: History,
        kind: tuple[Metric, Audience],
        instance: Instance,
        open_times: Mapping[CalendarVersion, OpenTime],
    ) -> None:
        self.history, self.kind, self.instance = history, kind, instance
        self.open_times = open_times
        self.promise = self._promised(instance.first)
        self.since = instance.since
        self.carried = _NOTHING
        self.pieces: list[tuple[datetime, datetime, CalendarVersion | None]] = []
        self.due_at: datetime | None = None
        self.breached_at: datetime | None = None
        self.dodges: list[datetime] = []

    def run(self, earlier: tuple[Instance, timedelta] | None, until: datetime) -> Recount:
        first, last = self.instance.first, self.instance.last
        if earlier is not None and self.promise.reopening is Reopening.CARRY:
            before, counted = earlier
            self.carried = counted if before.kept and before.by_solving else _NOTHING
        self._add_past(self.since, self.history.times[first])
        stop = len(self.history) if last is None else last
        for n in range(first, stop):
            if n > first:
                self._heed(n)
            following = n + 1 < len(self.history)
            self._walk(n, self.history.times[n + 1] if following else until)
        return self._result()

    def _heed(self, n: int) -> None:
        """Take over what the n-th event changed; a breach fixes the promise that was broken."""
        if self.breached_at is not None:
            return
        self.promise = self._promised(n)
        if isinstance(self.history.events[n], Absorbed | WaitChanged) and self._is_reply():
            waiting = self.history.waiting_since(n)
            if waiting is not None and self.kind[1] is Audience.INTERNAL:
                waiting = max(waiting, self.history.held_since(n))
            if waiting is not None and waiting != self.since:
                self._wait_from(waiting)

    def _wait_from(self, waiting: datetime) -> None:
        """The contact waits since then, as is known now: earlier or later than it seemed."""
        if waiting < self.since:
            self._add_past(waiting, self.since)
        self.since = waiting
        self.pieces = [
            (max(start, waiting), end, calendar)
            for start, end, calendar in self.pieces
            if end > waiting
        ]
        self.dodges = [at for at in self.dodges if at > waiting]

    def _walk(self, n: int, end: datetime) -> None:
        """Go from the n-th event to the next one."""
        start = self.history.times[n]
        if self._stands_still(n):
            if n > self.instance.first and not self._stands_still(n - 1):
                self._note_dodge(n)
            if self.breached_at is None:
                self.due_at = None
            return
        if self.breached_at is None:
            self.due_at = self._when(start)
            if self.due_at is not None and self.due_at < end:
                self.breached_at = self.due_at
        self._add(start, end)

    def _note_dodge(self, n: int) -> None:
        a_choice = isinstance(self.history.events[n], StatusSet)
        if a_choice and self.history.waiting_since(n) is not None:
            self.dodges.append(self.history.times[n])

    def _result(self) -> Recount:
        last = self.instance.last
        ended_at = None if last is None else self.history.times[last]
        due_at, outcome = self.due_at, None
        if ended_at is not None:
            due_at = self._when(ended_at) if due_at is None else due_at
            in_time = "met" if self.instance.kept else "cancelled"
            outcome = in_time if self.breached_at is None else "late"
        metric, audience = self.kind
        return Recount(
            metric=metric,
            audience=audience,
            instance=self.instance.number,
            started_at=self.since,
            ended_at=ended_at,
            due_at=due_at,
            breached_at=self.breached_at,
            outcome=outcome,
            counted=self._used(),
            dodges=tuple(self.dodges),
        )

    def _when(self, start: datetime) -> datetime | None:
        """Return when the target is used up, were the clock to run from `start` on; None: never."""
        left = timedelta(seconds=self.promise.target_seconds) - self._used()
        if left <= _NOTHING:
            return start
        calendar = self.promise.calendar
        if calendar is None:
            return start + left
        try:
            return self.open_times[calendar].when(start, left)
        except NeverOpens:
            return None

    def _add(self, start: datetime, end: datetime) -> None:
        if start < end:
            self.pieces.append((start, end, self.promise.calendar))

    def _used(self) -> timedelta:
        """Count every piece anew, each by the calendar that held in it."""
        lengths = (
            end - start if calendar is None else self.open_times[calendar].length(start, end)
            for start, end, calendar in self.pieces
        )
        return sum(lengths, self.carried)

    def _add_past(self, start: datetime, end: datetime) -> None:
        """A time before the clock was known of: its pauses are in the statuses."""
        at = start
        for n, time in enumerate(self.history.times):
            time = min(max(time, at), end)
            if n == 0 or not self._stands_still(n - 1):
                self._add(at, time)
            at = time

    def _promised(self, n: int) -> Promise:
        found = self.history.promise(n, *self.kind)
        if found is None:
            raise AssertionError(f"a clock lives after event {n}, but nothing is promised")
        return found

    def _stands_still(self, n: int) -> bool:
        chosen = self.promise.pauses_in
        pauses = PAUSES_IN[self.promise.metric] if chosen is None else chosen
        return self.history.status(n) in pauses

    def _is_reply(self) -> bool:
        return self.kind[0] in (Metric.FIRST_REPLY, Metric.NEXT_REPLY)
