"""/api/tickets/{id}/routing: why me, why still waiting, why not Ana, now or at an instant past."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from servicedesk.app.api.answers import answer
from servicedesk.app.api.context import services, viewer
from servicedesk.app.api.inputs import Query
from servicedesk.app.api.operation import Operation
from servicedesk.desk.views_summaries import find_summary
from servicedesk.domain.errors import BadInput, NotFound
from servicedesk.domain.orders import OrderState
from servicedesk.kernel.database import Database
from servicedesk.people.directory import load_viewers
from servicedesk.realtime.protocol.audience import Colleagues, hears
from servicedesk.routing.engine.policy import needs_of
from servicedesk.routing.engine.reasons import Reason
from servicedesk.routing.obstacles import Judged, Situation, judge, why_it_waits
from servicedesk.routing.shapes import Shape
from servicedesk.routing.views_explain import (
    Seen,
    find_place,
    load_attributes,
    newest_order_id,
    see_now,
    see_past,
)

MOST_AGENTS = 200


class ReasonShape(Shape):
    """`code` is what the console puts into words, `params` fill them."""

    code: str
    params: dict[str, Any]


class AgentVerdict(Shape):
    """What stood between an agent and the order; nothing: others come first, or it is theirs.
    `serves`: the queue, or a step of it so far, lets them in."""

    user_id: UUID
    serves: bool
    obstacles: list[ReasonShape]


class StepShape(Shape):
    """A step of the order's queue: when it comes, or came."""

    after_seconds: int
    at: datetime
    taken: bool


class PlaceShape(Shape):
    """1 is next. The wait is null while too little is known of how fast the queue moves."""

    place: int
    of: int
    expected_seconds: float | None
    error_seconds: float | None


class RoutingShape(Shape):
    """The ticket's newest work order at `at`. `why`: what holds it up, or what became of it;
    `chosen` why its agent was asked. `skills` are those still required then,
    `attributes` what rules and the desk wrote on it: words for people."""

    order_id: UUID
    at: datetime
    state: OrderState
    queue_id: UUID
    priority: int
    waited_seconds: int
    skills: dict[str, int]
    attributes: dict[str, str]
    why: list[ReasonShape]
    chosen: list[ReasonShape]
    steps: list[StepShape]
    place: PlaceShape | None
    agents: list[AgentVerdict]


class ExplainQuery(Query):
    """`at`: an instant in the past; without it now."""

    at: str | None = Field(None, max_length=40)


_INSTANT: TypeAdapter[datetime] = TypeAdapter(AwareDatetime)


@Operation(tag="routing", answers=RoutingShape)
async def explain_routing(request: Request, query: ExplainQuery) -> Response:
    """Say why the ticket's work is where it is, and for each agent what stands in the way.

    Agents see their colleagues, supervisors everybody.
    """
    database = services(request).database
    who = viewer(request)
    ticket_id = request.path_params["ticket_id"]
    if await find_summary(database.sql, who, ticket_id) is None:
        raise NotFound(f"There is no ticket {ticket_id}.", ticket_id=str(ticket_id))
    seen = await _see(database, ticket_id, query.at)
    if seen is None:
        raise NotFound(
            "There was no work on this ticket then. Choose a later time.", ticket_id=str(ticket_id)
        )
    judged = judge(seen.situation, seen.candidates)
    others = await load_viewers(database.sql, [one.user_id for one in judged])
    known = [
        one
        for one in judged
        if (other := others.get(one.user_id))
        and hears(who, Colleagues(other.user_id, other.team_ids))
    ]
    place = None if query.at is not None else await _place(database, seen.situation)
    attributes = await load_attributes(database.sql, seen.situation.order.id)
    shape = _shape(seen, judged, known[:MOST_AGENTS], place)
    return answer(shape.model_copy(update={"attributes": attributes}))


async def _see(database: Database, ticket_id: UUID, at: str | None) -> Seen | None:
    order_id = await newest_order_id(database.sql, ticket_id)
    if order_id is None:
        return None
    if at is None:
        return await see_now(database.sql, order_id, await database.now())
    return await see_past(database.sql, order_id, _instant(at))


async def _place(database: Database, situation: Situation) -> PlaceShape | None:
    if situation.queue is None or situation.order.state is not OrderState.WAITING:
        return None
    found = await find_place(database.sql, situation.order, situation.queue)
    return PlaceShape(
        place=found.place,
        of=found.of,
        expected_seconds=found.expected_seconds,
        error_seconds=found.error_seconds,
    )


def _shape(
    seen: Seen, judged: Sequence[Judged], known: Sequence[Judged], place: PlaceShape | None
) -> RoutingShape:
    situation = seen.situation
    order, at = situation.order, situation.at
    needs = needs_of(order, situation.queue, at)
    return RoutingShape(
        order_id=order.id,
        at=at,
        state=order.state,
        queue_id=order.queue_id,
        priority=order.priority,
        waited_seconds=max(0, int((at - order.virtual_start).total_seconds())),
        skills=dict(needs.requirement.skills),
        attributes={},
        why=_reasons(why_it_waits(situation, judged)),
        chosen=_reasons(seen.why),
        steps=_steps(situation),
        place=place,
        agents=[
            AgentVerdict(user_id=one.user_id, serves=one.serves, obstacles=_reasons(one.obstacles))
            for one in known
        ],
    )


def _instant(text: str) -> datetime:
    """Read an instant with its offset. A `+` that a query turned into a blank is one again."""
    try:
        return _INSTANT.validate_strings(text.replace(" ", "+")).astimezone(UTC)
    except (ValidationError, OverflowError):
        raise BadInput(
            "This is no instant: write it as 2027-03-01T09:00:00Z, with an offset.", path="at"
        ) from None


def _steps(situation: Situation) -> list[StepShape]:
    queue, start = situation.queue, situation.order.virtual_start
    return [
        StepShape(
            after_seconds=step.after_seconds,
            at=(at := start + timedelta(seconds=step.after_seconds)),
            taken=at <= situation.at,
        )
        for step in (() if queue is None else queue.steps)
    ]


def _reasons(reasons: Sequence[Reason]) -> list[ReasonShape]:
    return [ReasonShape(code=reason.code, params=dict(reason.params)) for reason in reasons]


ROUTES = [Route("/api/tickets/{ticket_id:uuid}/routing", explain_routing, methods=["GET"])]
