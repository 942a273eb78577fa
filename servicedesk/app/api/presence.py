"""/api/presence and /api/me/presence: who takes work now, how much, and why not."""

from typing import Annotated
from uuid import UUID

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from servicedesk.app.api.answers import answer
from servicedesk.app.api.context import actor, services, viewer
from servicedesk.app.api.inputs import Body, PageQuery
from servicedesk.app.api.operation import ADMINISTRATORS, SUPERVISORS, WORKERS, Operation
from servicedesk.domain.errors import NotFound
from servicedesk.domain.ids import Position, UserId
from servicedesk.domain.messages import ChannelKind
from servicedesk.domain.people import Viewer
from servicedesk.domain.presence import PresenceState
from servicedesk.kernel.http.pages import Cursor, Listing, page_of_all
from servicedesk.kernel.sql import Sql
from servicedesk.people.directory import load_viewers
from servicedesk.realtime.protocol.audience import Colleagues, hears
from servicedesk.routing.presence import change_capacity, close_channels, set_presence
from servicedesk.routing.presence_reasons import (
    BUILT_IN,
    MOST_REASONS,
    load_reasons,
    save_reasons,
)
from servicedesk.routing.shapes import Presence, PresenceReason, Shape
from servicedesk.routing.views import find_presence, load_presences

BY_USER = Cursor(tuple[UUID])


class PresenceBody(Body):
    """`reason`: the code of a reason to be away; with away only."""

    state: PresenceState
    reason: str | None = Field(None, min_length=1, max_length=32, pattern=r"^[a-z0-9_]*$")


class ClosedBody(Body):
    closed: list[ChannelKind] = Field(max_length=len(ChannelKind))


class CapacityBody(Body):
    """Units on each channel that is named; the others stay. 0: nothing on that channel."""

    capacity: dict[ChannelKind, Annotated[int, Field(ge=0, le=100)]] = Field(
        min_length=1, max_length=len(ChannelKind)
    )


class PresenceReasons(Shape):
    """In the order in which agents see them."""

    reasons: list[PresenceReason]


class ReasonBody(Body):
    code: str = Field(min_length=1, max_length=32)
    names: dict[str, str] = Field(max_length=10)
    active: bool = True


class ReasonsBody(Body):
    reasons: list[ReasonBody] = Field(max_length=MOST_REASONS)


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
    return await _answer_presence(database.sql, user_id, position)


@Operation(tag="presence", answers=Presence, roles=WORKERS, problems=(404,))
async def set_my_channels(request: Request, json: ClosedBody) -> Response:
    """Say on which channels one takes no work even while one is available."""
    user_id = viewer(request).user_id
    database = services(request).database
    position = await close_channels(database, user_id, set(json.closed))
    return await _answer_presence(database.sql, user_id, position)


@Operation(tag="presence", answers=Presence, roles=SUPERVISORS, problems=(404,))
async def set_agent_capacity(request: Request, json: CapacityBody) -> Response:
    """Set how much an agent can hold at once, in units per channel."""
    user_id = UserId(request.path_params["user_id"])
    database = services(request).database
    await _check_known(database.sql, viewer(request), user_id)
    position = await change_capacity(database, actor(request), user_id, json.capacity)
    return await _answer_presence(database.sql, user_id, position)


@Operation(tag="presence", answers=PresenceReasons)
async def list_presence_reasons(request: Request) -> Response:
    """List the reasons to be away."""
    reasons = await load_reasons(services(request).database.sql)
    return answer(PresenceReasons(reasons=reasons))


@Operation(tag="presence", answers=PresenceReasons, roles=ADMINISTRATORS)
async def save_presence_reasons(request: Request, json: ReasonsBody) -> Response:
    """Put these reasons, in this order, in the place of all. Built-in ones can be switched off."""
    database = services(request).database
    reasons = [
        PresenceReason(
            code=reason.code,
            names=reason.names,
            active=reason.active,
            built_in=reason.code in BUILT_IN,
        )
        for reason in json.reasons
    ]
    position = await save_reasons(database, actor(request), reasons)
    return answer(PresenceReasons(reasons=await load_reasons(database.sql)), position=position)


async def _answer_presence(sql: Sql, user_id: UserId, position: Position) -> Response:
    presence = await find_presence(sql, user_id)
    if presence is None:
        raise NotFound(f"There is no presence of user {user_id}.", user_id=str(user_id))
    return answer(presence, position=position)


async def _check_known(sql: Sql, who: Viewer, user_id: UserId) -> None:
    """Supervisors set those of their teams; anybody else looks as if they were not there."""
    other = (await load_viewers(sql, [user_id])).get(user_id)
    known = other is not None and (who.sees_everything or who.team_ids & other.team_ids)
    if not known:
        raise NotFound(f"There is no agent {user_id}.", user_id=str(user_id))


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
    Route("/api/me/channels", set_my_channels, methods=["PUT"]),
    Route("/api/users/{user_id:uuid}/capacity", set_agent_capacity, methods=["PATCH"]),
    Route("/api/presence-reasons", list_presence_reasons, methods=["GET"]),
    Route("/api/presence-reasons", save_presence_reasons, methods=["PUT"]),
]
