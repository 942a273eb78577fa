"""/api/work-orders: work that is stuck, notes after calls, and handing a ticket's work on."""

from datetime import datetime
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from servicedesk.app.api.answers import answer, done
from servicedesk.app.api.context import actor, services, viewer
from servicedesk.app.api.inputs import Body, PageQuery
from servicedesk.app.api.operation import SUPERVISORS, WORKERS, Operation
from servicedesk.desk.hand_on import HandedOn, force_ticket, transfer_ticket
from servicedesk.desk.views_stuck import StuckOrder, StuckPlace, list_stuck, require_sight_of_order
from servicedesk.domain.ids import OrderId, TicketId, UserId
from servicedesk.domain.people import Viewer
from servicedesk.kernel.database import Database
from servicedesk.kernel.http.pages import Cursor, Listing, cut_page
from servicedesk.routing.orders import end_order, retry_order
from servicedesk.routing.shapes import Shape
from servicedesk.routing.wrap_up import extend_wrap_up, lock_wrapping_up

PLACES = Cursor(tuple[datetime, UUID])


class HandOnBody(Body):
    user_id: UUID


class HandedOnShape(Shape):
    """`over_capacity`: the agent has, or would have, more on the channel than they take."""

    ticket_id: UUID
    over_capacity: bool


@Operation(tag="routing", answers=Listing[StuckOrder], roles=SUPERVISORS)
async def list_stuck_orders(request: Request, query: PageQuery) -> Response:
    """List the work that nobody is asked to take, the longest waiting first."""
    after = PLACES.decode(query.cursor)
    found = await list_stuck(
        services(request).database.sql,
        viewer(request),
        None if after is None else StuckPlace(*after),
        query.limit + 1,
    )
    items, following = cut_page(
        found, query.limit, lambda one: PLACES.encode((one.virtual_start, one.order_id))
    )
    return answer(Listing[StuckOrder](items=items, next=following))


@Operation(tag="routing", status=204, roles=SUPERVISORS, problems=(404, 409))
async def retry_work_order(request: Request) -> Response:
    """Ask for waiting work again as if nobody had refused it."""
    order_id = OrderId(request.path_params["order_id"])
    database = services(request).database
    await require_sight_of_order(database.sql, viewer(request), order_id)
    async with database.work(actor(request)) as work:
        await retry_order(work, order_id)
    return done(work.position)


@Operation(tag="routing", status=204, roles=WORKERS, problems=(404, 409))
async def extend_notes(request: Request) -> Response:
    """Take more time for notes after a call or chat, once."""
    order_id = OrderId(request.path_params["order_id"])
    async with services(request).database.work(actor(request)) as work:
        await extend_wrap_up(work, order_id, viewer(request).user_id)
    return done(work.position)


@Operation(tag="routing", status=204, roles=WORKERS, problems=(404, 409))
async def finish_notes(request: Request) -> Response:
    """Be done with the notes after a call or chat: the next work may come."""
    order_id = OrderId(request.path_params["order_id"])
    async with services(request).database.work(actor(request)) as work:
        order, outcome = await lock_wrapping_up(work, order_id, viewer(request).user_id)
        await end_order(work, order, outcome)
    return done(work.position)


@Operation(tag="tickets", answers=HandedOnShape, roles=WORKERS, problems=(409,))
async def transfer_to_agent(request: Request, json: HandOnBody) -> Response:
    """Hold the ticket's work out to another agent; it keeps its place in line if they refuse."""
    return _answer_handed(await transfer_ticket(*_named(request, json)))


@Operation(tag="tickets", answers=HandedOnShape, roles=SUPERVISORS, problems=(409,))
async def force_on_agent(request: Request, json: HandOnBody) -> Response:
    """Give the ticket's work to an agent without asking, also above their capacity."""
    return _answer_handed(await force_ticket(*_named(request, json)))


def _named(request: Request, json: HandOnBody) -> tuple[Database, Viewer, TicketId, UserId]:
    ticket_id = TicketId(request.path_params["ticket_id"])
    return services(request).database, viewer(request), ticket_id, UserId(json.user_id)


def _answer_handed(handed: HandedOn) -> Response:
    shape = HandedOnShape(ticket_id=handed.ticket_id, over_capacity=handed.over_capacity)
    return answer(shape, position=handed.position)


ROUTES = [
    Route("/api/work-orders/stuck", list_stuck_orders, methods=["GET"]),
    Route("/api/work-orders/{order_id:uuid}/retry", retry_work_order, methods=["POST"]),
    Route("/api/work-orders/{order_id:uuid}/notes/extend", extend_notes, methods=["POST"]),
    Route("/api/work-orders/{order_id:uuid}/notes/finish", finish_notes, methods=["POST"]),
    Route("/api/tickets/{ticket_id:uuid}/transfer", transfer_to_agent, methods=["POST"]),
    Route("/api/tickets/{ticket_id:uuid}/force", force_on_agent, methods=["POST"]),
]
