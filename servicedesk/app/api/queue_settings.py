"""/api/queues/{id}/settings: how a queue works, who serves it, and what is doubtful about it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from servicedesk.app.api.answers import answer
from servicedesk.app.api.context import actor, services
from servicedesk.app.api.inputs import Body
from servicedesk.app.api.operation import ADMINISTRATORS, SUPERVISORS, Operation
from servicedesk.domain.ids import Position
from servicedesk.kernel.http.conditions import expected_version
from servicedesk.kernel.sql import Sql
from servicedesk.people.views import load_teams
from servicedesk.routing.queue_checks import QueueFlawCode, find_queue_flaws
from servicedesk.routing.queue_config import (
    QueueConfig,
    Server,
    get_config,
    save_config,
)
from servicedesk.routing.queue_settings import QueueSettings
from servicedesk.routing.shapes import Shape
from servicedesk.routing.views_serving import load_serving

MOST_SERVERS = 2_000


class QueueFlawShape(Shape):
    """`params` fill the text."""

    code: QueueFlawCode
    params: dict[str, Any]


class QueueSettingsShape(Shape):
    """`version` is the queue's."""

    version: int
    settings: QueueSettings
    servers: list[Server]
    flaws: list[QueueFlawShape]


class QueueSettingsBody(Body):
    settings: QueueSettings
    servers: list[Server] = Field(max_length=MOST_SERVERS)


@Operation(tag="queues", answers=QueueSettingsShape, roles=SUPERVISORS)
async def show_queue_settings(request: Request) -> Response:
    """Show how a queue works and who serves it, with which priority and delay."""
    return await _answer_settings(services(request).database.sql, request.path_params["queue_id"])


@Operation(tag="queues", answers=QueueSettingsShape, roles=ADMINISTRATORS, conditional=True)
async def save_queue_settings(request: Request, json: QueueSettingsBody) -> Response:
    """Set how a queue works and who serves it, as a whole. If-Match names the queue's version."""
    queue_id = request.path_params["queue_id"]
    database = services(request).database
    version = expected_version(request.headers.get("if-match"))
    config = QueueConfig(version, json.settings, json.servers)
    position = await save_config(database, actor(request), queue_id, config)
    return await _answer_settings(database.sql, queue_id, position)


async def _answer_settings(sql: Sql, queue_id: UUID, position: Position | None = None) -> Response:
    config = await get_config(sql, queue_id)
    serving = await load_serving(sql)
    added = await _added(sql, config, serving)
    flaws = find_queue_flaws(config.settings, serving.get(queue_id, ()), added)
    shape = QueueSettingsShape(
        version=config.version,
        settings=config.settings,
        servers=list(config.servers),
        flaws=[QueueFlawShape(code=flaw.code, params=dict(flaw.params)) for flaw in flaws],
    )
    return answer(shape, position=position, version=config.version)


async def _added(
    sql: Sql, config: QueueConfig, serving: Mapping[UUID, Mapping[UUID, object]]
) -> dict[int, set[UUID]]:
    """Return by step the agents whom its queues and teams bring."""
    wanted = {team_id for step in config.settings.steps for team_id in step.also_teams}
    members = {team.id: team.member_ids for team in await load_teams(sql, wanted)}
    return {
        place: {user_id for queue_id in step.also_queues for user_id in serving.get(queue_id, ())}
        | {user_id for team_id in step.also_teams for user_id in members.get(team_id, ())}
        for place, step in enumerate(config.settings.steps)
    }


ROUTES = [
    Route("/api/queues/{queue_id:uuid}/settings", show_queue_settings, methods=["GET"]),
    Route("/api/queues/{queue_id:uuid}/settings", save_queue_settings, methods=["PUT"]),
]
