"""/api/queues: everybody may know them, administrators change them."""

from uuid import UUID

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from servicedesk.app.api.answers import answer
from servicedesk.app.api.context import actor, services, viewer
from servicedesk.app.api.inputs import Body, Ids, Name, PageQuery
from servicedesk.app.api.operation import ADMINISTRATORS, SUPERVISORS, Operation
from servicedesk.domain.errors import NotFound
from servicedesk.domain.ids import Position, TeamId, UserId
from servicedesk.kernel.http.conditions import expected_version
from servicedesk.kernel.http.pages import Cursor, Listing, page_of_all
from servicedesk.routing.queues import (
    DEFAULT_OFFER_SECONDS,
    NewQueue,
    QueueChanges,
    change_queue,
    create_queue,
)
from servicedesk.routing.shapes import Queue, Shape
from servicedesk.routing.views import as_seen_by, find_queue, load_queues
from servicedesk.routing.views_serving import agents_without_queue

BY_NAME = Cursor(tuple[str, UUID])


class NewQueueBody(Body):
    name: Name
    team_id: UUID
    team_ids: Ids[UUID] = Field(default_factory=list)
    agent_ids: Ids[UUID] = Field(default_factory=list)
    offer_seconds: int = Field(DEFAULT_OFFER_SECONDS, ge=5, le=3600)


class QueueChangesBody(Body):
    name: Name | None = None
    team_id: UUID | None = None
    team_ids: Ids[UUID] | None = None
    agent_ids: Ids[UUID] | None = None
    offer_seconds: int | None = Field(None, ge=5, le=3600)
    active: bool | None = None


@Operation(tag="queues", answers=Listing[Queue])
async def list_all_queues(request: Request, query: PageQuery) -> Response:
    """List queues by name, with what waits in them now."""
    found = await load_queues(services(request).database.sql)
    queues = [as_seen_by(viewer(request), queue) for queue in found]
    items, following = page_of_all(queues, query, BY_NAME, lambda queue: (queue.name, queue.id))
    return answer(Listing[Queue](items=items, next=following))


class AgentsWithoutQueue(Shape):
    """Active agents to whom nothing is ever offered: they serve no queue that is switched on."""

    user_ids: list[UUID]


@Operation(tag="queues", answers=AgentsWithoutQueue, roles=SUPERVISORS)
async def list_agents_without_queue(request: Request) -> Response:
    """List the agents who serve no queue, to be flagged where teams, users and queues are set."""
    found = await agents_without_queue(services(request).database.sql)
    return answer(AgentsWithoutQueue(user_ids=found))


@Operation(tag="queues", answers=Queue, status=201, roles=ADMINISTRATORS, idempotent=True)
async def add_queue(request: Request, json: NewQueueBody) -> Response:
    """Add a queue."""
    new = NewQueue(
        name=json.name,
        team_id=TeamId(json.team_id),
        team_ids=tuple(map(TeamId, json.team_ids)),
        agent_ids=tuple(map(UserId, json.agent_ids)),
        offer_seconds=json.offer_seconds,
    )
    queue_id, position = await create_queue(services(request).database, actor(request), new)
    return await _answer_queue(request, queue_id, position, status=201)


@Operation(tag="queues", answers=Queue, roles=ADMINISTRATORS, conditional=True, problems=(409,))
async def save_queue(request: Request, json: QueueChangesBody) -> Response:
    """Change a queue: name, owning team, who serves it, how long an offer stands. Switched off it
    gets no new work: 409 `queue-in-use` while inboxes, rules or other queues lead into it."""
    queue_id = request.path_params["queue_id"]
    changes = QueueChanges(
        name=json.name,
        team_id=None if json.team_id is None else TeamId(json.team_id),
        team_ids=None if json.team_ids is None else tuple(map(TeamId, json.team_ids)),
        agent_ids=None if json.agent_ids is None else tuple(map(UserId, json.agent_ids)),
        offer_seconds=json.offer_seconds,
        active=json.active,
    )
    version = expected_version(request.headers.get("if-match"))
    position = await change_queue(
        services(request).database, actor(request), queue_id, version, changes
    )
    return await _answer_queue(request, queue_id, position)


async def _answer_queue(
    request: Request, queue_id: UUID, position: Position, status: int = 200
) -> Response:
    queue = await find_queue(services(request).database.sql, queue_id)
    if queue is None:
        raise NotFound(f"There is no queue {queue_id}.", queue_id=str(queue_id))
    return answer(queue, status=status, position=position, version=queue.version)


ROUTES = [
    Route("/api/queues", list_all_queues, methods=["GET"]),
    Route("/api/queues", add_queue, methods=["POST"]),
    Route("/api/agents-without-queue", list_agents_without_queue, methods=["GET"]),
    Route("/api/queues/{queue_id:uuid}", save_queue, methods=["PATCH"]),
]
