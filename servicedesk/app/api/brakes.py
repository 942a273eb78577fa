"""The breaker of an inbox, closed by hand."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from servicedesk.app.api.answers import answer
from servicedesk.app.api.context import actor, services
from servicedesk.app.api.operation import ADMINISTRATORS, Operation
from servicedesk.desk.brakes import close_breaker
from servicedesk.desk.shapes import InboxShape
from servicedesk.desk.views_inboxes import load_inboxes
from servicedesk.domain.errors import NotFound


@Operation(tag="inboxes", answers=InboxShape, roles=ADMINISTRATORS)
async def close_inbox_brake(request: Request) -> Response:
    """Let an inbox that wrote too much by itself write again."""
    database = services(request).database
    inbox_id = request.path_params["inbox_id"]
    if not await load_inboxes(database.sql, [inbox_id]):
        raise NotFound(f"There is no inbox {inbox_id}.", inbox_id=str(inbox_id))
    position = await close_breaker(database, actor(request), inbox_id)
    (inbox,) = await load_inboxes(database.sql, [inbox_id])
    return answer(inbox, position=position or None, version=inbox.version)


ROUTES = [Route("/api/inboxes/{inbox_id:uuid}/brake/close", close_inbox_brake, methods=["POST"])]
