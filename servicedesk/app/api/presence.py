"""/api/presence and /api/me/presence: who takes work now."""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from servicedesk.app.api.answers import answer
from servicedesk.app.api.context import services, viewer
from servicedesk.app.api.inputs import Body, PageQuery
from servicedesk.app.api.operation import WORKERS, Operation
from servicedesk.domain.errors import NotFound
from servicedesk.domain.ids import UserId
from servicedesk.domain.people import Viewer
from servicedesk.domain.presence import AwayReason, PresenceState
from servicedesk.kernel.http.pages import Cursor, Listing, page_of_all
from servicedesk.kernel.sql import Sql
from servicedesk.people.directory import load_viewers
from servicedesk.realtime.protocol.audience import Colleagues, hears
from servicedesk.routing.presence import set_presence
from servicedesk.routing.shapes import Presence
from servicedesk.routing.views import find_presence, load_presences

BY_USER = Cursor(tuple[UUID])


class PresenceBody(Body):
    state: PresenceState
    reason: AwayReason | None = None


@Operation(tag="presence", answers=Listing[Presence])
async def list_presences(request: Request, query: PageQuery) -> Response:
    """List the presence of oneself and of those one shares a team with; supervisors see all."""
    known = await _known_to(services(request).database.sql, viewer(request))
    items, following = page_of_all(known, query, BY_USER, lambda presence: (presence.user_id,))
    return answer(Listing[Presence](items=items, next=following))


@Operation(tag="presence", answers=Presence, roles=WORKERS, problems=(404,))
async def set_my_presence(request: Request, json: PresenceBody) -> Response:
    """Say whether one takes work now. Open offers go back when one stops."""
    user_id = viewer(request).user_id
    database = services(request).database
    position = await set_presence(
        database,
        user_id,
        json.state,
        json.reason,
        grace_seconds=services(request).settings.console_grace_seconds,
    )
    presence = await find_presence(database.sql, user_id)
    if presence is None:
        raise NotFound(f"There is no presence of user {user_id}.", user_id=str(user_id))
    return answer(presence, position=position)


async def _known_to(sql: Sql, who: Viewer) -> list[Presence]:
    presences = await load_presences(sql)
    others = await load_viewers(sql, [presence.user_id for presence in presences])
    return [
        presence
        for presence in presences
        if (other := others.get(UserId(presence.user_id)))
        and hears(who, Colleagues(other.user_id, other.team_ids))
    ]


ROUTES = [
    Route("/api/presence", list_presences, methods=["GET"]),
    Route("/api/me/presence", set_my_presence, methods=["PUT"]),
]
