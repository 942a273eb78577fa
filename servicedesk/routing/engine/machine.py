"""The engine: told facts and the time, it says which order to offer to whom.

A deterministic state machine with no input or output: the same events at the same times give the
same decisions, byte for byte. After every `apply`

* no agent who could take an order that waits is left idle (at this `now`),
* orders are offered in the order of their rank, across all queues that an agent serves,
* nobody is above capacity by our doing, and no order is held out twice.

An order that was decided upon is off its line at once. What became of it is told with the next
`OrderChanged`; whoever fails to commit a decision tells the order's newest facts.

What a decision costs depends on how many different requirements and profiles there are, and only
logarithmically on orders and agents.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from servicedesk.routing.engine.book import Book
from servicedesk.routing.engine.decisions import (
    Decision,
    ExpireOffer,
    MakeOffer,
    RescindOffer,
)
from servicedesk.routing.engine.events import Event
from servicedesk.routing.engine.policy import Requirement
from servicedesk.routing.engine.ranking import Entry, Key, Ranking
from servicedesk.routing.engine.reasons import reasons_for
from servicedesk.routing.engine.records import (
    Agent,
    Line,
    Order,
    is_qualified,
    profile_of,
)
from servicedesk.routing.engine.refusals import is_passed_over

DEFAULT_OFFER_SECONDS = 45
"""For an order whose queue we have not been told of yet."""


class Engine:
    def __init__(self) -> None:
        self._book = Book()

    def apply(self, event: Event, now: datetime) -> list[Decision]:
        """Learn the event and return what to do, in order. `now` (aware UTC) never goes back."""
        book = self._book
        book.learn(event, now)
        book.let_time_pass(now)
        decisions: list[Decision] = [
            ExpireOffer(offer.id, offer.order_id, offer.user_id) for offer in book.due_offers(now)
        ]
        decisions += self._rescind(now)
        decisions += self._match(now)
        return decisions

    def next_wake(self) -> datetime | None:
        """Return when to apply TimePassed at the latest, None if nothing is due by time alone."""
        return self._book.next_wake()

    @property
    def waiting(self) -> int:
        """How many orders wait now."""
        return sum(len(line.waiting) for line in self._book.lines.values())

    def _rescind(self, now: datetime) -> list[Decision]:
        """Take back offers from agents who take no work any more or left the order's queue."""
        book = self._book
        found: list[Decision] = []
        for agent in book.changed_agents:
            for order_id, offer_id in agent.held_out.items():
                if offer_id not in book.open_offers:
                    continue
                needs = book.needs_of(book.orders[order_id], now)
                if not _may_hold(agent, needs.requirement):
                    del book.open_offers[offer_id]
                    found.append(RescindOffer(offer_id, order_id, "agent_left"))
        return found

    def _match(self, now: datetime) -> list[Decision]:
        """Offer what waits in the lines that changed, or that changed agents may serve.

        Elsewhere nothing can match: the last `apply` left no match undone. The line with the best
        order is served first, so lines whose agents they share are served in order of rank. Lines
        that only changed agents brought up are left as soon as those have nothing to spare.
        """
        book = self._book
        sure = {line: None for line in book.changed_lines if line.has_free_agents}
        hungry = _with_units(book.changed_agents)
        lines = _served_by_somebody(sure, hungry)
        book.changed_lines.clear()
        book.changed_agents.clear()
        bounds: dict[Line, Key] = {}
        found: list[Decision] = []
        while lines and (sure or _with_units_left(hungry)):
            line, bound = _first_in_rank(lines, bounds)
            served = self._next_served(line, now)
            if served is None:
                lines.remove(line)
                sure.pop(line, None)
            elif served.rank > bound:  # who is free has refused those before it
                bounds[line] = served.rank
            else:
                found.append(self._offer(served, line, now))
                if not line.waiting.heap:
                    lines.remove(line)
        return found

    def _next_served(self, line: Line, now: datetime) -> "_Match | None":
        """Return the first order of the line that somebody free may take.

        Orders are skipped only for having been refused; all others need the same, so the first of
        them decides for the line.
        """
        if not line.has_free_agents:
            return None
        entry = line.waiting.first_that(
            lambda order: not order.facts.refusals or _somebody_takes(order, line, now)
        )
        return None if entry is None else _choose(entry, line, now)

    def _offer(self, match: "_Match", line: Line, now: datetime) -> Decision:
        order, agent = match.order, match.agent
        choice = line.requirement.choice if match.has_rivals else None
        why = reasons_for(order.facts, agent, choice, now)
        queue = self._book.queues.get(order.facts.queue_id)
        seconds = DEFAULT_OFFER_SECONDS if queue is None else queue.offer_seconds
        self._book.promise(order, line, agent)
        return MakeOffer(order.facts.id, agent.user_id, seconds, why)


