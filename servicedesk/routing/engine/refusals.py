"""Who refused an order is passed over for it, but not for ever.

Field notes 2.3: a decline "puts the agent at the end for that item". So for a pause after a decline
everybody else comes first; then the agent is asked again, if the order still waits: nobody else
could take it that long. The pause doubles with each decline of the same order by the same agent, so
that an order that one person alone can take neither starves nor nags. A timeout needs no pause: the
agent is away until they say that they are back.
"""

from datetime import datetime, timedelta

from servicedesk.domain.ids import UserId
from servicedesk.routing.facts import OrderFacts, Refusal

FIRST_PAUSE_SECONDS = 60
LONGEST_PAUSE_SECONDS = 1_800
_DOUBLINGS = 16


def passed_over_until(refusal: Refusal) -> datetime:
    """Return when the agent may be asked again."""
    doubled = FIRST_PAUSE_SECONDS * 2 ** min(refusal.times - 1, _DOUBLINGS)
    return refusal.last_at + timedelta(seconds=min(doubled, LONGEST_PAUSE_SECONDS))


def is_passed_over(order: OrderFacts, user_id: UserId, now: datetime) -> bool:
    return any(
        refusal.user_id == user_id and passed_over_until(refusal) > now
        for refusal in order.refusals
    )


def times_refused(order: OrderFacts, user_id: UserId) -> int:
    return sum(refusal.times for refusal in order.refusals if refusal.user_id == user_id)


def next_lapses(order: OrderFacts, now: datetime) -> list[datetime]:
    """Return the instants after `now` at which somebody may be asked again."""
    lapses = (passed_over_until(refusal) for refusal in order.refusals)
    return sorted(at for at in lapses if at > now)
