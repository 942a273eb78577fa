"""How each decision of the engine becomes rows: by compare-and-set, under the fencing token."""

from collections.abc import Sequence
from typing import assert_never

from servicedesk.desk.sent_on import divert
from servicedesk.desk.take import accept_for_agent
from servicedesk.kernel import leases
from servicedesk.kernel.leases import Lease
from servicedesk.kernel.work import Work
from servicedesk.routing import diversions, offers
from servicedesk.routing.engine.decisions import (
    Decision,
    Divert,
    EndWrapUp,
    ExpireOffer,
    LookUpHours,
    MakeOffer,
    MarkStuck,
    RescindOffer,
)


async def commit_marks(work: Work, lease: Lease, marks: Sequence[MarkStuck]) -> None:
    """Write many marks in one transaction: a desk that nobody is there for yet has one for each
    order. Raises LeaseLost."""
    await leases.hold(work.sql, lease)
    await diversions.mark_stuck(work, {mark.order_id: mark.stuck for mark in marks})


async def commit(work: Work, lease: Lease, decision: Decision) -> bool:
    """Write the decision. False, with nothing written, if the rows are not as the engine thought.

    Raises LeaseLost.
    """
    if isinstance(decision, MakeOffer):
        make = accept_for_agent if decision.auto_accept else offers.make_offer
        return await make(work, lease, decision)
    await leases.hold(work.sql, lease)
    match decision:
        case ExpireOffer(offer_id):
            return await offers.expire_offer(work, offer_id)
        case RescindOffer(offer_id, _, reason):
            return await offers.rescind_offer(work, offer_id, reason)
        case Divert():
            return await divert(work, decision)
        case MarkStuck(order_id, stuck):  # many at once: see `commit_marks`
            return await diversions.mark_stuck(work, {order_id: stuck}) > 0
        case EndWrapUp(order_id):
            return await diversions.end_wrap_up(work, order_id)
        case LookUpHours():  # nothing to write: whoever leads asks the calendar
            return False
        case _:
            assert_never(decision)
