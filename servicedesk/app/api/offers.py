"""/api/offers: what is held out to the agent who asks, and their answer."""

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from servicedesk.app.api.answers import answer
from servicedesk.app.api.context import services, viewer
from servicedesk.app.api.inputs import NO_NUL, Body
from servicedesk.app.api.operation import WORKERS, Operation
from servicedesk.desk.shapes import OfferCard, TakenOffer
from servicedesk.desk.take import accept_offer
from servicedesk.desk.views_offers import get_offer, open_offers, without_words
from servicedesk.desk.views_summaries import find_summary
from servicedesk.domain.ids import OfferId
from servicedesk.domain.orders import DeclineReason
from servicedesk.kernel.http.pages import Listing
from servicedesk.routing.offers import decline_offer


class DeclineBody(Body):
    reason: DeclineReason
    note: str | None = Field(None, max_length=1000, pattern=NO_NUL)


@Operation(tag="offers", answers=Listing[OfferCard])
async def list_own_offers(request: Request) -> Response:
    """List what is held out to one now, the nearest deadline first."""
    items = await open_offers(services(request).database.sql, viewer(request).user_id)
    return answer(Listing[OfferCard](items=items, next=None))


@Operation(tag="offers", answers=TakenOffer, roles=WORKERS, idempotent=True, problems=(409,))
async def accept_offered(request: Request) -> Response:
    """Accept an offer; 409 `offer-gone`, with its state, if it is over."""
    database = services(request).database
    taken = await accept_offer(database, _offer_id(request), viewer(request))
    card = await get_offer(database.sql, _offer_id(request), viewer(request).user_id)
    return answer(TakenOffer(ticket_id=taken.ticket_id, offer=card), position=taken.position)


@Operation(tag="offers", answers=OfferCard, roles=WORKERS, problems=(409,))
async def decline_offered(request: Request, json: DeclineBody) -> Response:
    """Decline an offer; the next agent gets it."""
    database = services(request).database
    caller = viewer(request)
    position = await decline_offer(
        database, _offer_id(request), caller.user_id, json.reason, json.note
    )
    card = await get_offer(database.sql, _offer_id(request), caller.user_id)
    still_seen = await find_summary(database.sql, caller, card.ticket_id) is not None
    return answer(card if still_seen else without_words(card), position=position)


def _offer_id(request: Request) -> OfferId:
    return OfferId(request.path_params["offer_id"])


ROUTES = [
    Route("/api/offers", list_own_offers, methods=["GET"]),
    Route("/api/offers/{offer_id:uuid}/accept", accept_offered, methods=["POST"]),
    Route("/api/offers/{offer_id:uuid}/decline", decline_offered, methods=["POST"]),
]
