"""The table offer, row by row, and the viewer row that goes with an open offer."""

from collections.abc import Mapping
from uuid import UUID

from servicedesk.domain.errors import NotFound
from servicedesk.domain.ids import OfferId, OrderId, TicketId, UserId
from servicedesk.domain.orders import OfferHow, OfferState
from servicedesk.domain.people import ViewerWhy
from servicedesk.kernel.sql import Row, Sql, as_time, as_uuid
from servicedesk.kernel.work import Work
from servicedesk.people.viewers import remove_viewer
from servicedesk.routing.facts import OfferFacts

COLUMNS = "id, order_id, ticket_id, user_id, state, deadline, how"


def offer_of(row: Row) -> OfferFacts:
    return OfferFacts(
        id=OfferId(as_uuid(row["id"])),
        order_id=OrderId(as_uuid(row["order_id"])),
        ticket_id=TicketId(as_uuid(row["ticket_id"])),
        user_id=UserId(as_uuid(row["user_id"])),
        state=OfferState(row["state"]),
        deadline=as_time(row["deadline"]),
        how=OfferHow(row["how"]),
    )


async def get_offer(sql: Sql, offer_id: UUID) -> OfferFacts:
    """Return the offer as it is now, not locked. Raises NotFound."""
    row = await sql.fetch_one(f"SELECT {COLUMNS} FROM offer WHERE id = $1", offer_id)
    if row is None:
        raise NotFound(f"There is no offer {offer_id}.", offer_id=str(offer_id))
    return offer_of(row)


async def open_offer_of_order(sql: Sql, order_id: UUID) -> OfferFacts | None:
    """Return the order's open offer. There is at most one (index offer_one_open)."""
    row = await sql.fetch_one(
        f"SELECT {COLUMNS} FROM offer WHERE order_id = $1 AND state = 'open'", order_id
    )
    return None if row is None else offer_of(row)


async def open_offers_of_agent(sql: Sql, user_id: UUID) -> list[OfferFacts]:
    """Return the agent's open offers, oldest first."""
    rows = await sql.fetch(
        f"SELECT {COLUMNS} FROM offer WHERE user_id = $1 AND state = 'open' "
        "ORDER BY created_at, id",
        user_id,
    )
    return [offer_of(row) for row in rows]


async def end_offer(
    work: Work,
    offer: OfferFacts,
    state: OfferState,
    changes: Mapping[str, object],
    *,
    only_if: str = "TRUE",
) -> bool:
    """Move an open offer to its end by compare-and-set, journal it, take the viewer row away.

    The order must be locked. `changes` may hold `reason` and `note`; the reason is journalled, the
    note (a person's words) is not. `only_if` is a further condition on the row; `$1` is the
    offer's id, `$2` the time of this work. Returns False, with nothing done, if it was not open.
    """
    written = {"state": state, **changes}
    columns = "".join(f", {name} = ${place}" for place, name in enumerate(written, 3))
    touched = await work.sql.execute(
        f"UPDATE offer SET ended_at = $2{columns} WHERE id = $1 AND state = 'open' AND {only_if}",
        offer.id,
        work.now,
        *written.values(),
    )
    if not touched:
        return False
    await remove_viewer(work.sql, offer.ticket_id, offer.user_id, ViewerWhy.OFFERED)
    reason = {"reason": changes["reason"]} if "reason" in changes else {}
    work.record(
        f"offer.{state.value}",
        ticket_id=offer.ticket_id,
        order_id=offer.order_id,
        payload={"offer_id": offer.id, "user_id": offer.user_id, **reason},
    )
    return True
