"""/api/teams: everybody may know them, administrators change them."""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from servicedesk.app.api.answers import answer
from servicedesk.app.api.context import actor, services
from servicedesk.app.api.inputs import Body, Ids, Name, PageQuery
from servicedesk.app.api.operation import ADMINISTRATORS, Operation
from servicedesk.domain.errors import NotFound
from servicedesk.domain.ids import Position
from servicedesk.kernel.http.conditions import expected_version
from servicedesk.kernel.http.pages import Cursor, Listing, cut_page
from servicedesk.people.shapes import Team
from servicedesk.people.teams import TeamChanges, change_team, create_team
from servicedesk.people.views import find_team, list_teams

BY_NAME = Cursor(tuple[str, UUID])


class NewTeamBody(Body):
    name: Name
    member_ids: Ids[UUID]


class TeamChangesBody(Body):
    name: Name | None = None
    member_ids: Ids[UUID] | None = None


@Operation(tag="teams", answers=Listing[Team])
async def list_all_teams(request: Request, query: PageQuery) -> Response:
    """List teams by name."""
    found = await list_teams(
        services(request).database.sql,
        after=BY_NAME.decode(query.cursor),
        limit=query.limit + 1,
    )
    items, following = cut_page(
        found, query.limit, lambda team: BY_NAME.encode((team.name, team.id))
    )
    return answer(Listing[Team](items=items, next=following))


@Operation(tag="teams", answers=Team, status=201, roles=ADMINISTRATORS, idempotent=True)
async def add_team(request: Request, json: NewTeamBody) -> Response:
    """Add a team."""
    team_id, position = await create_team(
        services(request).database, actor(request), json.name, json.member_ids
    )
    return await _answer_team(request, team_id, position, status=201)


@Operation(tag="teams", answers=Team, roles=ADMINISTRATORS, conditional=True, problems=(409,))
async def save_team(request: Request, json: TeamChangesBody) -> Response:
    """Rename a team or change who belongs to it."""
    team_id = request.path_params["team_id"]
    changes = TeamChanges(
        name=json.name, member_ids=None if json.member_ids is None else tuple(json.member_ids)
    )
    version = expected_version(request.headers.get("if-match"))
    position = await change_team(
        services(request).database, actor(request), team_id, version, changes
    )
    return await _answer_team(request, team_id, position)


async def _answer_team(
    request: Request, team_id: UUID, position: Position, status: int = 200
) -> Response:
    team = await find_team(services(request).database.sql, team_id)
    if team is None:
        raise NotFound(f"There is no team {team_id}.", team_id=str(team_id))
    return answer(team, status=status, position=position, version=team.version)


ROUTES = [
    Route("/api/teams", list_all_teams, methods=["GET"]),
    Route("/api/teams", add_team, methods=["POST"]),
    Route("/api/teams/{team_id:uuid}", save_team, methods=["PATCH"]),
]
