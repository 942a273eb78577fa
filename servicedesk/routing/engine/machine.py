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

from collections.abc import Iterable
from datetime import datetime
from heapq import heapify, heappop, heappush

from servicedesk.routing.engine.book import Book
from servicedesk.routing.engine.decisions import Decision, ExpireOffer, MakeOffer, RescindOffer
from servicedesk.routing.engine.events import Event
from servicedesk.routing.engine.ranking import Entry, Key
from servicedesk.routing.engine.reasons import reasons_for
from servicedesk.routing.engine.records import (
    Agent,
    Line,
    Order,
    is_qualified,
    profile_of,
    requirement_of,
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
        book.note_lapses(now)
        decisions: list[Decision] = [
            ExpireOffer(offer.id, offer.order_id) for offer in book.due_offers(now)
        ]
        decisions += self._rescind()
        decisions += self._match(now)
        return decisions

    def next_wake(self) -> datetime | None:
        """Return when to apply TimePassed at the latest, None if nothing is due by time alone."""
        return self._book.next_wake()

    @property
    def waiting(self) -> int:
        """How many orders wait now."""
        return sum(len(line.waiting) for line in self._book.lines.values())

    def _rescind(self) -> list[Decision]:
        """Take back offers from agents who take no work any more or left the order's queue."""
        book = self._book
        found: list[Decision] = []
        for agent in book.changed_agents:
            for order_id, offer_id in agent.held_out.items():
                if offer_id in book.open_offers and not _may_hold(agent, book.orders[order_id]):
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
        sure, hungry = dict(book.changed_lines), _with_units(book.changed_agents)
        book.changed_lines.clear()
        book.changed_agents.clear()
        todo = [(*_head(line), line) for line in _with_orders(sure, hungry)]
        heapify(todo)
        found: list[Decision] = []
        while todo:
            rank, serial, line = heappop(todo)
            if line not in sure and not _with_units_left(hungry):
                continue
            served = self._next_served(line, now)
            if served is None:
                continue
            order, agent = served
            if order.rank() != rank:  # those before it have been refused by whoever is free
                heappush(todo, (order.rank(), serial, line))
                continue
            found.append(self._offer(order, line, agent, now))
            if line.waiting:
                heappush(todo, (*_head(line), line))
        return found

    def _next_served(self, line: Line, now: datetime) -> tuple[Order, Agent] | None:
        """Return the first order of the line that somebody free may take, and who that is.

        Orders are skipped only for having been refused; all others need the same, so the first of
        them decides for the line.
        """
        if not line.has_free_agents:
            return None
        entry = line.waiting.first_that(
            lambda order: not order.facts.refusals or self._choose(order, line, now) is not None
        )
        agent = None if entry is None else self._choose(entry[2], line, now)
        return None if entry is None or agent is None else (entry[2], agent)

    def _choose(self, order: Order, line: Line, now: datetime) -> Agent | None:
        """Return who is to be asked first, of all pools that are qualified."""
        anybody = order.facts.units == 1 and not order.facts.refusals
        best: Entry[Agent] | None = None
        for ranking in line.free:
            first = (
                ranking.first()
                if anybody
                else ranking.first_that(lambda agent: _may_take(agent, order, now))
            )
            if first is not None and (best is None or first[0] < best[0]):
                best = first
        return None if best is None else best[2]

    def _offer(self, order: Order, line: Line, agent: Agent, now: datetime) -> Decision:
        why = reasons_for(order.facts, agent, now, has_rivals=_has_rivals(order, line, now))
        queue = self._book.queues.get(order.facts.queue_id)
        seconds = DEFAULT_OFFER_SECONDS if queue is None else queue.offer_seconds
        self._book.promise(order, line, agent)
        return MakeOffer(order.facts.id, agent.user_id, seconds, why)


def _head(line: Line) -> tuple[Key, int]:
    """The rank of the line's first order, and a number that no two orders share."""
    first = line.waiting.first()
    assert first is not None  # noqa: S101  # asked of lines with orders only
    return first[0], first[2].facts.id.int


def _with_orders(sure: Iterable[Line], hungry: Iterable[Agent]) -> Iterable[Line]:
    """The lines that changed and those that the agents may serve, once each, if somebody waits."""
    pools = dict.fromkeys(agent.pool for agent in hungry if agent.pool is not None)
    lines = dict.fromkeys(sure)
    for pool in pools:
        lines |= dict.fromkeys(pool.lines)
    return [line for line in lines if line.waiting]


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


def _has_rivals(order: Order, line: Line, now: datetime) -> bool:
    """Could more than one agent take the order now?"""
    able = (agent for ranking in line.free for agent in ranking if _may_take(agent, order, now))
    return next(able, None) is not None and next(able, None) is not None


def _may_hold(agent: Agent, order: Order) -> bool:
    if agent.facts is None:
        return True  # not told of them yet
    qualified = is_qualified(profile_of(agent.facts), requirement_of(order.facts))
    return agent.facts.available and qualified
