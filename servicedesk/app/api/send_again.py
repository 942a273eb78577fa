"""Another try for a message that failed, or that may have been lost."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from servicedesk.app.api.answers import answer
from servicedesk.app.api.context import services, viewer
from servicedesk.app.api.operation import WORKERS, Operation
from servicedesk.desk.delivery import send_again
from servicedesk.desk.shapes import Message
from servicedesk.desk.views_messages import load_messages


@Operation(tag="messages", answers=Message, roles=WORKERS, idempotent=True, problems=(409,))
async def send_message_again(request: Request) -> Response:
    """Send a failed or unknown message again; 409 `not-failed` if it is neither.

    Recipients who have it do not get it again, as far as that is known.
    """
    database = services(request).database
    message_id = request.path_params["message_id"]
    position = await send_again(database, viewer(request), message_id)
    message = (await load_messages(database.sql, [message_id]))[message_id]
    return answer(message, position=position)


ROUTES = [
    Route("/api/messages/{message_id:uuid}/send-again", send_message_again, methods=["POST"]),
]