class _Match(NamedTuple):
    """`rank` is the order's. `has_rivals`: others could take it too."""

    rank: Key
    order: Order
    agent: Agent
    has_rivals: bool


def _choose(entry: Entry[Order], line: Line, now: datetime) -> _Match | None:
    """Return who is to be asked first, of all pools that are qualified."""
    rank, _, order = entry
    free = [ranking for ranking in line.free if ranking.heap]
    if order.facts.units == 1 and not order.facts.refusals:
        if not free:
            return None
        best = min(free, key=_key_of_first) if not line.grades else _best_graded(line, free)
        return _Match(rank, order, best.heap[0][2], len(free) > 1 or len(best) > 1)
    able = [
        (line.grades.get(ranking, 0), first[0], first[2])
        for ranking in free
        if (first := ranking.first_that(lambda agent: _may_take(agent, order, now))) is not None
    ]
    if not able:
        return None
    agents = sum(_may_take(agent, order, now) for ranking in free for agent in ranking)
    return _Match(rank, order, min(able)[2], agents > 1)


def _key_of_first(ranking: Ranking[Agent]) -> Key:
    return ranking.heap[0][0]


def _somebody_takes(order: Order, line: Line, now: datetime) -> bool:
    return any(_may_take(agent, order, now) for ranking in line.free for agent in ranking)


def _best_graded(line: Line, free: list[Ranking[Agent]]) -> Ranking[Agent]:
    return min(free, key=lambda ranking: (line.grades[ranking], ranking.heap[0][0]))


def _first_in_rank(lines: list[Line], bounds: Mapping[Line, Key]) -> tuple[Line, Key]:
    """Return the line whose next order comes first, and its rank.

    `bounds` holds the rank of the next one where the line's very first orders cannot be served.
    """
    ranks = [line.waiting.heap[0][0] for line in lines]
    if bounds:
        ranks = [max(rank, bounds.get(line, rank)) for line, rank in zip(lines, ranks, strict=True)]
    best = min(ranks)
    return lines[ranks.index(best)], best


def _served_by_somebody(sure: Iterable[Line], hungry: Iterable[Agent]) -> list[Line]:
    """The lines that changed and those that the agents may serve, once each, if orders wait."""
    lines = dict.fromkeys(sure)
    for pool in dict.fromkeys(agent.pool for agent in hungry if agent.pool is not None):
        lines |= dict.fromkeys(pool.lines)
    return [line for line in lines if line.waiting.heap]


def _with_units(agents: Iterable[Agent]) -> list[Agent]:
    return [agent for agent in agents if agent.has_units]


def _with_units_left(hungry: list[Agent]) -> bool:
    """Drop those from the end who have nothing to spare any more; is anybody left?"""
    while hungry and not hungry[-1].has_units:
        hungry.pop()
    return bool(hungry)


def _may_take(agent: Agent, order: Order, now: datetime) -> bool:
    if agent.free_units(order.facts.channel) < order.facts.units:
        return False
    return not is_passed_over(order.facts, agent.user_id, now)


def _may_hold(agent: Agent, requirement: Requirement) -> bool:
    if agent.facts is None:
        return True  # not told of them yet
    return agent.facts.available and is_qualified(profile_of(agent.facts), requirement)
