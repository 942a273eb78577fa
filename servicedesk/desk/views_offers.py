"""Reads of offers as the agent's card shows them."""

from collections.abc import Iterable
from uuid import UUID

from servicedesk.desk.messages import last_words
from servicedesk.desk.shapes import OfferCard, WhyCode
from servicedesk.desk.views_summaries import FIRST_ADDRESS, read_contact_reference
from servicedesk.domain.errors import NotFound
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.orders import OfferState
from servicedesk.domain.tickets import Priority
from servicedesk.kernel.sql import Row, Sql, as_json, as_time, as_uuid

MOST_OPEN_OFFERS = 100

_SELECT = f"""
    SELECT f.id, f.order_id, f.user_id, f.state, f.created_at, f.deadline, f.why,
        w.ticket_id, w.channel, w.queue_id, w.priority, w.virtual_start,
        t.number, t.subject, c.id AS contact_id, c.name AS contact_name,
        {FIRST_ADDRESS} AS contact_address,
        coalesce((SELECT substr(m.text, 1, 800) FROM message m
            WHERE m.ticket_id = w.ticket_id AND m.kind = 'inbound'
            ORDER BY m.seq DESC LIMIT 1), '') AS newest_words
    FROM offer f
    JOIN work_order w ON w.id = f.order_id
    JOIN ticket t ON t.id = w.ticket_id
    JOIN contact c ON c.id = t.contact_id
"""


async def open_offers(sql: Sql, user_id: UUID) -> list[OfferCard]:
    """Return what is held out to the user now, the most urgent deadline first."""
    rows = await sql.fetch(
        f"{_SELECT} WHERE f.user_id = $1 AND f.state = 'open' "
        f"ORDER BY f.deadline, f.id LIMIT {MOST_OPEN_OFFERS}",
        user_id,
    )
    return [_offer(row) for row in rows]


async def load_offers(sql: Sql, offer_ids: Iterable[UUID]) -> dict[UUID, OfferCard]:
    """Return those of the offers that exist, by id, ended ones too."""
    wanted = list(offer_ids)
    if not wanted:
        return {}
    rows = await sql.fetch(f"{_SELECT} WHERE {sql.member('f.id', 1)}", wanted)
    return {offer.id: offer for offer in map(_offer, rows)}


async def open_offers_of_tickets(sql: Sql, ticket_ids: Iterable[UUID]) -> dict[UUID, OfferCard]:
    """Return the open offers of the tickets' work orders, by offer id."""
    rows = await sql.fetch(
        f"{_SELECT} WHERE {sql.member('w.ticket_id', 1)} AND f.state = 'open'", list(ticket_ids)
    )
    return {offer.id: offer for offer in map(_offer, rows)}


async def get_offer(sql: Sql, offer_id: UUID, user_id: UUID) -> OfferCard:
    """Return an offer made to the user, in whatever state. Raises NotFound."""
    offer = (await load_offers(sql, [offer_id])).get(offer_id)
    if offer is None or offer.user_id != user_id:
        raise NotFound(f"There is no offer {offer_id} to you.", offer_id=str(offer_id))
    return offer


def without_words(offer: OfferCard) -> OfferCard:
    """Return the offer for an agent who may not see its ticket any more: only what became of it."""
    return offer.model_copy(update={"subject": "", "contact": None, "first_words": ""})


def _offer(row: Row) -> OfferCard:
    waited = as_time(row["created_at"]) - as_time(row["virtual_start"])
    return OfferCard(
        id=as_uuid(row["id"]),
        ticket_id=as_uuid(row["ticket_id"]),
        order_id=as_uuid(row["order_id"]),
        user_id=as_uuid(row["user_id"]),
        state=OfferState(row["state"]),
        created_at=as_time(row["created_at"]),
        deadline=as_time(row["deadline"]),
        channel=ChannelKind(row["channel"]),
        queue_id=as_uuid(row["queue_id"]),
        ticket_number=row["number"],
        subject=row["subject"],
        contact=read_contact_reference(row),
        first_words=last_words(row["newest_words"]),
        priority=Priority(row["priority"]),
        waited_seconds=max(0.0, waited.total_seconds()),
        why=[
            WhyCode(code=str(reason["code"]), params=dict(reason.get("params") or {}))
            for reason in as_json(row["why"]) or []
        ],
    )
