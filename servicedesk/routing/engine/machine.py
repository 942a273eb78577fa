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

from collections.abc import Iterator
from datetime import datetime

from servicedesk.domain.ids import OrderId
from servicedesk.domain.orders import OfferHow, Stuck
from servicedesk.routing.engine.book import Book
from servicedesk.routing.engine.decisions import Decision, MarkStuck, RescindOffer
from servicedesk.routing.engine.diverting import divert
from servicedesk.routing.engine.events import Event, Preloaded
from servicedesk.routing.engine.forecast import Place
from servicedesk.routing.engine.matching import match
from servicedesk.routing.engine.policy import Requirement
from servicedesk.routing.engine.records import Agent, Order, is_qualified
from servicedesk.routing.facts import OfferFacts

BY_RULE = frozenset({OfferHow.OFFERED, OfferHow.AUTO_ACCEPTED})


class Engine:
    def __init__(self) -> None:
        self._book = Book()
        self._reviewed = 0

    def apply(self, event: Event, now: datetime) -> list[Decision]:
        """Learn the event and return what to do, in order. `now` (aware UTC) never goes back."""
        book = self._book
        book.learn(event, now)
        if isinstance(event, Preloaded):
            return []
        decisions: list[Decision] = []
        if book.timers.is_due(now):
            decisions += book.let_time_pass(now)
        if book.changed_agents:
            decisions += self._rescind(now)
        if book.to_review or book.hall.changes != self._reviewed:
            decisions += self._review()
        if book.changed_lines or book.changed_agents:
            decisions += match(book, now)
        if book.to_divert:
            decisions += divert(book, now)
        return decisions

    def next_wake(self) -> datetime | None:
        """Return when to apply TimePassed at the latest, None if nothing is due by time alone."""
        return self._book.timers.next()

    @property
    def waiting(self) -> int:
        """How many orders stand in line now. Those on the supervisors' list do not."""
        return sum(shelf.waiting for shelf in self._book.hall.shelves.values())

    def place_of(self, order_id: OrderId) -> Place | None:
        """Return the order's place among those that wait in its queue, and how long it will wait
        there; None if it does not wait. Costs a look at each of them."""
        order = self._book.orders.get(order_id)
        if order is None or order.line is None:
            return None
        shelf = order.shelf
        own = order.line.waiting.key_of(order)
        before = sum(line.waiting.count_before(own) for line in shelf.lines)
        return shelf.pace.place(before + 1, shelf.waiting)

    def _rescind(self, now: datetime) -> Iterator[Decision]:
        """Take back offers from agents who take no work any more or left the order's queue."""
        book = self._book
        for agent in book.changed_agents:
            for order_id, offer_id in agent.held_out.items():
                offer = None if offer_id is None else book.open_offers.get(offer_id)
                if offer is None:
                    continue
                needs = book.needs_of(book.orders[order_id], now)
                if not _may_hold(agent, offer, needs.requirement):
                    del book.open_offers[offer.id]
                    yield RescindOffer(offer.id, order_id, "agent_left")

    def _review(self) -> Iterator[Decision]:
        """Mark what nobody is asked to take, and what somebody may be asked to take again."""
        book, hall = self._book, self._book.hall
        if hall.changes != self._reviewed:
            self._reviewed = hall.changes
            for line in list(hall.lines.values()):
                if line.heap and line.hope[1] != hall.is_hopeful(line):
                    book.to_review |= dict.fromkeys(line.waiting)
        for order in book.to_review:
            stuck = self._why_stuck(order)
            if stuck is not order.marked:
                order.marked = stuck
                yield MarkStuck(order.facts.id, stuck)
        book.to_review.clear()

    def _why_stuck(self, order: Order) -> Stuck | None:
        if order.listed:
            return Stuck.REFUSED_TOO_OFTEN
        if order.line is None or self._book.hall.is_hopeful(order.line):
            return None
        return Stuck.NOBODY_QUALIFIED


def _may_hold(agent: Agent, offer: OfferFacts, requirement: Requirement) -> bool:
    """May they keep the offer? What people hold out to them asks only that they take work."""
    facts = agent.facts
    if facts is None or agent.pool is None:
        return True  # not told of them yet
    if not facts.available or requirement.channel in facts.closed:
        return False
    if offer.how not in BY_RULE:
        return True
    return is_qualified(agent.pool.profile, requirement, delay_matters=False)
