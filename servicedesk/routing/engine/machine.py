"""The engine: told facts and the time, it says which order to offer to whom.

A deterministic state machine with no input or output: the same events at the same times give the
same decisions, byte for byte. After every `apply`

* no agent who could take an order that waits is left idle (at this `now`),
* orders are offered in the order of `rank_of`, across all queues that an agent serves,
* nobody is above capacity by our doing, and no order is held out twice.

An order that was decided upon is off the line at once. What became of it is told with the next
`OrderChanged`; whoever fails to commit a decision tells the order's newest facts.
"""

from collections.abc import Iterator
from datetime import datetime
from heapq import heapify, heappop, heappush

from servicedesk.domain.ids import OrderId, UserId
from servicedesk.routing.engine.book import Book, Order
from servicedesk.routing.engine.decisions import Decision, ExpireOffer, MakeOffer, RescindOffer
from servicedesk.routing.engine.events import Event
from servicedesk.routing.engine.lines import Line, rank_of, requirement_of
from servicedesk.routing.engine.pools import Agent, is_qualified, profile_of
from servicedesk.routing.engine.ranking import Key, Ranking
from servicedesk.routing.engine.reasons import reasons_for
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
        for agent in [book.agents[user_id] for user_id in book.changed_agents]:
            for order_id, offer_id in agent.held_out.items():
                if offer_id in book.open_offers and not _may_hold(agent, book.orders[order_id]):
                    del book.open_offers[offer_id]
                    found.append(RescindOffer(offer_id, order_id, "agent_left"))
        return found

    def _match(self, now: datetime) -> list[Decision]:
        """Offer orders, best rank first, until none of those that changed can be taken.

        What did not change cannot match: the last `apply` left no match undone.
        """
        book, found = self._book, list[Decision]()
        todo: list[_Try] = [
            (rank_of(order.facts), 0, order_id, None)
            for order_id in book.changed_orders
            if (order := book.orders.get(order_id)) is not None and order.line is not None
        ]
        for user_id in book.changed_agents:
            todo += self._wish(book.agents[user_id], now)
        book.changed_orders.clear()
        book.changed_agents.clear()
        heapify(todo)
        while todo:
            _, _, order_id, wisher = heappop(todo)
            found += self._offer(book.orders[order_id], now)
            if wisher is not None:
                for wish in self._wish(wisher, now):
                    heappush(todo, wish)
        return found

    def _wish(self, agent: Agent, now: datetime) -> "list[_Try]":
        """Return the best order that the agent could take now, as a list of one or none."""
        best: tuple[Key, OrderId] | None = None
        for line in self._lines_for(agent):
            head = line.waiting.first_that(
                lambda order_id: not self._is_passed_over(order_id, agent, now)
            )
            if head is not None and (best is None or head < best):
                best = head
        return [] if best is None else [(best[0], agent.user_id.int, best[1], agent)]

    def _lines_for(self, agent: Agent) -> Iterator[Line]:
        """The lines with somebody in them that the agent has the skills and the units for."""
        if agent.pool is None:
            return
        for channel, lines in agent.pool.lines.items():
            free_units = agent.free_units(channel)
            for line in lines:
                if line.waiting and line.requirement.units <= free_units:
                    yield line

    def _is_passed_over(self, order_id: OrderId, agent: Agent, now: datetime) -> bool:
        order = self._book.orders[order_id].facts
        return bool(order.refusals) and is_passed_over(order, agent.user_id, now)

    def _offer(self, order: Order, now: datetime) -> list[Decision]:
        """Offer the order to the best agent there is, if it still waits and there is one."""
        if order.line is None:
            return []
        chosen = self._choose(order, order.line, now)
        if chosen is None:
            return []
        why = reasons_for(order.facts, chosen, self._rivals(order, order.line, now), now)
        queue = self._book.queues.get(order.facts.queue_id)
        seconds = DEFAULT_OFFER_SECONDS if queue is None else queue.offer_seconds
        self._book.promise(order, chosen)
        return [MakeOffer(order.facts.id, chosen.user_id, seconds, why)]

    def _choose(self, order: Order, line: Line, now: datetime) -> Agent | None:
        """Return who has least to answer and is idle longest, of all pools that are qualified."""
        best: tuple[Key, UserId] | None = None
        for ranking in self._free(line):
            first = ranking.first_that(lambda user_id: self._may_take(order, user_id, now))
            if first is not None and (best is None or first < best):
                best = first
        return None if best is None else self._book.agents[best[1]]

    def _rivals(self, order: Order, line: Line, now: datetime) -> int:
        """How many agents could take the order now; more than one, said as 2 (enough to know)."""
        found = 0
        for ranking in self._free(line):
            for user_id in ranking:
                found += self._may_take(order, user_id, now)
                if found > 1:
                    return found
        return found

    def _free(self, line: Line) -> Iterator[Ranking[UserId]]:
        for pool in self._book.pools_of_line[line]:
            ranking = pool.free[line.requirement.channel]
            if ranking:
                yield ranking

    def _may_take(self, order: Order, user_id: UserId, now: datetime) -> bool:
        agent = self._book.agents[user_id]
        if agent.free_units(order.facts.channel) < order.facts.units:
            return False
        return not self._is_passed_over(order.facts.id, agent, now)


_Try = tuple[Key, int, OrderId, Agent | None]
"""An order to be offered, and who wished for it. Its rank, then the user, decide who is first."""


def _may_hold(agent: Agent, order: Order) -> bool:
    if agent.facts is None:
        return True  # not told of them yet
    qualified = is_qualified(profile_of(agent.facts), requirement_of(order.facts))
    return agent.facts.available and qualified
