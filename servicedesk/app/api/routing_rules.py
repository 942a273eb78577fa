"""/api/routing-rules: the table that says where new work waits and what it asks for."""

from collections.abc import Sequence
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
from servicedesk.desk.views_dry_run import try_rules
from servicedesk.desk.views_inboxes import load_inboxes
from servicedesk.domain.errors import BadInput
from servicedesk.domain.ids import Position
from servicedesk.domain.tickets import Priority
from servicedesk.kernel.http.conditions import expected_version
from servicedesk.kernel.sql import Sql
from servicedesk.routing.classify import Classification
from servicedesk.routing.rule_store import MOST_RULES, check_rules, load_table, save_table
from servicedesk.routing.rules.flaws import FlawCode, find_flaws
from servicedesk.routing.rules.inbox import InboxIs
from servicedesk.routing.rules.rule import Rule
from servicedesk.routing.rules.table import RULES
from servicedesk.routing.rules.written import WrittenRule, as_rule
from servicedesk.routing.shapes import Shape
from servicedesk.routing.views_serving import load_serving


class RuleFlaw(Shape):
    """What is wrong with a rule that can be saved all the same. `params` fill the text."""

    rule_id: UUID
    code: FlawCode
    params: dict[str, Any]


class RuleTableShape(Shape):
    """The rules in the order in which they are asked."""

    version: int
    rules: list[WrittenRule]
    flaws: list[RuleFlaw]


class Classified(Shape):
    """What a table says of a ticket."""

    queue_id: UUID
    priority: Priority
    skills: dict[str, int]
    preferred_user_id: UUID | None
    attributes: dict[str, str]


class ChangedTicket(Shape):
    number: int
    before: Classified
    after: Classified


class DryRunShape(Shape):
    """`changed` counts all tickets that the draft treats otherwise, `tickets` shows the newest of
    them. `hits` by rule id: to how many of the tickets it would have applied."""

    looked_at: int
    changed: int
    tickets: list[ChangedTicket]
    hits: dict[str, int]
    flaws: list[RuleFlaw]


class RulesBody(Body):
    rules: list[WrittenRule] = Field(max_length=MOST_RULES)


class DryRunBody(RulesBody):
    """`tickets`: how many of the newest to ask about."""

    tickets: int = Field(200, ge=1, le=2_000)


MOST_SHOWN = 100


@Operation(tag="routing", answers=RuleTableShape, roles=SUPERVISORS)
async def show_routing_rules(request: Request) -> Response:
    """Show the rule table, with what is wrong with it."""
    return await _answer_table(services(request).database.sql)


@Operation(tag="routing", answers=RuleTableShape, roles=ADMINISTRATORS, conditional=True)
async def save_routing_rules(request: Request, json: RulesBody) -> Response:
    """Put these rules in the place of all. If-Match names the version that was read; 0 at first."""
    database = services(request).database
    await _check_inboxes(database.sql, json.rules)
    version = expected_version(request.headers.get("if-match"))
    position = await save_table(database, actor(request), version, json.rules)
    return await _answer_table(database.sql, position)


@Operation(tag="routing", answers=DryRunShape, roles=ADMINISTRATORS)
async def try_routing_rules(request: Request, json: DryRunBody) -> Response:
    """Say what these rules would have changed for the newest tickets. Nothing is saved."""
    sql = services(request).database.sql
    await check_rules(sql, json.rules)
    await _check_inboxes(sql, json.rules)
    saved = await load_table(sql)
    tried = await try_rules(sql, _asked(saved.rules), _asked(json.rules), json.tickets)
    shown = [
        ChangedTicket(
            number=one.number, before=_classified(one.before), after=_classified(one.after)
        )
        for one in tried.changed[:MOST_SHOWN]
    ]
    return answer(
        DryRunShape(
            looked_at=tried.looked_at,
            changed=len(tried.changed),
            tickets=shown,
            hits=tried.hits,
            flaws=await _flaws(sql, json.rules),
        )
    )


def _asked(rules: Sequence[WrittenRule]) -> list[Rule]:
    return [*(as_rule(rule) for rule in rules if rule.active), *RULES]


def _classified(found: Classification) -> Classified:
    return Classified(
        queue_id=found.queue_id,
        priority=found.priority,
        skills=found.skills,
        preferred_user_id=found.preferred_user_id,
        attributes=found.attributes,
    )


async def _answer_table(sql: Sql, position: Position | None = None) -> Response:
    table = await load_table(sql)
    shape = RuleTableShape(
        version=table.version, rules=list(table.rules), flaws=await _flaws(sql, table.rules)
    )
    return answer(shape, position=position, version=table.version)


async def _flaws(sql: Sql, rules: Sequence[WrittenRule]) -> list[RuleFlaw]:
    return [
        RuleFlaw(rule_id=flaw.rule_id, code=flaw.code, params=dict(flaw.params))
        for flaw in find_flaws(rules, await load_serving(sql))
    ]


async def _check_inboxes(sql: Sql, rules: Sequence[WrittenRule]) -> None:
    known = {inbox.id for inbox in await load_inboxes(sql)}
    for place, rule in enumerate(rules):
        for condition in rule.conditions:
            if isinstance(condition, InboxIs) and not known.issuperset(condition.inbox_ids):
                raise BadInput(
                    f"Rule {place + 1} names an inbox that does not exist. Choose another.",
                    path=f"rules.{place}.conditions",
                )


ROUTES = [
    Route("/api/routing-rules", show_routing_rules, methods=["GET"]),
    Route("/api/routing-rules", save_routing_rules, methods=["PUT"]),
    Route("/api/routing-rules/dry-run", try_routing_rules, methods=["POST"]),
]
