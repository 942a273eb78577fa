"""/api/users: everybody may know the names, administrators change them."""

from uuid import UUID

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from servicedesk.app.api.answers import answer
from servicedesk.app.api.context import actor, services
from servicedesk.app.api.inputs import (
    Body,
    EmailAddress,
    Ids,
    Name,
    PageQuery,
    Password,
    TimeZone,
)
from servicedesk.app.api.operation import ADMINISTRATORS, Operation
from servicedesk.domain.errors import NotFound
from servicedesk.domain.ids import Position
from servicedesk.domain.people import Role
from servicedesk.kernel.http.conditions import expected_version
from servicedesk.kernel.http.pages import Cursor, Listing, cut_page
from servicedesk.people.shapes import Locale, User
from servicedesk.people.users import NewUser, UserChanges, change_user, create_user
from servicedesk.people.views import find_user, list_users

BY_NAME = Cursor(tuple[str, UUID])


class UsersQuery(PageQuery):
    active: bool | None = None


class NewUserBody(Body):
    name: Name
    email: EmailAddress
    role: Role
    password: Password
    locale: Locale = "en"
    time_zone: TimeZone = "UTC"
    team_ids: Ids[UUID] = Field(default_factory=list)


class UserChangesBody(Body):
    name: Name | None = None
    email: EmailAddress | None = None
    role: Role | None = None
    active: bool | None = None
    password: Password | None = None
    team_ids: Ids[UUID] | None = None


@Operation(tag="users", answers=Listing[User])
async def list_all_users(request: Request, query: UsersQuery) -> Response:
    """List users by name."""
    found = await list_users(
        services(request).database.sql,
        active=query.active,
        after=BY_NAME.decode(query.cursor),
        limit=query.limit + 1,
    )
    items, following = cut_page(
        found, query.limit, lambda user: BY_NAME.encode((user.name, user.id))
    )
    return answer(Listing[User](items=items, next=following))


@Operation(tag="users", answers=User, status=201, roles=ADMINISTRATORS, idempotent=True)
async def add_user(request: Request, json: NewUserBody) -> Response:
    """Add a user."""
    new = NewUser(
        name=json.name,
        email=json.email,
        role=json.role,
        password=json.password,
        locale=json.locale,
        time_zone=json.time_zone,
        team_ids=tuple(json.team_ids),
    )
    user_id, position = await create_user(services(request).database, actor(request), new)
    return await answer_user(request, user_id, position, status=201)


@Operation(tag="users", answers=User)
async def show_user(request: Request) -> Response:
    """Show a user."""
    return await answer_user(request, request.path_params["user_id"])


@Operation(tag="users", answers=User, roles=ADMINISTRATORS, conditional=True, problems=(409,))
async def save_user(request: Request, json: UserChangesBody) -> Response:
    """Change a user, deactivate or bring back."""
    user_id = request.path_params["user_id"]
    changes = UserChanges(
        name=json.name,
        email=json.email,
        role=json.role,
        active=json.active,
        password=json.password,
        team_ids=None if json.team_ids is None else tuple(json.team_ids),
    )
    version = expected_version(request.headers.get("if-match"))
    position = await change_user(
        services(request).database, actor(request), user_id, version, changes
    )
    return await answer_user(request, user_id, position)


async def answer_user(
    request: Request, user_id: UUID, position: Position | None = None, status: int = 200
) -> Response:
    """Answer with the user as they are now; raise NotFound."""
    user = await find_user(services(request).database.sql, user_id)
    if user is None:
        raise NotFound(f"There is no user {user_id}.", user_id=str(user_id))
    return answer(user, status=status, position=position, version=user.version)


ROUTES = [
    Route("/api/users", list_all_users, methods=["GET"]),
    Route("/api/users", add_user, methods=["POST"]),
    Route("/api/users/{user_id:uuid}", show_user, methods=["GET"]),
    Route("/api/users/{user_id:uuid}", save_user, methods=["PATCH"]),
]
