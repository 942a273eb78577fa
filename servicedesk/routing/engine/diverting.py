"""What else is done for orders that still wait once everything was matched that could be.

A queue that is closed, full or too slow may send its orders on. An order is sent on only to a queue
that is open and has room, and not in a circle; otherwise it stays, and is looked at again shortly.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from servicedesk.domain.orders import DivertCause
from servicedesk.routing.engine.book import Book
from servicedesk.routing.engine.decisions import Divert
from servicedesk.routing.engine.policy import due_diverts
from servicedesk.routing.engine.records import Order, Shelf

LOOK_AGAIN_SECONDS = 30
BY_TIME = frozenset({DivertCause.STEP, DivertCause.TOO_LATE})


def divert(book: Book, now: datetime) -> Iterator[Divert]:
    """Yield what is to be done, for the last in line first: a queue that is full lets the first
    ones stay. Each is put down in the book, and asked for once."""
    last_first = sorted(
        (order for order in book.to_divert if order.line is not None),
        key=lambda order: (order.facts.virtual_start, order.facts.id.int),
        reverse=True,
    )
    book.to_divert.clear()
    for order in last_first:
        yield from _divert_one(book, order, now)
        order.is_new = False


def _divert_one(book: Book, order: Order, now: datetime) -> Iterator[Divert]:
    shelf = order.shelf
    for wanted in _wanted(order, shelf, now):
        number = wanted.steps if wanted.cause in BY_TIME else 0
        if (wanted.cause, number) in order.asked:
            continue
        decided = _as_possible(book, shelf, wanted)
        if decided is None:
            book.wake(order, now + timedelta(seconds=LOOK_AGAIN_SECONDS))
            if wanted.cause in BY_TIME:
                return  # steps are acted upon in their order
            continue
        if not decided.elsewhere.is_something:
            continue
        order.asked += ((wanted.cause, number),)
        yield decided
        if decided.elsewhere.takes_away:
            book.let_go(order)
            return


def _wanted(order: Order, shelf: Shelf, now: datetime) -> list[Divert]:
    queue, facts = shelf.facts, order.facts
    if queue is None:
        return []
    found = []
    if not shelf.is_open and queue.outside.is_something:
        found.append(Divert(facts.id, DivertCause.CLOSED, facts.step, queue.outside))
    if order.is_new and queue.max_length is not None and shelf.waiting > queue.max_length:
        found.append(Divert(facts.id, DivertCause.FULL, facts.step, queue.overflow))
    found = [each for each in found if each.cause not in facts.diverted]
    return found + due_diverts(facts, queue, now)


def _as_possible(book: Book, shelf: Shelf, wanted: Divert) -> Divert | None:
    """Return what can be done of it, None if it must wait until there is room elsewhere."""
    target_id = wanted.elsewhere.overflow_to
    if target_id is None:
        return wanted
    if wanted.cause in BY_TIME and shelf.queue_id in book.circles:
        return replace(wanted, elsewhere=replace(wanted.elsewhere, overflow_to=None))
    target = book.hall.shelf(target_id)
    if target.facts is None or not target.is_open:
        return None
    most = target.facts.max_length
    return wanted if most is None or target.waiting < most else None
