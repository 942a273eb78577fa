"""Which of the messages that wait may be let in together, in one transaction (pure).

Only such as do not touch one another: nobody takes part in two of them, and each names no other
message. What answers a message must find it, so order is kept.
"""

from collections.abc import Collection, Iterator, Sequence

from servicedesk.domain.ids import ArrivalId
from servicedesk.domain.messages import Inbound
from servicedesk.domain.subjects import number_in

MOST_TOGETHER = 16


def lots_of(
    messages: Sequence[tuple[ArrivalId, Inbound | None]], own: Collection[str]
) -> Iterator[list[ArrivalId]]:
    """Yield the arrivals in their order, in lots that may be let in together.

    One that was not understood (None) is by itself. `own`: addresses of ours, which all may name.
    """
    lot: list[ArrivalId] = []
    named: set[str] = set()
    last: Inbound | None = None
    for arrival_id, inbound in messages:
        people = set() if inbound is None else addresses_in(inbound) - set(own)
        if lot and (not _go_together(last, inbound) or people & named):
            yield lot
            lot, named = [], set()
        lot.append(arrival_id)
        named |= people
        last = inbound
    if lot:
        yield lot


def names_nothing(message: Inbound) -> bool:
    """Does the message name no other message or ticket? Then it opens one."""
    named = message.in_reply_to or message.references or message.tokens
    return not named and number_in(message.subject) is None


def addresses_in(message: Inbound) -> set[str]:
    """Return every address that the message names, normalised."""
    reply_to = (message.reply_to,) if message.reply_to else ()
    author = (message.original_author,) if message.original_author else ()
    everybody = (message.sender, *reply_to, *author, *message.to, *message.cc)
    return {address.value for address in everybody}


def _go_together(last: Inbound | None, inbound: Inbound | None) -> bool:
    if last is None or inbound is None or last.inbox_id != inbound.inbox_id:
        return False
    return names_nothing(last) and names_nothing(inbound)
