"""/api/inboxes: everybody may know them, administrators change them."""

from typing import Any, Literal
from uuid import UUID

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from servicedesk.app.api.answers import answer
from servicedesk.app.api.context import actor, services
from servicedesk.app.api.inputs import Body, EmailAddress, Name, PageQuery
from servicedesk.app.api.operation import ADMINISTRATORS, Operation
from servicedesk.desk.inbox_changes import InboxChanges, NewInbox, change_inbox, create_inbox
from servicedesk.desk.inbox_settings import SettingsForm
from servicedesk.desk.shapes import InboxShape
from servicedesk.desk.views_inboxes import load_inboxes
from servicedesk.domain.errors import NotFound
from servicedesk.domain.ids import Position
from servicedesk.domain.messages import ChannelKind
from servicedesk.kernel.http.conditions import expected_version
from servicedesk.kernel.http.pages import Cursor, Listing, page_of_all

BY_NAME = Cursor(tuple[str, UUID])
MOST_SETTINGS = 50


class NewInboxBody(Body):
    """`settings`: what the channel needs, as GET …/setup shows it; null: its defaults."""

    channel: Literal["email"]
    name: Name
    address: EmailAddress
    queue_id: UUID
    settings: dict[str, Any] | None = Field(None, max_length=MOST_SETTINGS)


class InboxChangesBody(Body):
    """A secret in `settings` that is left out, null or true stays as it is; "" removes it."""

    name: Name | None = None
    address: EmailAddress | None = None
    queue_id: UUID | None = None
    active: bool | None = None
    settings: dict[str, Any] | None = Field(None, max_length=MOST_SETTINGS)


@Operation(tag="inboxes", answers=Listing[InboxShape])
async def list_all_inboxes(request: Request, query: PageQuery) -> Response:
    """List inboxes by name."""
    inboxes = await load_inboxes(services(request).database.sql)
    items, following = page_of_all(inboxes, query, BY_NAME, lambda inbox: (inbox.name, inbox.id))
    return answer(Listing[InboxShape](items=items, next=following))


@Operation(tag="inboxes", answers=InboxShape, status=201, roles=ADMINISTRATORS, idempotent=True)
async def add_inbox(request: Request, json: NewInboxBody) -> Response:
    """Add an inbox: mail to its address becomes tickets in its queue."""
    channel = ChannelKind(json.channel)
    form = settings_form(request, channel, json.settings)
    new = NewInbox(channel, json.name, json.address, json.queue_id, form)
    inbox_id, position = await create_inbox(services(request).database, actor(request), new)
    return await _answer_inbox(request, inbox_id, position, status=201)


@Operation(
    tag="inboxes", answers=InboxShape, roles=ADMINISTRATORS, conditional=True, problems=(409,)
)
async def save_inbox(request: Request, json: InboxChangesBody) -> Response:
    """Change an inbox, or switch it off."""
    inbox_id = request.path_params["inbox_id"]
    form = settings_form(request, ChannelKind.EMAIL, json.settings)
    changes = InboxChanges(json.name, json.address, json.queue_id, json.active, form)
    version = expected_version(request.headers.get("if-match"))
    position = await change_inbox(
        services(request).database, actor(request), inbox_id, version, changes
    )
    return await _answer_inbox(request, inbox_id, position)


def settings_form(
    request: Request, channel: ChannelKind, typed: dict[str, Any] | None
) -> SettingsForm | None:
    """What was typed, with the type of the channel that will check it; None if nothing was."""
    if typed is None:
        return None
    given = services(request)
    return SettingsForm(given.channels[channel].settings_type, typed, given.secrets)


async def _answer_inbox(
    request: Request, inbox_id: UUID, position: Position, status: int = 200
) -> Response:
    found = await load_inboxes(services(request).database.sql, [inbox_id])
    if not found:
        raise NotFound(f"There is no inbox {inbox_id}.", inbox_id=str(inbox_id))
    return answer(found[0], status=status, position=position, version=found[0].version)


ROUTES = [
    Route("/api/inboxes", list_all_inboxes, methods=["GET"]),
    Route("/api/inboxes", add_inbox, methods=["POST"]),
    Route("/api/inboxes/{inbox_id:uuid}", save_inbox, methods=["PATCH"]),
]
