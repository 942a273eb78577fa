"""/api/sla-policies: the ordered list of what is promised, for which tickets, with its ladders."""

from uuid import UUID

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from servicedesk.app.api.answers import answer, done
from servicedesk.app.api.context import actor, services
from servicedesk.app.api.inputs import Body, Ids, Name, PageQuery
from servicedesk.app.api.operation import ADMINISTRATORS, SUPERVISORS, Operation
from servicedesk.desk.views_preview import preview_policy
from servicedesk.domain.ids import Position
from servicedesk.kernel.http.conditions import expected_version
from servicedesk.kernel.http.pages import Cursor, Listing, page_of_all
from servicedesk.kernel.ids import new_id
from servicedesk.kernel.webhook_signatures import webhook_secrets
from servicedesk.sla import policies as store
from servicedesk.sla.policies import POLICIES, PolicyChanges, check_policy
from servicedesk.sla.policy.documents import PolicyDocument, policy_of
from servicedesk.sla.policy.ladders import WebhookUrl
from servicedesk.sla.shapes import PolicyPreview, PolicyValue, WebhookSecrets

BY_PLACE = Cursor(tuple[int, UUID])


class NewPolicyBody(Body):
    name: Name
    document: PolicyDocument


class PolicyChangesBody(Body):
    name: Name | None = None
    active: bool | None = None
    document: PolicyDocument | None = None


class PolicyOrderBody(Body):
    policy_ids: Ids[UUID]


class PolicyPreviewBody(Body):
    document: PolicyDocument = Field()


class WebhookSecretsBody(Body):
    url: WebhookUrl


@Operation(tag="sla", answers=Listing[PolicyValue], roles=SUPERVISORS)
async def list_policies(request: Request, query: PageQuery) -> Response:
    """List policies in their order; those switched off stand among the others."""
    found = await POLICIES.load_all(services(request).database.sql)
    items, following = page_of_all(found, query, BY_PLACE, lambda one: (one.place, one.id))
    return answer(Listing[PolicyValue](items=items, next=following))


@Operation(
    tag="sla",
    answers=PolicyValue,
    status=201,
    roles=ADMINISTRATORS,
    idempotent=True,
    problems=(422,),
)
async def add_policy(request: Request, json: NewPolicyBody) -> Response:
    """Add a policy behind all others. Open tickets that it fits are promised it soon after."""
    policy_id, position = await store.create_policy(
        services(request).database, actor(request), json.name, json.document
    )
    return await _answer(request, policy_id, position, status=201)


@Operation(tag="sla", answers=PolicyValue, roles=ADMINISTRATORS, conditional=True, problems=(422,))
async def save_policy(request: Request, json: PolicyChangesBody) -> Response:
    """Change a policy. Other promises are a new version; what was broken stays broken."""
    policy_id = request.path_params["policy_id"]
    changes = PolicyChanges(json.name, json.active, json.document)
    version = expected_version(request.headers.get("if-match"))
    position = await store.change_policy(
        services(request).database, actor(request), policy_id, version, changes
    )
    return await _answer(request, policy_id, position)


@Operation(tag="sla", status=204, roles=ADMINISTRATORS, conditional=True, problems=(409,))
async def remove_policy(request: Request) -> Response:
    """Take a policy out of the list; 409 `policy-in-use` while it is switched on.

    What was promised by it stays as it is, and can still be verified.
    """
    version = expected_version(request.headers.get("if-match"))
    policy_id = request.path_params["policy_id"]
    return done(
        await store.archive_policy(services(request).database, actor(request), policy_id, version)
    )


@Operation(tag="sla", answers=Listing[PolicyValue], roles=ADMINISTRATORS, problems=(422,))
async def save_policy_order(request: Request, json: PolicyOrderBody) -> Response:
    """Put the policies in this order: the first that fits a ticket holds."""
    position = await store.order_policies(
        services(request).database, actor(request), json.policy_ids
    )
    found = await POLICIES.load_all(services(request).database.sql)
    return answer(Listing[PolicyValue](items=found, next=None), position=position)


@Operation(tag="sla", answers=PolicyPreview, roles=ADMINISTRATORS, problems=(422,))
async def show_policy_preview(request: Request, json: PolicyPreviewBody) -> Response:
    """Say which open tickets a policy would fit, and how many would be late. Nothing is saved."""
    policy_id = new_id()
    check_policy(json.document, policy_id, 1, "preview")
    policy = policy_of(json.document, str(policy_id), 1, "preview")
    database = services(request).database
    return answer(await preview_policy(database.sql, policy, await database.now()))


@Operation(tag="sla", answers=WebhookSecrets, roles=ADMINISTRATORS, problems=(422,))
async def show_webhook_secrets(request: Request, json: WebhookSecretsBody) -> Response:
    """Show the secrets that calls of this address are signed with, for whoever receives them."""
    secrets = webhook_secrets(services(request).secrets, json.url)
    return answer(WebhookSecrets(url=json.url, secrets=secrets))


async def _answer(
    request: Request, policy_id: UUID, position: Position, status: int = 200
) -> Response:
    found = await POLICIES.get(services(request).database.sql, policy_id)
    return answer(found, status=status, position=position, version=found.version)


ROUTES = [
    Route("/api/sla-policies", list_policies, methods=["GET"]),
    Route("/api/sla-policies", add_policy, methods=["POST"]),
    Route("/api/sla-policies/order", save_policy_order, methods=["PUT"]),
    Route("/api/sla-policies/preview", show_policy_preview, methods=["POST"]),
    Route("/api/sla-policies/webhook-secrets", show_webhook_secrets, methods=["POST"]),
    Route("/api/sla-policies/{policy_id:uuid}", save_policy, methods=["PATCH"]),
    Route("/api/sla-policies/{policy_id:uuid}", remove_policy, methods=["DELETE"]),
]
