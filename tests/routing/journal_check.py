"""An independent reader of the journal: were offers and capacity kept right? It knows no engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from servicedesk.kernel.journal import Entry

ENDS = {"offer.accepted", "offer.declined", "offer.timed_out", "offer.rescinded"}


def check_offers(entries: Iterable[Entry], *, capacity: int) -> None:
    """Replay the entries in order; fail on a second live offer, a lost order or an overfull agent.

    Every order that is not finished at the end must be offered or owned, or wait.
    """
    held_out: dict[str, str] = {}
    owned: dict[str, str] = {}
    load: Counter[str] = Counter()
    for entry in entries:
        order, user = str(entry.order_id), str(entry.payload.get("user_id"))
        if entry.kind == "offer.made":
            assert order not in held_out, f"{order} was offered twice at once"
            assert order not in owned, f"{order} was offered while somebody owned it"
            held_out[order] = user
            load[user] += 1
            assert load[user] <= capacity, f"{user} holds {load[user]}"
        elif entry.kind in ENDS:
            assert held_out.pop(order, None) == user, f"{order}: {entry.kind} of no open offer"
            load[user] -= 1
            if entry.kind == "offer.accepted":
                owned[order] = user
                load[user] += 1
        elif entry.kind == "order.finished":
            load[owned.pop(order)] -= 1
