"""One click puts a message, or a whole ticket, where it belongs."""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from servicedesk.app.api.answers import answer, done
from servicedesk.app.api.context import services, viewer
from servicedesk.app.api.inputs import Body
from servicedesk.app.api.operation import WORKERS, Operation
from servicedesk.desk.approve import approve
from servicedesk.desk.merge import merge
from servicedesk.desk.shapes import Message, TicketDetail, TicketPage
from servicedesk.desk.split import move, split
from servicedesk.desk.views_messages import load_messages
from servicedesk.desk.views_ticket_page import get_detail, get_page
from servicedesk.domain.errors import NotFound
from servicedesk.domain.ids import Position, TicketId


class MoveBody(Body):
    ticket_id: UUID


class MergeBody(Body):
    into_id: UUID


@Operation(tag="messages", answers=Message, roles=WORKERS, problems=(409,))
async def approve_message(request: Request) -> Response:
    """Let an unverified message count: its sender takes part and the ticket reopens."""
    message_id = request.path_params["message_id"]
    position = await approve(services(request).database, viewer(request), message_id)
    return await _answer_message(request, message_id, position)


@Operation(
    tag="messages",
    answers=TicketPage,
    status=201,
    roles=WORKERS,
    idempotent=True,
    may_lose_sight=True,
    problems=(409,),
)
async def split_message(request: Request) -> Response:
    """Give a message, and what its sender wrote after it, a ticket of its own.

    409 `nothing-left` if nothing would stay. 204 when the new ticket is out of one's sight.
    """
    database = services(request).database
    made = await split(database, viewer(request), request.path_params["message_id"])
    try:
        page = await get_page(database.sql, viewer(request), made.ticket_id)
    except NotFound:
        return done(made.position)
    return answer(page, status=201, position=made.position, version=page.version)


@Operation(tag="messages", answers=Message, roles=WORKERS, problems=(409,))
async def move_message(request: Request, json: MoveBody) -> Response:
    """Put a message on another ticket; 409 `nothing-left` if nothing would stay."""
    message_id = request.path_params["message_id"]
    database = services(request).database
    position = await move(database, viewer(request), message_id, TicketId(json.ticket_id))
    return await _answer_message(request, message_id, position)


@Operation(tag="tickets", answers=TicketDetail, roles=WORKERS, problems=(409,))
async def merge_ticket(request: Request, json: MergeBody) -> Response:
    """Merge a ticket into another, which is answered; the one merged is closed for good."""
    database = services(request).database
    source_id = TicketId(request.path_params["ticket_id"])
    target_id = TicketId(json.into_id)
    position = await merge(database, viewer(request), source_id, target_id)
    detail = await get_detail(database.sql, viewer(request), target_id)
    return answer(detail, position=_or_none(position), version=detail.version)


async def _answer_message(request: Request, message_id: UUID, position: Position) -> Response:
    found = await load_messages(services(request).database.sql, [message_id])
    return answer(found[message_id], position=_or_none(position))


def _or_none(position: Position) -> Position | None:
    """Nothing was written where somebody else had done it before."""
    return position or None


ROUTES = [
    Route("/api/messages/{message_id:uuid}/approve", approve_message, methods=["POST"]),
    Route("/api/messages/{message_id:uuid}/split", split_message, methods=["POST"]),
    Route("/api/messages/{message_id:uuid}/move", move_message, methods=["POST"]),
    Route("/api/tickets/{ticket_id:uuid}/merge", merge_ticket, methods=["POST"]),
]
